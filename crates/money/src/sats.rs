//! Bitcoin amounts: [`Msat`] (what Lightning settles in) and [`Sats`] (what people see).

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

const MSAT_PER_SAT: u64 = 1_000;

/// Millisatoshis, the unit of every internal amount.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Msat(u64);

/// Whole satoshis, the unit of prices and of most wallets' APIs.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Sats(u64);

impl Msat {
    /// No money at all.
    pub const ZERO: Self = Self(0);
    /// All bitcoin that can ever exist: no honest amount is larger.
    pub const MAX: Self = Self(21_000_000 * 100_000_000 * MSAT_PER_SAT);

    /// An amount in millisatoshis.
    #[must_use]
    pub const fn new(msat: u64) -> Self {
        Self(msat)
    }

    /// The number of millisatoshis.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Whether this is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The amount in satoshis, when it is a whole number of them.
    #[must_use]
    pub fn to_sats_exact(self) -> Option<Sats> {
        self.0.is_multiple_of(MSAT_PER_SAT).then_some(Sats(self.0 / MSAT_PER_SAT))
    }

    /// The amount in satoshis, a fraction counted as a whole one.
    #[must_use]
    pub const fn to_sats_ceil(self) -> Sats {
        Sats(self.0.div_ceil(MSAT_PER_SAT))
    }

    /// The amount in satoshis, a fraction dropped.
    #[must_use]
    pub const fn to_sats_floor(self) -> Sats {
        Sats(self.0 / MSAT_PER_SAT)
    }

    /// The sum, or `None` past [`Msat::MAX`].
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self).filter(|sum| *sum <= Self::MAX)
    }

    /// The difference, or `None` below zero.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// As the signed integer that databases store; `None` past [`Msat::MAX`].
    #[must_use]
    pub fn to_db(self) -> Option<i64> {
        (self <= Self::MAX).then(|| i64::try_from(self.0).ok()).flatten()
    }

    /// From the signed integer that databases store; `None` when it is no amount of money.
    #[must_use]
    pub fn from_db(msat: i64) -> Option<Self> {
        u64::try_from(msat).ok().map(Self).filter(|amount| *amount <= Self::MAX)
    }
}

impl Sats {
    /// No money at all.
    pub const ZERO: Self = Self(0);
    /// All bitcoin that can ever exist.
    pub const MAX: Self = Self(21_000_000 * 100_000_000);

    /// An amount in satoshis.
    #[must_use]
    pub const fn new(sats: u64) -> Self {
        Self(sats)
    }

    /// The number of satoshis.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The amount in millisatoshis, or `None` past [`Sats::MAX`].
    #[must_use]
    pub fn to_msat(self) -> Option<Msat> {
        (self <= Self::MAX).then(|| Msat(self.0 * MSAT_PER_SAT))
    }
}

/// `5 sats`, `1 sat`, `0.25 sats`: what a person reads.
impl fmt::Display for Msat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0 / MSAT_PER_SAT, self.0 % MSAT_PER_SAT);
        if fraction == 0 {
            return Sats(whole).fmt(f);
        }
        let digits = format!("{fraction:03}");
        write!(f, "{whole}.{} sats", digits.trim_end_matches('0'))
    }
}

impl fmt::Display for Sats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = if self.0 == 1 { "sat" } else { "sats" };
        write!(f, "{} {unit}", self.0)
    }
}

/// A text that is no amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a whole number of satoshis up to 2100000000000000: {0:?}")]
pub struct ParseAmountError(pub String);

impl FromStr for Sats {
    type Err = ParseAmountError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse()
            .ok()
            .map(Self)
            .filter(|amount| digits && *amount <= Self::MAX)
            .ok_or_else(|| ParseAmountError(text.chars().take(64).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shown_as_people_write_it() {
        assert_eq!(Msat::new(5_000).to_string(), "5 sats");
        assert_eq!(Msat::new(1_000).to_string(), "1 sat");
        assert_eq!(Msat::new(250).to_string(), "0.25 sats");
        assert_eq!(Msat::new(1_001).to_string(), "1.001 sats");
    }

    #[test]
    fn more_than_all_bitcoin_is_refused() {
        assert_eq!(Sats::new(u64::MAX).to_msat(), None);
        assert_eq!(Msat::MAX.checked_add(Msat::new(1)), None);
        assert_eq!(Msat::new(u64::MAX).to_db(), None);
        assert_eq!(Msat::from_db(-1), None);
        assert!("2100000000000001".parse::<Sats>().is_err());
        assert!("+5".parse::<Sats>().is_err());
        assert!("5.0".parse::<Sats>().is_err());
    }

    proptest! {
        #[test]
        fn rounding_brackets_the_amount(msat in 0..=Msat::MAX.get()) {
            let amount = Msat::new(msat);
            let floor = amount.to_sats_floor().to_msat().unwrap();
            let ceil = amount.to_sats_ceil().to_msat().unwrap();
            prop_assert!(floor <= amount && amount <= ceil);
            prop_assert!(ceil.get() - floor.get() <= 1_000);
            prop_assert_eq!(amount.to_sats_exact().is_some(), floor == ceil);
            prop_assert_eq!(Msat::from_db(amount.to_db().unwrap()), Some(amount));
        }
    }
}
