//! The reliability score. `docs/health.md` publishes the formula.

use super::SlotCounts;

/// Judged slots that a listing begins with, half of them good: what nobody has seen yet counts as
/// a toss of a coin.
const PRIOR_GOOD: f64 = 5.0;
const PRIOR_ALL: f64 = 10.0;
/// What is left of the score after each failure in a row, up to the last check.
const LEFT_AFTER_FAILURE: f64 = 0.75;
/// Failures in a row that count.
const FAILURES_MAX: u32 = 3;

/// From 0 to 100, to one decimal: how likely the next call meets a paywall that can be paid. The
/// share of healthy slots among the judged ones of 30 days, after five good and five bad ones that
/// nobody saw (the mean of a Beta(5, 5) prior after these observations); for each failure in a row
/// up to the last check, three at most, a quarter less. `None` before the first judged check.
#[must_use]
pub fn reliability_score(days_30: SlotCounts, consecutive_failures: u32) -> Option<f64> {
    if days_30.judged == 0 {
        return None;
    }
    let good = f64::from(days_30.healthy) + PRIOR_GOOD;
    let expected = good / (f64::from(days_30.judged) + PRIOR_ALL);
    let failures = i32::try_from(consecutive_failures.min(FAILURES_MAX)).unwrap_or(0);
    let score = 100.0 * expected * LEFT_AFTER_FAILURE.powi(failures);
    Some((score * 10.0).round() / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn score(healthy: u32, judged: u32, failures: u32) -> Option<f64> {
        reliability_score(SlotCounts { judged, healthy, reachable: judged }, failures)
    }

    /// The examples of `docs/health.md`.
    #[test]
    fn the_published_examples() {
        assert_eq!(score(0, 0, 0), None);
        assert_eq!(score(3, 3, 0), Some(61.5));
        assert_eq!(score(12, 12, 0), Some(77.3));
        assert_eq!(score(288, 288, 0), Some(98.3));
        assert_eq!(score(8_640, 8_640, 0), Some(99.9));
        assert_eq!(score(8_597, 8_640, 0), Some(99.4));
        assert_eq!(score(8_637, 8_640, 3), Some(42.1));
        assert_eq!(score(0, 3, 3), Some(16.2));
    }

    proptest! {
        #[test]
        fn it_stays_in_its_range_and_grows_with_what_went_well(
            judged in 1_u32..30_000, bad in 0_u32..30_000, failures in 0_u32..9,
        ) {
            let healthy = judged.saturating_sub(bad);
            let found = score(healthy, judged, failures).unwrap();
            prop_assert!((0.0..100.0).contains(&found));
            prop_assert!(score(healthy + 1, judged + 1, failures).unwrap() >= found);
            prop_assert!(score(healthy, judged, failures + 1).unwrap() <= found);
        }
    }
}
