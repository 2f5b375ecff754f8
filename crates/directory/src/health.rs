//! What checks say about a listing. Pure: the caller brings the history and the time.

use crate::HealthStatus;
use crate::text::clean::{NAME_LEN_MAX, clean_optional};
use jiff::Timestamp;

/// The window of `uptime_30d` and `latency_p50_ms`.
pub(crate) const WINDOW_SECONDS: i64 = 30 * 24 * 60 * 60;
/// Observations kept of a listing at most; the oldest go first.
pub(crate) const HISTORY_LEN_MAX: usize = 2_000;
/// Observations shown with a listing at most.
pub const RECENT_LEN_MAX: usize = 20;

/// A challenge that takes this many times the median is a latency spike.
const SPIKE_FACTOR: u32 = 3;
/// Failures in a row after which nothing is left of that part of the score.
const FAILURES_MAX: u32 = 3;

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// When it was made.
    pub checked_at: Timestamp,
    /// The verdict.
    pub healthy: HealthStatus,
    /// Until the first byte of the answer, where one came.
    pub response_time_ms: Option<u32>,
    /// The status of the answer, where one came.
    pub http_status: Option<u16>,
    /// What was wrong, in words: untrusted text.
    pub error_message: Option<String>,
}

impl Check {
    /// The same with its text cleaned.
    #[must_use]
    pub(crate) fn cleaned(mut self) -> Self {
        self.error_message = clean_optional(self.error_message.as_deref(), NAME_LEN_MAX);
        self
    }
}

/// A check that was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Counts up over the whole directory.
    pub id: i64,
    /// What was found.
    pub check: Check,
}

/// What the checks of a listing add up to.
#[derive(Clone, Debug, PartialEq)]
pub struct Health {
    /// The last verdict.
    pub status: HealthStatus,
    /// When the last check was made.
    pub last_checked: Option<Timestamp>,
    /// When a check last found it healthy.
    pub last_seen_healthy: Option<Timestamp>,
    /// From 0 to 1: the share of the judged checks that found a paywall, degraded ones included.
    pub uptime_30d: Option<f64>,
    /// The median time to the first byte.
    pub latency_p50_ms: Option<u32>,
    /// Checks in a row, up to the last, that found it down.
    pub consecutive_failures: u32,
    /// From 0 to 100, see [`reliability_score`]; `None` before the first judged check.
    pub reliability_score: Option<f64>,
    /// The latest observations, newest first, [`RECENT_LEN_MAX`] at most.
    pub recent: Vec<Observation>,
}

impl Default for Health {
    fn default() -> Self {
        Self {
            status: HealthStatus::Unknown,
            last_checked: None,
            last_seen_healthy: None,
            uptime_30d: None,
            latency_p50_ms: None,
            consecutive_failures: 0,
            reliability_score: None,
            recent: Vec::new(),
        }
    }
}

impl Health {
    /// Checks in a row, up to the last, that answered far slower than the median.
    #[must_use]
    pub fn consecutive_latency_spikes(&self) -> usize {
        let Some(median) = self.latency_p50_ms else {
            return 0;
        };
        let limit = median.saturating_mul(SPIKE_FACTOR);
        let spike = |seen: &&Observation| seen.check.response_time_ms.is_some_and(|ms| ms > limit);
        self.recent.iter().take_while(spike).count()
    }
}

/// Adds up a history that is ordered newest first and reaches back to the start of the window.
/// `last_seen_healthy` is what was known before.
#[must_use]
pub(crate) fn summarise(
    history: &[Observation],
    last_seen_healthy: Option<Timestamp>,
    now: Timestamp,
) -> Health {
    let start = now.as_second().saturating_sub(WINDOW_SECONDS);
    let in_window = |seen: &&Observation| seen.check.checked_at.as_second() >= start;
    let checks: Vec<&Check> = history.iter().filter(in_window).map(|seen| &seen.check).collect();
    let judged = count(&checks, |status| status != HealthStatus::Unknown);
    let down = count(&checks, |status| status == HealthStatus::Down);
    let latency_p50_ms = median(checks.iter().filter_map(|check| check.response_time_ms).collect());
    let consecutive_failures = checks
        .iter()
        .take_while(|check| check.healthy == HealthStatus::Down)
        .fold(0_u32, |failures, _| failures.saturating_add(1));
    let newest = history.first().map(|seen| &seen.check);
    let seen_healthy = history
        .iter()
        .find(|seen| seen.check.healthy == HealthStatus::Healthy)
        .map(|seen| seen.check.checked_at);
    Health {
        status: newest.map_or(HealthStatus::Unknown, |check| check.healthy),
        last_checked: newest.map(|check| check.checked_at),
        last_seen_healthy: seen_healthy.max(last_seen_healthy),
        uptime_30d: (judged > 0).then(|| rounded(share(judged - down, judged), 10_000.0)),
        latency_p50_ms,
        consecutive_failures,
        reliability_score: (judged > 0).then(|| {
            reliability_score(judged - down, judged, latency_p50_ms, consecutive_failures)
        }),
        recent: history.iter().take(RECENT_LEN_MAX).cloned().collect(),
    }
}

/// From 0 to 100, to one decimal: 60 for uptime, 25 for a quick challenge, 15 for no failure
/// just now. Uptime counts one made-up success and one made-up failure, so that a newcomer with
/// three good checks does not stand above a year of good ones.
#[must_use]
fn reliability_score(up: u32, judged: u32, latency_p50_ms: Option<u32>, failures: u32) -> f64 {
    let uptime = share(up + 1, judged + 2);
    let quick = match latency_p50_ms {
        Some(0..=500) => 1.0,
        Some(501..=1_500) => 0.7,
        Some(1_501..=5_000) => 0.3,
        Some(_) | None => 0.0,
    };
    let streak = 1.0 - share(failures.min(FAILURES_MAX), FAILURES_MAX);
    rounded(60.0 * uptime + 25.0 * quick + 15.0 * streak, 10.0)
}

fn count(checks: &[&Check], counts: impl Fn(HealthStatus) -> bool) -> u32 {
    let matching = checks.iter().filter(|check| counts(check.healthy)).count();
    u32::try_from(matching).unwrap_or(u32::MAX)
}

fn share(part: u32, whole: u32) -> f64 {
    f64::from(part) / f64::from(whole)
}

fn rounded(value: f64, steps: f64) -> f64 {
    (value * steps).round() / steps
}

/// The lower of the two middle values when there is an even number of them.
fn median(mut values: Vec<u32>) -> Option<u32> {
    values.sort_unstable();
    values.get(values.len().saturating_sub(1) / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: i64 = 1_800_000_000;

    fn history(statuses: &[(HealthStatus, i64)]) -> Vec<Observation> {
        let observe = |(id, (healthy, age_seconds)): (usize, &(HealthStatus, i64))| Observation {
            id: i64::try_from(id).unwrap(),
            check: Check {
                checked_at: Timestamp::from_second(NOW - age_seconds).unwrap(),
                healthy: *healthy,
                response_time_ms: (*healthy != HealthStatus::Down).then_some(200),
                http_status: Some(402),
                error_message: None,
            },
        };
        statuses.iter().enumerate().map(observe).collect()
    }

    fn now() -> Timestamp {
        Timestamp::from_second(NOW).unwrap()
    }

    #[test]
    fn a_listing_that_was_never_checked_has_no_score() {
        let health = summarise(&[], None, now());
        assert_eq!(health, Health::default());
    }

    #[test]
    fn unknown_is_not_judged_and_degraded_is_up() {
        use HealthStatus::{Degraded, Down, Healthy, Unknown};
        let checks = [(Unknown, 10), (Degraded, 20), (Healthy, 30), (Down, 40)];
        let health = summarise(&history(&checks), None, now());
        assert_eq!(health.status, Unknown);
        assert_eq!(health.uptime_30d, Some(0.6667));
        assert_eq!(health.latency_p50_ms, Some(200));
        assert_eq!(health.last_seen_healthy, Timestamp::from_second(NOW - 30).ok());
    }

    #[test]
    fn old_checks_leave_the_window_but_not_the_last_verdict() {
        let checks = [(HealthStatus::Down, WINDOW_SECONDS + 1)];
        let health = summarise(&history(&checks), None, now());
        assert_eq!(health.status, HealthStatus::Down);
        assert_eq!(health.uptime_30d, None);
        assert_eq!(health.reliability_score, None);
    }

    #[test]
    fn failures_in_a_row_are_counted_from_the_last_check() {
        use HealthStatus::{Down, Healthy};
        let checks = [(Down, 1), (Down, 2), (Healthy, 3), (Down, 4)];
        let health = summarise(&history(&checks), None, now());
        assert_eq!(health.consecutive_failures, 2);
    }

    #[test]
    fn a_newcomer_scores_below_a_veteran() {
        let short = vec![(HealthStatus::Healthy, 1); 3];
        let long = vec![(HealthStatus::Healthy, 1); 200];
        let score = |checks: &[_]| summarise(&history(checks), None, now()).reliability_score;
        assert_eq!(score(&short), Some(88.0));
        assert_eq!(score(&long), Some(99.7));
    }

    proptest! {
        #[test]
        fn figures_stay_in_their_ranges(
            checks in proptest::collection::vec((0usize..4, 0i64..4_000_000), 0..60)
        ) {
            let checks: Vec<_> = checks
                .into_iter()
                .map(|(status, age)| (HealthStatus::ALL[status], age))
                .collect();
            let health = summarise(&history(&checks), None, now());
            prop_assert!(health.uptime_30d.is_none_or(|share| (0.0..=1.0).contains(&share)));
            prop_assert!(health.reliability_score.is_none_or(|score| (0.0..=100.0).contains(&score)));
            prop_assert!(health.recent.len() <= RECENT_LEN_MAX);
        }
    }
}
