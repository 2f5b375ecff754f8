//! The exchange rate between bitcoin and dollars.

use crate::{MicroUsd, Msat, Sats};

const MSAT_PER_BTC: u128 = 100_000_000_000;

/// The price of one bitcoin in dollars; never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BtcUsd(MicroUsd);

impl BtcUsd {
    /// A rate, unless it is zero.
    #[must_use]
    pub fn new(usd_per_btc: MicroUsd) -> Option<Self> {
        (usd_per_btc.get() > 0).then_some(Self(usd_per_btc))
    }

    /// The dollars that one bitcoin costs.
    #[must_use]
    pub const fn usd_per_btc(self) -> MicroUsd {
        self.0
    }

    /// What an amount of bitcoin is worth, to the nearest micro-dollar. For showing only.
    #[must_use]
    pub fn to_usd_nearest(self, amount: Msat) -> Option<MicroUsd> {
        let scaled = u128::from(amount.get()) * u128::from(self.0.get()) + MSAT_PER_BTC / 2;
        let micro = u64::try_from(scaled / MSAT_PER_BTC).ok().map(MicroUsd::new)?;
        (micro <= MicroUsd::MAX).then_some(micro)
    }

    /// What an amount of bitcoin is worth, rounded up to whole micro-dollars, so that a price is
    /// never undercut and a limit on spending never counts too little. `None` past
    /// [`MicroUsd::MAX`].
    #[must_use]
    pub fn to_usd_ceil(self, amount: Msat) -> Option<MicroUsd> {
        let scaled = u128::from(amount.get()) * u128::from(self.0.get());
        let micro = u64::try_from(scaled.div_ceil(MSAT_PER_BTC)).ok().map(MicroUsd::new)?;
        (micro <= MicroUsd::MAX).then_some(micro)
    }

    /// The bitcoin to ask for a price in dollars, rounded up to whole millisatoshis so that a
    /// price is never undercut. `None` past [`Msat::MAX`].
    #[must_use]
    pub fn to_msat_ceil(self, price: MicroUsd) -> Option<Msat> {
        let scaled = u128::from(price.get()) * MSAT_PER_BTC;
        let msat = u64::try_from(scaled.div_ceil(u128::from(self.0.get()))).ok()?;
        Some(Msat::new(msat)).filter(|amount| *amount <= Msat::MAX)
    }

    /// The same in whole satoshis, which every wallet can be asked for. `None` past
    /// [`Sats::MAX`].
    #[must_use]
    pub fn to_sats_ceil(self, price: MicroUsd) -> Option<Sats> {
        Some(self.to_msat_ceil(price)?.to_sats_ceil())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rate(usd: u64) -> BtcUsd {
        BtcUsd::new(MicroUsd::new(usd * 1_000_000)).unwrap()
    }

    #[test]
    fn converts_both_ways() {
        assert_eq!(rate(100_000).to_usd_nearest(Msat::new(5_000)), Some(MicroUsd::new(5_000)));
        assert_eq!(rate(100_000).to_msat_ceil(MicroUsd::new(5_000)), Some(Msat::new(5_000)));
        assert_eq!(rate(90_000).to_usd_ceil(Msat::new(1)), Some(MicroUsd::new(1)));
        assert_eq!(rate(100_000).to_usd_ceil(Msat::new(5_000)), Some(MicroUsd::new(5_000)));
        assert_eq!(rate(90_000).to_msat_ceil(MicroUsd::new(1)), Some(Msat::new(2)));
        assert_eq!(rate(90_000).to_sats_ceil(MicroUsd::new(9_000)), Some(Sats::new(10)));
        assert_eq!(rate(90_000).to_sats_ceil(MicroUsd::new(9_001)), Some(Sats::new(11)));
        assert_eq!(rate(1).to_sats_ceil(MicroUsd::MAX), None, "more than all bitcoin");
        assert_eq!(BtcUsd::new(MicroUsd::new(0)), None);
    }

    proptest! {
        #[test]
        fn a_limit_never_counts_less_than_was_spent(msat in 0u64..1_000_000_000_000, usd in 1u64..10_000_000) {
            let counted = u128::from(rate(usd).to_usd_ceil(Msat::new(msat)).unwrap().get());
            let exact = u128::from(msat) * u128::from(usd) * 1_000_000;
            prop_assert!(counted * MSAT_PER_BTC >= exact);
            prop_assert!(counted * MSAT_PER_BTC < exact + MSAT_PER_BTC, "by less than one unit");
        }

        #[test]
        fn the_seller_never_gets_less(micro in 0u64..1_000_000_000, usd in 1u64..10_000_000) {
            let price = MicroUsd::new(micro);
            let asked = rate(usd).to_msat_ceil(price).unwrap();
            let worth = u128::from(asked.get()) * u128::from(usd) * 1_000_000;
            prop_assert!(worth >= u128::from(micro) * MSAT_PER_BTC);
            let whole = rate(usd).to_sats_ceil(price).unwrap().to_msat().unwrap();
            prop_assert!(asked <= whole && whole.get() - asked.get() < 1_000, "a sat at most");
        }
    }
}
