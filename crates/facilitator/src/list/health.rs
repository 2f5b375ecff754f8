//! Whether a facilitator is worth asking. Pure: the time is passed in.

use std::time::{Duration, Instant};

/// Failures in a row after which it is left alone.
const FAILURES_MAX: u32 = 3;
const REST_MIN: Duration = Duration::from_secs(10);
const REST_MAX: Duration = Duration::from_secs(300);

/// What is known of a facilitator's health.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Health {
    failures: u32,
    rests_until: Option<Instant>,
}

impl Health {
    /// Whether it may be asked. After its rest one request tries it; the others wait for that.
    pub(super) fn may_ask(&mut self, now: Instant) -> bool {
        match self.rests_until {
            None => true,
            Some(until) if now < until => false,
            Some(_) => {
                self.rests_until = Some(now + REST_MIN);
                true
            }
        }
    }

    pub(super) const fn succeeded(&mut self) {
        (self.failures, self.rests_until) = (0, None);
    }

    pub(super) fn failed(&mut self, now: Instant) {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= FAILURES_MAX {
            let doublings = (self.failures - FAILURES_MAX).min(5);
            self.rests_until = Some(now + (REST_MIN * (1 << doublings)).min(REST_MAX));
        }
    }

    pub(super) fn is_resting(&self, now: Instant) -> bool {
        self.rests_until.is_some_and(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_three_failures_it_rests_and_is_tried_once() {
        let (mut health, now) = (Health::default(), Instant::now());
        for _ in 0..3 {
            assert!(health.may_ask(now));
            health.failed(now);
        }
        assert!(!health.may_ask(now) && health.is_resting(now));
        let later = now + REST_MIN;
        assert!(health.may_ask(later), "one tries");
        assert!(!health.may_ask(later), "the others wait");
        health.failed(later);
        assert!(!health.may_ask(later + REST_MIN), "longer each time");
        health.succeeded();
        assert!(health.may_ask(later));
    }
}
