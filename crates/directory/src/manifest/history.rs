//! What the histories of a service add up to: windows of uptime and response times.

use crate::history::{Chronicle, Figures, Sketch, Slot, Window};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// How a time went, in slots of five minutes: one in which several checks were made counts once, by
/// the worst.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Window)]
pub(super) struct WindowView {
    /// How long it is, up to now: `24h`, `7d`, `30d` or `90d`.
    #[schema(value_type = String)]
    window: &'static str,
    /// Slots that say something about the endpoint.
    judged: u32,
    /// Those in which it could have been paid.
    healthy: u32,
    /// Those in which it answered, whatever it said.
    reachable: u32,
    /// From 0 to 100: how much of what was judged could have been paid, rounded down. Null without
    /// any.
    uptime_percent: Option<f64>,
    /// The same of what answered.
    reachable_percent: Option<f64>,
    response_times: ResponseTimes,
}

/// Times to the first byte of challenges that could have been paid, at most 2.3 % off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
struct ResponseTimes {
    /// Slots with such a challenge.
    samples: u32,
    /// The median.
    p50_ms: Option<u32>,
    /// As quick as this, or quicker, were 95 of 100.
    p95_ms: Option<u32>,
}

/// Every window of these histories together.
pub(super) fn windows<'a>(
    histories: impl Iterator<Item = &'a Chronicle> + Clone,
    now: Timestamp,
) -> Vec<WindowView> {
    Window::ALL.into_iter().map(|window| view(window, histories.clone(), now)).collect()
}

/// The last 24 hours of these histories together.
pub(super) fn last_day<'a>(
    histories: impl Iterator<Item = &'a Chronicle>,
    now: Timestamp,
) -> WindowView {
    view(Window::Hours24, histories, now)
}

fn view<'a>(
    window: Window,
    histories: impl Iterator<Item = &'a Chronicle>,
    now: Timestamp,
) -> WindowView {
    let slot = Slot::at(now.as_millisecond());
    let mut sum = Sketch::default();
    histories.for_each(|history| sum.add(&history.sum(window, slot)));
    let figures = Figures::of(&sum);
    WindowView {
        window: window.name(),
        judged: figures.counts.judged,
        healthy: figures.counts.healthy,
        reachable: figures.counts.reachable,
        uptime_percent: percent(figures.counts.healthy, figures.counts.judged),
        reachable_percent: percent(figures.counts.reachable, figures.counts.judged),
        response_times: ResponseTimes {
            samples: sum.samples(),
            p50_ms: figures.latency_p50_ms,
            p95_ms: figures.latency_p95_ms,
        },
    }
}

/// To two decimals, rounded down: a failure never reads as 100.
fn percent(part: u32, whole: u32) -> Option<f64> {
    let hundredths = (u64::from(part) * 10_000).checked_div(u64::from(whole))?;
    u32::try_from(hundredths).ok().map(|hundredths| f64::from(hundredths) / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_checks_nothing_is_claimed() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let empty = last_day([Chronicle::default()].iter(), now);
        assert_eq!((empty.judged, empty.uptime_percent), (0, None));
        assert_eq!(empty.response_times, ResponseTimes::default());
    }

    #[test]
    fn one_failure_in_many_never_reads_as_none() {
        assert_eq!(percent(99_999, 100_000), Some(99.99));
        assert_eq!(percent(100_000, 100_000), Some(100.0));
        assert_eq!(percent(1, 3), Some(33.33));
        assert_eq!(percent(0, 0), None);
    }
}
