//! One probe as one byte: what went wrong, or how quick the answer was.

use super::Outcome;

/// The first byte of a success.
const SUCCESS_MIN: u8 = 16;
/// The least time that is told apart, and the greatest; what lies beyond counts as them.
const LATENCY_MIN_MS: f64 = 1.0;
const LATENCY_MAX_MS: f64 = 60_000.0;
/// Steps from the least time to the greatest.
const STEPS: f64 = 239.0;

/// One slot of a history: 0 when nothing was probed, 1 to 15 the number of the [`Outcome`] that it
/// came to, 16 to 255 a success and its latency, in 240 steps of the same ratio from 1 ms to 60 s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub u8);

impl Code {
    /// How many different latencies there are.
    pub const LATENCIES: usize = 240;
    /// Nothing was probed.
    pub const EMPTY: Self = Self(0);

    /// The byte of a probe. A success that nobody timed counts as the slowest.
    #[must_use]
    pub fn of(outcome: Outcome, response_time_ms: Option<u32>) -> Self {
        match outcome {
            Outcome::Payable => Self::of_latency(response_time_ms.unwrap_or(u32::MAX)),
            failure => Self(failure.number()),
        }
    }

    /// The byte whose latency is nearest: at most 2.3 % from the time itself, within the bounds.
    #[must_use]
    fn of_latency(time_ms: u32) -> Self {
        let time = f64::from(time_ms).clamp(LATENCY_MIN_MS, LATENCY_MAX_MS);
        let below = (time.ln() / LATENCY_MAX_MS.ln() * STEPS).floor().clamp(0.0, STEPS);
        let above = (below + 1.0).min(STEPS);
        let nearest =
            if time - latency_of(below) <= latency_of(above) - time { below } else { above };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 239")]
        let step = nearest as u8;
        Self(SUCCESS_MIN.saturating_add(step))
    }

    /// What it stands for; `None` when nothing was probed.
    #[must_use]
    pub fn outcome(self) -> Option<Outcome> {
        match self.0 {
            0 => None,
            failure if failure < SUCCESS_MIN => Outcome::from_number(failure),
            _ => Some(Outcome::Payable),
        }
    }

    /// Which of the 240 latencies, where it stands for a success.
    #[must_use]
    pub(crate) fn latency_step(self) -> Option<u8> {
        self.0.checked_sub(SUCCESS_MIN)
    }

    /// The time to the first byte in milliseconds, where it stands for a success.
    #[must_use]
    pub fn latency_ms(self) -> Option<u32> {
        self.latency_step().map(latency_of_step)
    }
}

/// The latency of a step, to the nearest millisecond.
pub(crate) fn latency_of_step(step: u8) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 60,000")]
    let time = latency_of(f64::from(step)).round() as u32;
    time
}

fn latency_of(step: f64) -> f64 {
    (LATENCY_MAX_MS.ln() * step / STEPS).exp()
}

/// What stands for a slot after one more probe of it: the worst outcome, or the median of the
/// successes, the lower of the two in the middle. `probes` are all codes of the slot.
#[must_use]
pub(crate) fn of_slot(probes: &[Code]) -> Code {
    let severity = |code: &Code| code.outcome().map(Outcome::severity);
    let Some(worst) = probes.iter().copied().max_by_key(severity) else {
        return Code::EMPTY;
    };
    if worst.outcome() != Some(Outcome::Payable) {
        return worst;
    }
    let mut successes: Vec<Code> =
        probes.iter().copied().filter(|code| code.latency_step().is_some()).collect();
    successes.sort_unstable();
    successes.get(successes.len().saturating_sub(1) / 2).copied().unwrap_or(worst)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn failures_keep_their_number() {
        for outcome in Outcome::ALL.into_iter().skip(1) {
            let code = Code::of(outcome, Some(5));
            assert_eq!((code.0, code.outcome()), (outcome.number(), Some(outcome)));
            assert_eq!(code.latency_ms(), None);
        }
        assert_eq!(Code::EMPTY.outcome(), None);
    }

    #[test]
    fn every_success_reads_back_as_itself() {
        for byte in SUCCESS_MIN..=u8::MAX {
            let step = f64::from(byte - SUCCESS_MIN);
            // Times below 22 ms are steps of less than a millisecond.
            if latency_of(step) > 22.0 {
                assert_eq!(Code::of(Outcome::Payable, Code(byte).latency_ms()), Code(byte));
            }
        }
    }

    #[test]
    fn what_lies_beyond_the_bounds_counts_as_them() {
        assert_eq!(Code::of(Outcome::Payable, Some(0)), Code(16));
        assert_eq!(Code::of(Outcome::Payable, Some(60_001)), Code(255));
        assert_eq!(Code::of(Outcome::Payable, None), Code(255));
    }

    #[test]
    fn a_slot_shows_its_worst_and_otherwise_the_middle() {
        let success = |time_ms| Code::of(Outcome::Payable, Some(time_ms));
        let wall = Code::of(Outcome::Wall, None);
        assert_eq!(of_slot(&[]), Code::EMPTY);
        assert_eq!(of_slot(&[success(900), success(10), success(50)]), success(50));
        assert_eq!(of_slot(&[success(900), success(10)]), success(10));
        assert_eq!(of_slot(&[success(10), wall]), success(10));
        assert_eq!(of_slot(&[success(10), Code(1), wall]), Code(1));
    }

    proptest! {
        #[test]
        fn latencies_are_kept_within_2_3_percent(time_ms in 1_u32..=60_000) {
            let kept = latency_of(f64::from(Code::of_latency(time_ms).0 - SUCCESS_MIN));
            let error = (kept - f64::from(time_ms)).abs() / f64::from(time_ms);
            prop_assert!(error < 0.02302, "{time_ms} ms became {kept}: {error}");
        }

        #[test]
        fn a_slower_answer_never_has_a_lesser_code(a in 0_u32..90_000, b in 0_u32..90_000) {
            let (quick, slow) = (a.min(b), a.max(b));
            prop_assert!(Code::of_latency(quick) <= Code::of_latency(slow));
        }
    }
}
