//! Dollar amounts.

use crate::ParseAmountError;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

const MICRO_PER_USD: u64 = 1_000_000;

/// Millionths of a US dollar, the unit of every internal dollar amount.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct MicroUsd(u64);

impl MicroUsd {
    /// The largest amount kept: a thousand million dollars.
    pub const MAX: Self = Self(1_000_000_000 * MICRO_PER_USD);

    /// An amount in micro-dollars.
    #[must_use]
    pub const fn new(micro_usd: u64) -> Self {
        Self(micro_usd)
    }

    /// The number of micro-dollars.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The nearest micro-dollar to a JSON number of dollars; `None` when it is negative, not
    /// finite or past [`MicroUsd::MAX`]. For data of others only: our own amounts are integers.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "range is checked")]
    #[expect(clippy::cast_precision_loss, reason = "MAX is below 2^53")]
    pub fn from_f64(usd: f64) -> Option<Self> {
        let micro = (usd * MICRO_PER_USD as f64).round();
        (micro >= 0.0 && micro <= Self::MAX.0 as f64).then_some(Self(micro as u64))
    }

    /// As a JSON number of dollars.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "MAX is below 2^53")]
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / MICRO_PER_USD as f64
    }
}

/// Dollars without a sign of currency and without trailing zeros: `0.002`.
impl fmt::Display for MicroUsd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0 / MICRO_PER_USD, self.0 % MICRO_PER_USD);
        if fraction == 0 {
            return write!(f, "{whole}");
        }
        let digits = format!("{fraction:06}");
        write!(f, "{whole}.{}", digits.trim_end_matches('0'))
    }
}

/// Parses plain decimal dollars (`12`, `0.002`); more than six decimals are refused, since
/// nobody's price is rounded silently.
impl FromStr for MicroUsd {
    type Err = ParseAmountError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || ParseAmountError(text.chars().take(64).collect());
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || fraction.len() > 6 {
            return Err(refuse());
        }
        let micro: u64 = format!("{fraction:0<6}").parse().map_err(|_| refuse())?;
        let whole: u64 = whole.parse().map_err(|_| refuse())?;
        whole
            .checked_mul(MICRO_PER_USD)
            .and_then(|usd| usd.checked_add(micro))
            .map(Self)
            .filter(|amount| *amount <= Self::MAX)
            .ok_or_else(refuse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_and_writes_decimals() {
        for text in ["0", "12", "0.002", "0.000001", "999.99"] {
            assert_eq!(text.parse::<MicroUsd>().unwrap().to_string(), text);
        }
        for text in ["", ".", "1.", ".5", "-1", "1e3", "0.0000001", "1000000001", " 1", "1,5"] {
            assert!(text.parse::<MicroUsd>().is_err(), "{text:?} was taken");
        }
    }

    #[test]
    fn floats_that_are_no_amount_are_refused() {
        for usd in [-0.1, f64::NAN, f64::INFINITY, 1e300] {
            assert_eq!(MicroUsd::from_f64(usd), None);
        }
    }

    proptest! {
        #[test]
        fn text_and_float_round_trip(micro in 0..=MicroUsd::MAX.get()) {
            let amount = MicroUsd::new(micro);
            prop_assert_eq!(amount.to_string().parse::<MicroUsd>(), Ok(amount));
            prop_assert_eq!(MicroUsd::from_f64(amount.to_f64()), Some(amount));
        }
    }
}
