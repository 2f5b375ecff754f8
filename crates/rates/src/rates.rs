//! The rate that is in force, for those who show and charge prices.

use farebox_money::BtcUsd;
use tokio::sync::watch;

/// When to ask again after [`RateUnavailable`], in seconds: sources are asked about as often.
pub const RETRY_AFTER_S: u64 = 60;
/// A clock may be corrected by as much without making the rate one of the future.
const CLOCK_STEP_S: u64 = 60;

/// There is no rate to charge at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RateUnavailable {
    /// The sources have not agreed since the start.
    #[error("the price of bitcoin in dollars is not known yet")]
    NotKnown,
    /// They have not agreed for too long.
    #[error("the price of bitcoin in dollars is {age_s} seconds old, past {max_age_s}")]
    Stale {
        /// How old it is.
        age_s: u64,
        /// How old it may be.
        max_age_s: u64,
    },
    /// It was found later than now, so its age is not known.
    #[error("the clock was set back; the age of the price of bitcoin is not known")]
    FromTheFuture,
}

/// A rate and when the sources were asked for it.
#[derive(Clone, Copy, Debug)]
struct Held {
    rate: BtcUsd,
    /// Seconds since 1970.
    at: u64,
}

/// The rate that is in force; cheap to clone. It is kept in memory only: a server that starts
/// again asks its sources first, and never charges at what it once knew.
#[derive(Clone, Debug)]
pub struct Rates {
    held: watch::Receiver<Option<Held>>,
    /// `None` for a fixed rate, which does not age.
    max_age_s: Option<u64>,
}

/// The other end of [`Rates::moving`].
#[derive(Debug)]
pub struct Publisher(watch::Sender<Option<Held>>);

impl Rates {
    /// A rate that never changes.
    #[must_use]
    pub fn fixed(rate: BtcUsd) -> Self {
        let (_, held) = watch::channel(Some(Held { rate, at: 0 }));
        Self { held, max_age_s: None }
    }

    /// A rate that is not known yet, and good for `max_age_s` seconds whenever it is published.
    #[must_use]
    pub fn moving(max_age_s: u64) -> (Publisher, Self) {
        let (sender, held) = watch::channel(None);
        (Publisher(sender), Self { held, max_age_s: Some(max_age_s) })
    }

    /// The rate to charge at; `now` is in seconds since 1970.
    ///
    /// # Errors
    /// [`RateUnavailable`] when there is none, or none that is fresh.
    pub fn current(&self, now: u64) -> Result<BtcUsd, RateUnavailable> {
        let held = (*self.held.borrow()).ok_or(RateUnavailable::NotKnown)?;
        let Some(max_age_s) = self.max_age_s else { return Ok(held.rate) };
        if held.at > now.saturating_add(CLOCK_STEP_S) {
            return Err(RateUnavailable::FromTheFuture);
        }
        let age_s = now.saturating_sub(held.at);
        if age_s > max_age_s {
            return Err(RateUnavailable::Stale { age_s, max_age_s });
        }
        Ok(held.rate)
    }

    /// The last rate that was known, however old: for showing and comparing, never for charging.
    #[must_use]
    pub fn last(&self) -> Option<BtcUsd> {
        self.held.borrow().map(|held| held.rate)
    }

    /// How old the rate is, in seconds; `None` when there is none or it is fixed.
    #[must_use]
    pub fn age_s(&self, now: u64) -> Option<u64> {
        self.max_age_s?;
        self.held.borrow().map(|held| now.saturating_sub(held.at))
    }

    /// Waits for the next rate; `None` when there will never be another one.
    pub async fn next(&mut self) -> Option<BtcUsd> {
        self.held.changed().await.ok()?;
        self.last()
    }
}

impl Publisher {
    /// Puts a rate in force; `at` is when its sources were asked, in seconds since 1970.
    pub fn publish(&self, rate: BtcUsd, at: u64) {
        self.0.send_replace(Some(Held { rate, at }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use farebox_money::MicroUsd;
    use proptest::prelude::*;

    fn rate(usd: u64) -> BtcUsd {
        BtcUsd::new(MicroUsd::new(usd * 1_000_000)).unwrap()
    }

    #[test]
    fn a_fixed_rate_never_ages() {
        let rates = Rates::fixed(rate(90_000));
        for now in [0, 1_800_000_000, u64::MAX] {
            assert_eq!(rates.current(now), Ok(rate(90_000)));
        }
        assert_eq!(rates.age_s(1_800_000_000), None);
    }

    #[test]
    fn a_rate_is_good_up_to_its_limit_and_no_longer() {
        let (publisher, rates) = Rates::moving(600);
        assert_eq!(rates.current(1_000), Err(RateUnavailable::NotKnown));
        assert_eq!((rates.last(), rates.age_s(1_000)), (None, None));
        publisher.publish(rate(90_000), 1_000);
        assert_eq!(rates.current(1_600), Ok(rate(90_000)));
        let stale = RateUnavailable::Stale { age_s: 601, max_age_s: 600 };
        assert_eq!(rates.current(1_601), Err(stale));
        assert_eq!((rates.last(), rates.age_s(1_601)), (Some(rate(90_000)), Some(601)));
        publisher.publish(rate(91_000), 1_590);
        assert_eq!(rates.current(1_601), Ok(rate(91_000)));
    }

    #[test]
    fn a_clock_that_is_set_back_makes_no_old_rate_young() {
        let (publisher, rates) = Rates::moving(600);
        publisher.publish(rate(90_000), 100_000);
        assert_eq!(rates.current(99_999), Ok(rate(90_000)), "a small correction");
        assert_eq!(rates.current(90_000), Err(RateUnavailable::FromTheFuture));
    }

    #[tokio::test]
    async fn who_waits_is_told_of_the_next_rate() {
        let (publisher, mut rates) = Rates::moving(600);
        publisher.publish(rate(90_000), 1);
        assert_eq!(rates.next().await, Some(rate(90_000)));
        drop(publisher);
        assert_eq!(rates.next().await, None);
        assert_eq!(Rates::fixed(rate(1)).next().await, None);
    }

    proptest! {
        #[test]
        fn nobody_is_charged_at_a_rate_past_its_limit(
            at in 0u64..10_000, now in 0u64..20_000, max_age_s in 0u64..5_000,
        ) {
            let (publisher, rates) = Rates::moving(max_age_s);
            publisher.publish(rate(90_000), at);
            let is_fresh = now <= at + max_age_s && at <= now + CLOCK_STEP_S;
            prop_assert_eq!(rates.current(now).is_ok(), is_fresh);
        }
    }
}
