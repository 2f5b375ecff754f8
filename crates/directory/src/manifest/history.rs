//! What a history of checks adds up to: windows of uptime, response times, incidents. Pure.

use crate::{Check, HealthStatus};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

const DAY_S: i64 = 24 * 60 * 60;

/// The windows of a report, with their length in seconds.
const WINDOWS: [(&str, i64); 3] = [("24h", DAY_S), ("7d", 7 * DAY_S), ("30d", 30 * DAY_S)];

/// How a time went.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct Window {
    /// How long it is, up to now: `24h`, `7d` or `30d`.
    #[schema(value_type = String)]
    window: &'static str,
    /// Checks that fell into it.
    samples: usize,
    /// Those among them that could judge.
    judged: usize,
    /// From 0 to 100: the share of the judged checks that found a paywall, degraded ones included.
    /// Null without any.
    uptime_percent: Option<f64>,
    response_times: ResponseTimes,
}

/// Times to the first byte of the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
struct ResponseTimes {
    /// Checks that were answered.
    samples: usize,
    /// The median.
    p50_ms: Option<u32>,
    /// As quick as this, or quicker, were 95 of 100.
    p95_ms: Option<u32>,
}

/// A time in which an endpoint was down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Incident {
    /// The first check that found it down.
    pub(super) started_at: Timestamp,
    /// The next check that found it up; `None` while it is down.
    pub(super) ended_at: Option<Timestamp>,
    /// Checks that found it down.
    pub(super) failed_checks: usize,
    /// What the last of them found.
    pub(super) last: Check,
}

/// The windows of a history, in any order.
pub(super) fn windows<'a>(
    checks: impl Iterator<Item = &'a Check> + Clone,
    now: Timestamp,
) -> Vec<Window> {
    let window = |(name, length_s)| window(name, length_s, checks.clone(), now);
    WINDOWS.into_iter().map(window).collect()
}

/// The last 24 hours of a history, in any order.
pub(super) fn last_day<'a>(checks: impl Iterator<Item = &'a Check>, now: Timestamp) -> Window {
    let [(name, length_s), ..] = WINDOWS;
    window(name, length_s, checks, now)
}

fn window<'a>(
    name: &'static str,
    length_s: i64,
    checks: impl Iterator<Item = &'a Check>,
    now: Timestamp,
) -> Window {
    let start = now.as_second().saturating_sub(length_s);
    let within: Vec<&Check> =
        checks.filter(|check| check.checked_at.as_second() >= start).collect();
    let count =
        |is: fn(HealthStatus) -> bool| within.iter().filter(|check| is(check.healthy)).count();
    let judged = count(|status| status != HealthStatus::Unknown);
    let up = judged - count(|status| status == HealthStatus::Down);
    let mut times: Vec<u32> = within.iter().filter_map(|check| check.response_time_ms).collect();
    times.sort_unstable();
    Window {
        window: name,
        samples: within.len(),
        judged,
        uptime_percent: percent(up, judged),
        response_times: ResponseTimes {
            samples: times.len(),
            p50_ms: percentile(&times, 50),
            p95_ms: percentile(&times, 95),
        },
    }
}

/// To two decimals, rounded down: a failure never reads as 100.
fn percent(part: usize, whole: usize) -> Option<f64> {
    let hundredths = part.saturating_mul(10_000).checked_div(whole)?;
    u32::try_from(hundredths).ok().map(|hundredths| f64::from(hundredths) / 100.0)
}

/// The least value that so many of a hundred do not exceed.
fn percentile(sorted: &[u32], of_a_hundred: usize) -> Option<u32> {
    let rank = sorted.len().saturating_mul(of_a_hundred).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

/// The incidents of one endpoint, the latest first. Its checks come newest first; one that could
/// not judge neither begins nor ends anything.
pub(super) fn incidents<'a>(checks: impl DoubleEndedIterator<Item = &'a Check>) -> Vec<Incident> {
    let mut found: Vec<Incident> = Vec::new();
    let mut open: Option<Incident> = None;
    for check in checks.rev() {
        match (check.healthy, open.take()) {
            (HealthStatus::Unknown, still) => open = still,
            (HealthStatus::Down, Some(still)) => {
                let failed_checks = still.failed_checks + 1;
                open = Some(Incident { failed_checks, last: check.clone(), ..still });
            }
            (HealthStatus::Down, None) => {
                open = Some(Incident {
                    started_at: check.checked_at,
                    ended_at: None,
                    failed_checks: 1,
                    last: check.clone(),
                });
            }
            (HealthStatus::Healthy | HealthStatus::Degraded, Some(over)) => {
                found.push(Incident { ended_at: Some(check.checked_at), ..over });
            }
            (HealthStatus::Healthy | HealthStatus::Degraded, None) => {}
        }
    }
    found.extend(open);
    found.reverse();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use HealthStatus::{Degraded, Down, Healthy, Unknown};
    use proptest::prelude::*;

    const NOW_S: i64 = 1_800_000_000;

    fn at(age_s: i64) -> Timestamp {
        Timestamp::from_second(NOW_S - age_s).unwrap()
    }

    /// Newest first: the verdict, its age in seconds, the response time.
    fn history(checks: &[(HealthStatus, i64, Option<u32>)]) -> Vec<Check> {
        let check = |(healthy, age_s, response_time_ms): &(_, i64, _)| Check {
            checked_at: at(*age_s),
            healthy: *healthy,
            response_time_ms: *response_time_ms,
            http_status: None,
            error_message: None,
        };
        checks.iter().map(check).collect()
    }

    #[test]
    fn each_window_counts_what_fell_into_it() {
        let checks = history(&[
            (Unknown, 10, None),
            (Healthy, 20, Some(100)),
            (Down, DAY_S, None),
            (Down, DAY_S + 1, None),
            (Degraded, 7 * DAY_S, Some(300)),
            (Healthy, 30 * DAY_S + 1, Some(9)),
        ]);
        let windows = windows(checks.iter(), at(0));
        let figures: Vec<_> = windows
            .iter()
            .map(|one| (one.window, one.samples, one.judged, one.uptime_percent))
            .collect();
        let expected =
            [("24h", 3, 2, Some(50.0)), ("7d", 5, 4, Some(50.0)), ("30d", 5, 4, Some(50.0))];
        assert_eq!(figures, expected);
        let times = windows[1].response_times;
        assert_eq!((times.samples, times.p50_ms, times.p95_ms), (2, Some(100), Some(300)));
    }

    #[test]
    fn without_checks_nothing_is_claimed() {
        let empty = last_day([].iter(), at(0));
        assert_eq!((empty.samples, empty.uptime_percent), (0, None));
        assert_eq!(empty.response_times, ResponseTimes::default());
        let unjudged = history(&[(Unknown, 5, None)]);
        assert_eq!(last_day(unjudged.iter(), at(0)).uptime_percent, None);
    }

    #[test]
    fn one_failure_in_many_never_reads_as_none() {
        assert_eq!(percent(99_999, 100_000), Some(99.99));
        assert_eq!(percent(100_000, 100_000), Some(100.0));
        assert_eq!(percent(1, 3), Some(33.33));
    }

    #[test]
    fn percentiles_are_values_that_were_seen() {
        let values: Vec<u32> = (1..=100).collect();
        assert_eq!((percentile(&values, 50), percentile(&values, 95)), (Some(50), Some(95)));
        assert_eq!((percentile(&[7], 50), percentile(&[7], 95)), (Some(7), Some(7)));
        assert_eq!(percentile(&[], 50), None);
    }

    #[test]
    fn incidents_begin_and_end_with_what_could_judge() {
        let checks = history(&[
            (Down, 10, None),
            (Unknown, 20, None),
            (Down, 30, None),
            (Healthy, 40, None),
            (Degraded, 50, None),
            (Unknown, 60, None),
            (Down, 70, None),
            (Healthy, 80, None),
        ]);
        let found = incidents(checks.iter());
        let figures: Vec<_> = found
            .iter()
            .map(|one| (one.started_at, one.ended_at, one.failed_checks, one.last.checked_at))
            .collect();
        let expected = [(at(30), None, 2, at(10)), (at(70), Some(at(50)), 1, at(70))];
        assert_eq!(figures, expected);
    }

    proptest! {
        #[test]
        fn every_failed_check_is_in_exactly_one_incident(
            statuses in proptest::collection::vec(0usize..4, 0..50)
        ) {
            let checks: Vec<_> = statuses
                .iter()
                .zip(0_i64..)
                .map(|(status, age)| (HealthStatus::ALL[*status], age, None))
                .collect();
            let checks = history(&checks);
            let failed = checks.iter().filter(|check| check.healthy == Down).count();
            let found = incidents(checks.iter());
            prop_assert_eq!(found.iter().map(|one| one.failed_checks).sum::<usize>(), failed);
            prop_assert!(found.iter().skip(1).all(|one| one.ended_at.is_some()));
        }
    }
}
