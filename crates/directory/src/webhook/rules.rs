//! Which events a webhook gets, when they are sent again, and when it is switched off. Pure.

use crate::{EventKind, Protocol};
use jiff::{SignedDuration, Timestamp};

/// Pauses after the first, second, … failure. A delivery that failed once more than there are
/// pauses is given up; a webhook goes on with the longest.
const PAUSES: [SignedDuration; 7] = [
    SignedDuration::from_secs(10),
    SignedDuration::from_mins(1),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(6),
    SignedDuration::from_hours(12),
];
/// Failures in a row after which a webhook is switched off.
pub const FAILURES_MAX: u32 = 10;
/// How long a webhook has to show that it wants to be one.
pub const VERIFICATION_WINDOW: SignedDuration = SignedDuration::from_hours(24);

/// Where a webhook stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookStatus {
    /// It has not answered the challenge yet.
    PendingVerification,
    /// It is told.
    Active,
    /// It is told no more.
    Inactive,
}

impl WebhookStatus {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::PendingVerification, Self::Active, Self::Inactive];

    /// The word of the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PendingVerification => "pending_verification",
            Self::Active => "active",
            Self::Inactive => "inactive",
        }
    }
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryStatus {
    /// It is to be sent, for the first time or again.
    Waiting,
    /// It arrived.
    Delivered,
    /// It is not sent any more.
    GivenUp,
}

impl DeliveryStatus {
    /// The word of the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::GivenUp => "given_up",
        }
    }
}

/// What a webhook wants to hear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interest {
    /// Of what; never empty, and public kinds alone.
    pub events: Vec<EventKind>,
    /// Of listings on this rail, or on any.
    pub protocol: Option<Protocol>,
}

impl Interest {
    /// Reads a list of events with commas; nothing is `service.new`.
    ///
    /// # Errors
    /// The first word that is no event that is told.
    pub fn parse(events: &str, protocol: Option<Protocol>) -> Result<Self, String> {
        let mut kinds = Vec::new();
        for word in events.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            let kind = EventKind::parse(word).filter(|kind| kind.is_public());
            let kind = kind.ok_or_else(|| word.chars().take(80).collect::<String>())?;
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        if kinds.is_empty() {
            kinds.push(EventKind::New);
        }
        Ok(Self { events: kinds, protocol })
    }

    /// Whether an event is wanted.
    #[must_use]
    pub fn wants(&self, kind: EventKind, protocol: Protocol) -> bool {
        self.events.contains(&kind) && self.protocol.is_none_or(|wanted| wanted == protocol)
    }
}

/// What follows from an attempt to send something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A 2xx.
    Delivered,
    /// Anything else, or nothing.
    Failed,
    /// 410: the receiver does not want to be told any more.
    Gone,
}

/// What becomes of a delivery and its webhook after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The delivery's standing.
    pub delivery: DeliveryStatus,
    /// When it is sent again, if it waits.
    pub next_attempt_at: Timestamp,
    /// The webhook's failures in a row.
    pub consecutive_failures: u32,
    /// Nothing else is sent to it before: what does not answer is not asked for each event.
    pub paused_until: Timestamp,
    /// Whether it is switched off.
    pub is_off: bool,
}

/// Judges an attempt. `attempts` counts those of the delivery, this one included;
/// `failures_before` those of the webhook in a row before it.
#[must_use]
pub fn judge(outcome: Outcome, attempts: u32, failures_before: u32, now: Timestamp) -> Verdict {
    if outcome == Outcome::Delivered {
        return Verdict {
            delivery: DeliveryStatus::Delivered,
            next_attempt_at: now,
            consecutive_failures: 0,
            paused_until: now,
            is_off: false,
        };
    }
    let consecutive_failures = failures_before.saturating_add(1);
    let is_off = outcome == Outcome::Gone || consecutive_failures >= FAILURES_MAX;
    let pause = pause_after(attempts);
    let waits = pause.is_some() && !is_off;
    let longest = pause_after(consecutive_failures).unwrap_or(SignedDuration::from_hours(12));
    Verdict {
        delivery: if waits { DeliveryStatus::Waiting } else { DeliveryStatus::GivenUp },
        next_attempt_at: later(now, pause.unwrap_or(SignedDuration::ZERO)),
        consecutive_failures,
        paused_until: later(now, longest),
        is_off,
    }
}

/// How long to wait after so many failures; `None` when there were too many.
#[must_use]
pub fn pause_after(failures: u32) -> Option<SignedDuration> {
    let place = usize::try_from(failures.saturating_sub(1)).ok()?;
    PAUSES.get(place).copied()
}

/// A time after `now`.
pub(super) fn later(now: Timestamp, pause: SignedDuration) -> Timestamp {
    now.saturating_add(pause).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn a_delivery_is_sent_eight_times_within_a_day() {
        let mut now = NOW;
        for attempts in 1..8 {
            let verdict = judge(Outcome::Failed, attempts, 0, now);
            assert_eq!(verdict.delivery, DeliveryStatus::Waiting);
            assert!(verdict.next_attempt_at > now);
            now = verdict.next_attempt_at;
        }
        assert_eq!(judge(Outcome::Failed, 8, 0, now).delivery, DeliveryStatus::GivenUp);
        assert_eq!(now.as_second(), 10 + 60 + 300 + 1_800 + 7_200 + 21_600 + 43_200);
    }

    #[test]
    fn ten_failures_in_a_row_switch_a_webhook_off() {
        for failures in 0..9 {
            assert!(!judge(Outcome::Failed, 1, failures, NOW).is_off, "{failures}");
        }
        let last = judge(Outcome::Failed, 1, 9, NOW);
        assert!(last.is_off);
        assert_eq!(last.delivery, DeliveryStatus::GivenUp);
        let good = judge(Outcome::Delivered, 3, 9, NOW);
        assert_eq!((good.consecutive_failures, good.is_off), (0, false));
        assert!(judge(Outcome::Gone, 1, 0, NOW).is_off);
    }

    #[test]
    fn events_are_read_from_a_list() {
        let read = |text| Interest::parse(text, None).map(|interest| interest.events);
        assert_eq!(read(""), Ok(vec![EventKind::New]));
        let two = vec![EventKind::New, EventKind::Down];
        assert_eq!(read("service.new, service.down,service.new"), Ok(two));
        assert_eq!(read("service.new,x"), Err("x".to_owned()));
        assert!(read("service.registered").is_err(), "not for strangers");
    }

    #[test]
    fn a_webhook_hears_what_it_wants() {
        let interest = Interest::parse("service.down", Some(Protocol::X402)).unwrap();
        assert!(interest.wants(EventKind::Down, Protocol::X402));
        assert!(!interest.wants(EventKind::Down, Protocol::L402));
        assert!(!interest.wants(EventKind::New, Protocol::X402));
    }
}
