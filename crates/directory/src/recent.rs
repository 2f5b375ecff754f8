//! The latest checks of a listing, as one short text: a snapshot holds that of every listing.

use crate::{Check, HealthStatus, Observation, Outcome, Reason};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Checks kept with a listing at most; fewer where their texts are long.
pub const RECENT_LEN_MAX: usize = 20;
/// Bytes of the text at most.
const BYTES_MAX: usize = 16_384;

/// The latest checks of a listing, newest first. Empty before the first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Recent(Option<Arc<str>>);

#[derive(Default, Serialize, Deserialize)]
struct Stored {
    checks: Vec<StoredCheck>,
    /// What was wrong, once for all the checks that found the same.
    notes: Vec<Note>,
}

/// Number, milliseconds since 1970, verdict, outcome, response time, HTTP status, place of the note.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct StoredCheck(i64, i64, u8, u8, Option<u32>, Option<u16>, Option<usize>);

#[derive(PartialEq, Serialize, Deserialize)]
struct Note {
    message: Option<String>,
    reasons: Vec<Reason>,
}

impl Recent {
    /// As it was stored; what cannot be read counts as nothing.
    pub(crate) fn from_json(json: String) -> Self {
        Self((!json.is_empty()).then(|| json.into()))
    }

    /// To be stored.
    pub(crate) fn as_json(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }

    /// The checks, newest first.
    pub(crate) fn observations(&self) -> Vec<Observation> {
        let stored: Stored = serde_json::from_str(self.as_json()).unwrap_or_default();
        stored.checks.iter().filter_map(|check| check.read(&stored.notes)).collect()
    }

    /// The newest of these that fit.
    pub(crate) fn of(newest_first: &[Observation]) -> Self {
        let mut kept = newest_first.get(..RECENT_LEN_MAX).unwrap_or(newest_first);
        loop {
            let json = Stored::of(kept);
            match kept.split_last() {
                Some((_, fewer)) if json.len() > BYTES_MAX => kept = fewer,
                _ => return Self::from_json(json),
            }
        }
    }
}

impl Stored {
    fn of(newest_first: &[Observation]) -> String {
        let mut stored = Self::default();
        for Observation { id, check } in newest_first {
            let note =
                Note { message: check.error_message.clone(), reasons: check.reasons.clone() };
            let note = stored.place_of(note);
            stored.checks.push(StoredCheck(
                *id,
                check.checked_at.as_millisecond(),
                place(check.healthy),
                check.outcome.number(),
                check.response_time_ms,
                check.http_status,
                note,
            ));
        }
        // Texts, numbers and nulls always have a JSON form.
        serde_json::to_string(&stored).unwrap_or_default()
    }

    fn place_of(&mut self, note: Note) -> Option<usize> {
        if note.message.is_none() && note.reasons.is_empty() {
            return None;
        }
        let known = self.notes.iter().position(|known| *known == note);
        known.or_else(|| {
            self.notes.push(note);
            self.notes.len().checked_sub(1)
        })
    }
}

impl StoredCheck {
    fn read(self, notes: &[Note]) -> Option<Observation> {
        let Self(id, at_ms, healthy, outcome, response_time_ms, http_status, note) = self;
        let note = note.and_then(|place| notes.get(place));
        let check = Check {
            checked_at: Timestamp::from_millisecond(at_ms).ok()?,
            healthy: *HealthStatus::ALL.get(usize::from(healthy))?,
            outcome: Outcome::from_number(outcome)?,
            response_time_ms,
            http_status,
            error_message: note.and_then(|note| note.message.clone()),
            reasons: note.map(|note| note.reasons.clone()).unwrap_or_default(),
        };
        Some(Observation { id, check })
    }
}

fn place(status: HealthStatus) -> u8 {
    match status {
        HealthStatus::Healthy => 0,
        HealthStatus::Degraded => 1,
        HealthStatus::Unknown => 2,
        HealthStatus::Down => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(id: i64, message: &str) -> Observation {
        let at = Timestamp::from_millisecond(1_800_000_000_123 + id).unwrap();
        let reason = Reason {
            code: "timeout".to_owned(),
            message: message.to_owned(),
            fix: "Answer.".to_owned(),
        };
        let check = Check {
            error_message: Some(message.to_owned()),
            reasons: vec![reason],
            ..Check::new(at, HealthStatus::Down, Outcome::Timeout)
        };
        Observation { id, check }
    }

    #[test]
    fn checks_read_back_as_they_were() {
        let checks = [failed(3, "slow"), failed(2, "slow"), failed(1, "gone")];
        let recent = Recent::of(&checks);
        assert_eq!(recent.observations(), checks);
        assert_eq!(recent.as_json().matches("Answer.").count(), 2, "each note is kept once");
        for place in 0..4 {
            assert_eq!(super::place(HealthStatus::ALL[place]), u8::try_from(place).unwrap());
        }
    }

    #[test]
    fn twenty_are_kept_and_fewer_where_they_are_long() {
        let many: Vec<_> = (0..30).rev().map(|id| failed(id, "slow")).collect();
        assert_eq!(Recent::of(&many).observations(), many[..20]);
        let long: Vec<_> = (0..30).rev().map(|id| failed(id, &format!("{id:01000}"))).collect();
        let kept = Recent::of(&long).observations();
        assert_eq!(kept, long[..kept.len()]);
        assert!((5..20).contains(&kept.len()), "{}", kept.len());
    }

    #[test]
    fn an_untroubled_listing_takes_little() {
        let healthy = |id: i64| Observation {
            id: 80_000 + id,
            check: Check {
                response_time_ms: Some(234),
                http_status: Some(402),
                ..Check::new(
                    Timestamp::from_millisecond(1_800_000_000_123 - id * 300_000).unwrap(),
                    HealthStatus::Healthy,
                    Outcome::Payable,
                )
            },
        };
        let recent = Recent::of(&(0..20).map(healthy).collect::<Vec<_>>());
        assert!(recent.as_json().len() < 850, "{} bytes", recent.as_json().len());
    }
}
