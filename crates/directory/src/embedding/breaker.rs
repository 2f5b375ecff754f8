//! A circuit breaker: whoever fails again and again is left alone for a while, and then tried with
//! one request at a time. Pure: the time is passed in, in milliseconds of any clock that never
//! goes back.

/// So many failures in a row open the circuit.
const FAILURES_MAX: u32 = 5;
const PAUSE_MIN_MS: u64 = 5_000;
const PAUSE_MAX_MS: u64 = 300_000;

/// See the module.
#[derive(Debug)]
pub(crate) struct Breaker(State);

#[derive(Clone, Copy, Debug)]
enum State {
    Closed { failures: u32 },
    Open { until_ms: u64, pause_ms: u64 },
}

/// A request that was allowed. One that is given up without a word does no harm: after the same
/// pause again, the next one is allowed.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub(crate) struct Attempt {
    is_trial: bool,
}

impl Breaker {
    pub(crate) const fn new() -> Self {
        Self(State::Closed { failures: 0 })
    }

    /// Whether a request may be made now.
    pub(crate) fn attempt(&mut self, now_ms: u64) -> Option<Attempt> {
        match self.0 {
            State::Closed { .. } => Some(Attempt { is_trial: false }),
            State::Open { until_ms, .. } if now_ms < until_ms => None,
            State::Open { pause_ms, .. } => {
                self.0 = State::Open { until_ms: now_ms.saturating_add(pause_ms), pause_ms };
                Some(Attempt { is_trial: true })
            }
        }
    }

    /// A request was answered as it should be.
    pub(crate) const fn succeeded(&mut self) {
        self.0 = State::Closed { failures: 0 };
    }

    /// A request failed. Those that were under way when the circuit opened do not count twice.
    pub(crate) fn failed(&mut self, attempt: Attempt, now_ms: u64) {
        self.0 = match self.0 {
            State::Closed { failures } if failures + 1 < FAILURES_MAX => {
                State::Closed { failures: failures + 1 }
            }
            State::Closed { .. } => open(now_ms, PAUSE_MIN_MS),
            State::Open { pause_ms, .. } if attempt.is_trial => {
                open(now_ms, pause_ms.saturating_mul(2).min(PAUSE_MAX_MS))
            }
            open @ State::Open { .. } => open,
        };
    }

    /// As [`Self::failed`], and the other side said for how long it wants to be left alone.
    pub(crate) fn sent_away(&mut self, attempt: Attempt, now_ms: u64, wait_ms: u64) {
        self.failed(attempt, now_ms);
        let wait_ms = wait_ms.clamp(PAUSE_MIN_MS, PAUSE_MAX_MS);
        let State::Open { until_ms, pause_ms } = self.0 else {
            self.0 = open(now_ms, wait_ms);
            return;
        };
        let until_ms = until_ms.max(now_ms.saturating_add(wait_ms));
        self.0 = State::Open { until_ms, pause_ms };
    }
}

const fn open(now_ms: u64, pause_ms: u64) -> State {
    State::Open { until_ms: now_ms.saturating_add(pause_ms), pause_ms }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fail(breaker: &mut Breaker, now_ms: u64) -> bool {
        let attempt = breaker.attempt(now_ms);
        if let Some(attempt) = attempt {
            breaker.failed(attempt, now_ms);
        }
        attempt.is_some()
    }

    #[test]
    fn five_failures_in_a_row_open_it() {
        let mut breaker = Breaker::new();
        for _ in 0..4 {
            assert!(fail(&mut breaker, 0));
        }
        breaker.succeeded();
        for _ in 0..5 {
            assert!(fail(&mut breaker, 10));
        }
        assert!(!fail(&mut breaker, 10));
        assert!(!fail(&mut breaker, 5_009));
    }

    #[test]
    fn after_the_pause_one_is_let_through_and_the_pauses_grow() {
        let mut breaker = Breaker::new();
        (0..5).for_each(|_| assert!(fail(&mut breaker, 0)));
        let mut now_ms = 0;
        for pause_ms in [5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000] {
            assert!(breaker.attempt(now_ms + pause_ms - 1).is_none());
            now_ms += pause_ms;
            let trial = breaker.attempt(now_ms).unwrap();
            assert!(breaker.attempt(now_ms).is_none(), "a second one beside the trial");
            breaker.failed(trial, now_ms);
        }
        let _lost = breaker.attempt(now_ms + 300_000).unwrap();
        assert!(breaker.attempt(now_ms + 599_999).is_none());
        let _trial = breaker.attempt(now_ms + 600_000).unwrap();
        breaker.succeeded();
        assert!(breaker.attempt(now_ms + 600_000).is_some());
        assert!(breaker.attempt(now_ms + 600_000).is_some());
    }

    #[test]
    fn failures_that_were_under_way_do_not_lengthen_the_pause() {
        let mut breaker = Breaker::new();
        let attempts: Vec<_> = (0..20).map(|_| breaker.attempt(0).unwrap()).collect();
        attempts.into_iter().for_each(|attempt| breaker.failed(attempt, 100));
        assert!(breaker.attempt(5_099).is_none());
        assert!(breaker.attempt(5_100).is_some());
    }

    #[test]
    fn whoever_asks_to_be_left_alone_is() {
        let mut breaker = Breaker::new();
        let attempt = breaker.attempt(0).unwrap();
        breaker.sent_away(attempt, 0, 60_000);
        assert!(breaker.attempt(59_999).is_none());
        let attempt = breaker.attempt(60_000).unwrap();
        breaker.sent_away(attempt, 60_000, u64::MAX);
        assert!(breaker.attempt(60_000 + 299_999).is_none(), "at most five minutes");
        assert!(breaker.attempt(60_000 + 300_000).is_some());
    }

    proptest! {
        #[test]
        fn it_never_stays_open_for_more_than_the_longest_pause(
            steps in proptest::collection::vec((0_u64..400_000, 0_u8..4, any::<u64>()), 0..60),
        ) {
            let (mut breaker, mut now_ms) = (Breaker::new(), 0);
            for (passed, outcome, wait_ms) in steps {
                now_ms += passed;
                let Some(attempt) = breaker.attempt(now_ms) else { continue };
                match outcome {
                    0 => breaker.succeeded(),
                    1 => breaker.failed(attempt, now_ms),
                    2 => breaker.sent_away(attempt, now_ms, wait_ms),
                    _ => {}
                }
            }
            prop_assert!(breaker.attempt(now_ms + PAUSE_MAX_MS).is_some());
        }
    }
}
