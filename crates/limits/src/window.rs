//! The rule: a window that slides in parts.
//!
//! Time is cut into parts of a sixth of the window, and what is taken is counted in its part. The
//! sum over this part and the six before it never passes the limit; an interval as long as the
//! window touches seven parts at most. So never more than the limit is taken in *any* interval of
//! that length, wherever it begins, and what was taken is free again after the window and a sixth
//! of it at the latest.

use crate::Policy;
use crate::policy::PARTS;

/// This part and those before it that an interval of a window can touch.
const KEPT: usize = PARTS as usize + 1;
/// Bytes of [`Window::to_bytes`].
const COUNTS_LEN: usize = KEPT * 4;

/// What one subject took of one limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// The number of the newest part, counted from time zero.
    newest: u64,
    /// What was taken in the newest part, and in those before it.
    counts: [u32; KEPT],
}

/// What was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Granted {
    /// How much.
    pub amount: u32,
    /// The part of the window in which it counts.
    pub part: u64,
    /// How much is left.
    pub remaining: u32,
}

impl Window {
    /// Takes `wanted`, or as much of it as there is, but not less than `needed`. Time that goes
    /// backwards stands still.
    ///
    /// # Errors
    /// How long to wait, in milliseconds, when that is not there.
    pub fn take(
        &mut self,
        policy: Policy,
        needed: u32,
        wanted: u32,
        now_ms: u64,
    ) -> Result<Granted, u64> {
        self.slide(policy, now_ms);
        let remaining = self.remaining(policy);
        if needed > remaining {
            return Err(self.wait_ms(policy, needed, now_ms));
        }
        let amount = wanted.max(needed).min(remaining);
        if let Some(newest) = self.counts.first_mut() {
            *newest = newest.saturating_add(amount);
        }
        Ok(Granted { amount, part: self.newest, remaining: remaining.saturating_sub(amount) })
    }

    /// Gives back what was taken in a part and not used; what does not count any more is nothing.
    pub fn give_back(&mut self, part: u64, amount: u32) {
        let age = self.newest.checked_sub(part).and_then(|age| usize::try_from(age).ok());
        if let Some(count) = age.and_then(|age| self.counts.get_mut(age)) {
            *count = count.saturating_sub(amount);
        }
    }

    /// What can be taken, as of the last [`Window::take`] or [`Window::slide`].
    #[must_use]
    pub fn remaining(&self, policy: Policy) -> u32 {
        let used = self.counts.iter().fold(0_u32, |sum, count| sum.saturating_add(*count));
        policy.limit.saturating_sub(used)
    }

    /// Moves on to `now_ms`.
    pub fn slide(&mut self, policy: Policy, now_ms: u64) {
        let part = now_ms / policy.part_ms();
        let passed = part.saturating_sub(self.newest);
        let passed = usize::try_from(passed).unwrap_or(KEPT).min(KEPT);
        self.counts.rotate_right(passed % KEPT);
        self.counts.iter_mut().take(passed).for_each(|count| *count = 0);
        self.newest = self.newest.max(part);
    }

    /// How long until `amount` can be taken, if nobody takes anything else; a whole window when
    /// it never can.
    #[must_use]
    pub fn wait_ms(&self, policy: Policy, amount: u32, now_ms: u64) -> u64 {
        let mut free = self.remaining(policy);
        if free >= amount {
            return 0;
        }
        // The oldest part is free first: when the part that follows the newest begins.
        for (begun, count) in (1_u64..).zip(self.counts.iter().rev()) {
            free = free.saturating_add(*count);
            if free >= amount {
                let free_at = self.newest.saturating_add(begun).saturating_mul(policy.part_ms());
                return free_at.saturating_sub(now_ms);
            }
        }
        u64::from(policy.window_s) * 1_000
    }

    /// How long until the first of what was taken is free again; zero when nothing was.
    #[must_use]
    pub fn reset_ms(&self, policy: Policy, now_ms: u64) -> u64 {
        match self.remaining(policy) {
            all if all == policy.limit => 0,
            remaining => self.wait_ms(policy, remaining.saturating_add(1), now_ms),
        }
    }

    /// How long a part lasts that began with `part`, in milliseconds from now.
    #[must_use]
    pub fn ends_in_ms(policy: Policy, part: u64, now_ms: u64) -> u64 {
        part.saturating_add(1).saturating_mul(policy.part_ms()).saturating_sub(now_ms)
    }

    /// From when on nothing of it counts, in milliseconds.
    #[must_use]
    pub fn forget_at_ms(&self, policy: Policy) -> u64 {
        self.newest.saturating_add(KEPT as u64).saturating_mul(policy.part_ms())
    }

    /// The number of its newest part, and its counts as bytes.
    #[must_use]
    pub fn to_row(&self) -> (u64, Vec<u8>) {
        (self.newest, self.counts.iter().flat_map(|count| count.to_be_bytes()).collect())
    }

    /// Reads what [`Window::to_row`] wrote.
    #[must_use]
    pub fn from_row(newest: u64, counts: &[u8]) -> Option<Self> {
        if counts.len() != COUNTS_LEN {
            return None;
        }
        let mut window = Self { newest, ..Self::default() };
        for (count, bytes) in window.counts.iter_mut().zip(counts.chunks_exact(4)) {
            *count = u32::from_be_bytes(bytes.try_into().ok()?);
        }
        Some(window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const POLICY: Policy = Policy { name: "test", limit: 10, window_s: 60 };
    const MINUTE_MS: u64 = 60_000;

    /// The obvious model: everything that was ever taken, with its time.
    #[derive(Default)]
    struct Log(Vec<(u64, u32)>);

    impl Log {
        fn in_parts(&self, now_ms: u64) -> u32 {
            let part = |at: u64| at / 10_000;
            let counts = |at: u64| part(at) + 7 > part(now_ms);
            self.0.iter().filter(|(at, _)| counts(*at)).map(|(_, amount)| amount).sum()
        }

        fn most_in_any_minute(&self) -> u32 {
            let from = |begin: u64| {
                let within = |at: &u64| (begin..begin + MINUTE_MS).contains(at);
                self.0.iter().filter(|(at, _)| within(at)).map(|(_, amount)| amount).sum()
            };
            self.0.iter().map(|(at, _)| from(*at)).max().unwrap_or(0)
        }
    }

    proptest! {
        #[test]
        fn never_more_than_the_limit_in_any_minute_and_never_less_than_the_model_allows(
            steps in prop::collection::vec((0_u64..20_000, 0_u32..12), 1..80),
        ) {
            let (mut window, mut log, mut now) = (Window::default(), Log::default(), 0);
            for (pause, cost) in steps {
                now += pause;
                let allowed = log.in_parts(now) + cost <= POLICY.limit;
                let taken = window.take(POLICY, cost, cost, now);
                prop_assert_eq!(taken.is_ok(), allowed);
                if let Ok(granted) = taken {
                    prop_assert_eq!(granted.amount, cost);
                    log.0.push((now, cost));
                    prop_assert_eq!(granted.remaining, POLICY.limit - log.in_parts(now));
                }
                let (newest, counts) = window.to_row();
                prop_assert_eq!(Window::from_row(newest, &counts), Some(window));
            }
            prop_assert!(log.most_in_any_minute() <= POLICY.limit);
        }

        #[test]
        fn whoever_waits_as_told_is_served_and_not_a_moment_earlier(
            steps in prop::collection::vec((0_u64..20_000, 1_u32..12), 1..40),
        ) {
            let (mut window, mut now) = (Window::default(), 0);
            for (pause, cost) in steps {
                now += pause;
                let Err(wait_ms) = window.take(POLICY, cost, cost, now) else { continue };
                prop_assert!(wait_ms > 0 && wait_ms <= 70_000);
                if cost <= POLICY.limit {
                    let (mut early, mut late) = (window, window);
                    prop_assert!(early.take(POLICY, cost, cost, now + wait_ms - 1).is_err());
                    prop_assert!(late.take(POLICY, cost, cost, now + wait_ms).is_ok());
                }
            }
        }

        /// What is given back was not used: what was used is never more than the limit.
        #[test]
        fn blocks_that_are_given_back_let_nobody_use_more(
            steps in prop::collection::vec((0_u64..9_000, 1_u32..8, 0_u32..8), 1..80),
        ) {
            let (mut window, mut used, mut now) = (Window::default(), Log::default(), 0);
            for (pause, wanted, unused) in steps {
                now += pause;
                let Ok(granted) = window.take(POLICY, 1, wanted, now) else { continue };
                prop_assert!(granted.amount >= 1 && granted.amount <= wanted);
                let unused = unused.min(granted.amount);
                used.0.push((now, granted.amount - unused));
                window.give_back(granted.part, unused);
            }
            prop_assert!(used.most_in_any_minute() <= POLICY.limit);
        }
    }

    #[test]
    fn a_clock_that_is_set_back_frees_nothing() {
        let mut window = Window::default();
        assert!(window.take(POLICY, 10, 10, 3_600_000).is_ok());
        assert!(window.take(POLICY, 1, 1, 0).is_err());
        assert!(window.take(POLICY, 1, 1, 3_600_000 + 69_999).is_err());
        assert!(window.take(POLICY, 1, 1, 3_600_000 + 70_000).is_ok());
    }

    #[test]
    fn a_row_of_another_length_is_none() {
        assert_eq!(Window::from_row(1, &[0; 27]), None);
        assert_eq!(Window::from_row(0, &[0; 28]), Some(Window::default()));
    }

    #[test]
    fn a_window_that_six_does_not_divide_is_not_cut_short() {
        let odd = Policy { window_s: 1, ..POLICY };
        assert_eq!(odd.part_ms(), 167);
        let mut window = Window::default();
        assert!(window.take(odd, 10, 10, 166).is_ok());
        assert!(window.take(odd, 1, 1, 1_165).is_err(), "within a second");
    }
}
