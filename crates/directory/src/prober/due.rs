//! When an endpoint is probed. Pure: it follows from what is recorded, on every server alike.

const SECOND_MS: i64 = 1_000;
const HOUR_MS: i64 = 3_600 * SECOND_MS;
/// Of a thousand: how much earlier or later a probe comes than its interval says.
const JITTER_PER_MILLE: i64 = 50;
/// Those that are featured or claimed are probed so much more often.
const PREFERRED_FACTOR: i64 = 3;
/// But not more often than this, unless the interval itself is shorter.
const PREFERRED_MIN_MS: i64 = 60 * SECOND_MS;

/// What is recorded about an endpoint, as far as it says when the next probe is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// When it was listed.
    pub(super) registered_at_ms: i64,
    /// When it was last probed.
    pub(super) checked_at_ms: Option<i64>,
    /// Probes in a row that failed, up to the last.
    pub(super) failures: u32,
    /// Featured or claimed.
    pub(super) is_preferred: bool,
}

/// When the next probe of the endpoint `key` is due. One that was never probed waits for its place
/// in the interval, which its key decides, so that what was imported together is spread out.
pub(super) fn due_ms(key: u64, standing: &Standing, interval_ms: i64) -> i64 {
    let interval_ms = interval_ms.max(1);
    let Some(checked_at_ms) = standing.checked_at_ms else {
        return first_due_ms(key, standing.registered_at_ms, interval_ms);
    };
    let own_ms = if standing.is_preferred { preferred_ms(interval_ms) } else { interval_ms };
    let wait_ms = after_failures_ms(standing.failures).map_or(own_ms, |wait_ms| match wait_ms {
        // At most as often as those that work, but for the first two looks.
        wait_ms if standing.failures > 2 => wait_ms.max(interval_ms),
        wait_ms => wait_ms.min(own_ms),
    });
    checked_at_ms.saturating_add(jittered_ms(key, checked_at_ms, wait_ms))
}

/// How long a failing endpoint is left alone; `None` where it is probed like any other.
fn after_failures_ms(failures: u32) -> Option<i64> {
    match failures {
        0 => None,
        1 => Some(15 * SECOND_MS),
        2 => Some(45 * SECOND_MS),
        3..=6 => Some(0),
        7..=12 => Some(HOUR_MS),
        13..=16 => Some(6 * HOUR_MS),
        17..=20 => Some(24 * HOUR_MS),
        21.. => Some(72 * HOUR_MS),
    }
}

fn preferred_ms(interval_ms: i64) -> i64 {
    (interval_ms / PREFERRED_FACTOR).max(PREFERRED_MIN_MS).min(interval_ms)
}

fn first_due_ms(key: u64, registered_at_ms: i64, interval_ms: i64) -> i64 {
    let place_ms = place(mix(key), interval_ms);
    let since_ms = registered_at_ms.rem_euclid(interval_ms);
    let wait_ms = place_ms.saturating_sub(since_ms).rem_euclid(interval_ms);
    registered_at_ms.saturating_add(wait_ms)
}

/// The wait, up to five in a hundred shorter or longer, the same on every server.
fn jittered_ms(key: u64, checked_at_ms: i64, wait_ms: i64) -> i64 {
    let chance = mix(key ^ mix(checked_at_ms.unsigned_abs()));
    let span_ms = wait_ms.saturating_mul(JITTER_PER_MILLE) / 1_000;
    let shift_ms = place(chance, span_ms.saturating_mul(2).saturating_add(1)) - span_ms;
    wait_ms.saturating_add(shift_ms)
}

/// A number below `bound_ms` that `chance` decides.
fn place(chance: u64, bound_ms: i64) -> i64 {
    let bound = u64::try_from(bound_ms).unwrap_or(1).max(1);
    i64::try_from(chance % bound).unwrap_or_default()
}

/// Spreads the bits of a number (the finaliser of SplitMix64, by Steele, Lea and Flood).
pub(super) const fn mix(mut bits: u64) -> u64 {
    bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const INTERVAL_MS: i64 = 900_000;
    const NOW_MS: i64 = 1_800_000_000_000;

    fn standing(checked_at_ms: Option<i64>, failures: u32) -> Standing {
        Standing { registered_at_ms: NOW_MS, checked_at_ms, failures, is_preferred: false }
    }

    fn wait_s(failures: u32) -> i64 {
        (due_ms(7, &standing(Some(NOW_MS), failures), INTERVAL_MS) - NOW_MS) / 1_000
    }

    #[test]
    fn a_failing_endpoint_is_looked_at_soon_and_then_ever_less_often() {
        let near = |seconds: i64| (seconds * 19 / 20 - 1)..=(seconds * 21 / 20 + 1);
        let hour = 3_600;
        for (failures, seconds) in [
            (0, 900),
            (1, 15),
            (2, 45),
            (3, 900),
            (7, hour),
            (13, 6 * hour),
            (17, 24 * hour),
            (21, 72 * hour),
            (1_000, 72 * hour),
        ] {
            let wait = wait_s(failures);
            assert!(near(seconds).contains(&wait), "{failures} failures: {wait} s");
        }
    }

    #[test]
    fn those_that_are_claimed_are_probed_more_often() {
        let preferred = Standing { is_preferred: true, ..standing(Some(NOW_MS), 0) };
        let wait_s = (due_ms(7, &preferred, INTERVAL_MS) - NOW_MS) / 1_000;
        assert!((285..=315).contains(&wait_s), "{wait_s}");
        // A short interval is not made longer.
        let wait_s = (due_ms(7, &preferred, 20_000) - NOW_MS) / 1_000;
        assert!((19..=21).contains(&wait_s), "{wait_s}");
    }

    #[test]
    fn what_was_imported_together_is_spread_over_the_interval() {
        let tenth = |key: u64| {
            let wait_ms = due_ms(key, &standing(None, 0), INTERVAL_MS) - NOW_MS;
            usize::try_from(wait_ms * 10 / INTERVAL_MS).unwrap()
        };
        let mut tenths = [0_u32; 10];
        for key in 0..10_000 {
            tenths[tenth(key)] += 1;
        }
        assert!(tenths.iter().all(|count| (800..1_200).contains(count)), "{tenths:?}");
    }

    proptest! {
        #[test]
        fn the_next_probe_lies_ahead_and_within_the_jitter(
            key: u64, checked_s in 0_i64..4_000_000_000, failures in 0_u32..40, interval_s in 1_i64..90_000
        ) {
            let (checked_ms, interval_ms) = (checked_s * 1_000, interval_s * 1_000);
            let due = due_ms(key, &standing(Some(checked_ms), failures), interval_ms);
            prop_assert!(due > checked_ms);
            if failures == 0 {
                let wait = due - checked_ms;
                prop_assert!(wait * 1_000 >= interval_ms * 950 && wait * 1_000 <= interval_ms * 1_050);
            }
            let first = due_ms(key, &Standing { registered_at_ms: checked_ms, ..standing(None, 0) }, interval_ms);
            prop_assert!((checked_ms..checked_ms + interval_ms).contains(&first));
        }
    }
}
