//! An amount that is not to be passed.

use super::history::Sum;
use farebox_money::{BtcUsd, MicroUsd, Msat, Sats};
use std::fmt;
use std::str::FromStr;

/// A limit in satoshis or in dollars. Whatever is spent counts against it, converted where it is
/// other money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// In bitcoin.
    Bitcoin(Msat),
    /// In dollars.
    Dollars(MicroUsd),
}

/// A text that is no limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no amount: write \"1000 sats\" or \"2.50 USD\"")]
pub struct ParseLimitError(String);

/// There is nothing to convert with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoRate;

impl Limit {
    /// What `sum` comes to in this limit's money, rounded up; `None` past every amount.
    pub(super) fn measure(self, sum: &Sum, rate: Option<BtcUsd>) -> Result<Option<Limit>, NoRate> {
        Ok(match self {
            Self::Bitcoin(_) => {
                let other = match (sum.usd.get(), rate) {
                    (0, _) => Some(Msat::ZERO),
                    (_, Some(rate)) => rate.to_msat_ceil(sum.usd),
                    (_, None) => return Err(NoRate),
                };
                other.and_then(|other| sum.msat.checked_add(other)).map(Self::Bitcoin)
            }
            Self::Dollars(_) => {
                let other = match (sum.msat.get(), rate) {
                    (0, _) => Some(MicroUsd::new(0)),
                    (_, Some(rate)) => rate.to_usd_ceil(sum.msat),
                    (_, None) => return Err(NoRate),
                };
                let total = other.and_then(|other| sum.usd.get().checked_add(other.get()));
                total.map(|total| Self::Dollars(MicroUsd::new(total)))
            }
        })
    }

    /// Whether `measured`, which is in the same money, is more.
    pub(super) fn is_below(self, measured: Option<Limit>) -> bool {
        match (self, measured) {
            (Self::Bitcoin(limit), Some(Self::Bitcoin(amount))) => amount > limit,
            (Self::Dollars(limit), Some(Self::Dollars(amount))) => amount > limit,
            _ => true,
        }
    }

    /// What is left of it after `measured`.
    #[must_use]
    pub fn minus(self, measured: Option<Self>) -> Self {
        match (self, measured) {
            (Self::Bitcoin(limit), Some(Self::Bitcoin(amount))) => {
                Self::Bitcoin(limit.checked_sub(amount).unwrap_or_default())
            }
            (Self::Dollars(limit), Some(Self::Dollars(amount))) => {
                Self::Dollars(MicroUsd::new(limit.get().saturating_sub(amount.get())))
            }
            (Self::Bitcoin(_), _) => Self::Bitcoin(Msat::ZERO),
            (Self::Dollars(_), _) => Self::Dollars(MicroUsd::new(0)),
        }
    }

    /// What `sum` comes to in this limit's money; `None` where it cannot be said.
    #[must_use]
    pub fn spent(self, sum: &Sum, rate: Option<BtcUsd>) -> Option<Self> {
        self.measure(sum, rate).ok().flatten()
    }
}

impl FromStr for Limit {
    type Err = ParseLimitError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || ParseLimitError(text.chars().take(64).collect());
        let trimmed = text.trim();
        if let Some(dollars) = trimmed.strip_prefix('$') {
            return dollars.parse().map(Self::Dollars).map_err(|_| refuse());
        }
        let (number, unit) = trimmed.split_once(char::is_whitespace).ok_or_else(refuse)?;
        match unit.trim().to_ascii_lowercase().as_str() {
            "sat" | "sats" => {
                let sats: Sats = number.parse().map_err(|_| refuse())?;
                sats.to_msat().map(Self::Bitcoin).ok_or_else(refuse)
            }
            "usd" => number.parse().map(Self::Dollars).map_err(|_| refuse()),
            _ => Err(refuse()),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bitcoin(amount) => amount.fmt(f),
            Self::Dollars(amount) => write!(f, "{amount} USD"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_with_their_unit_and_not_without() {
        for (text, limit) in [
            ("1000 sats", Limit::Bitcoin(Msat::new(1_000_000))),
            ("1 sat", Limit::Bitcoin(Msat::new(1_000))),
            ("0 sats", Limit::Bitcoin(Msat::ZERO)),
            ("2.50 USD", Limit::Dollars(MicroUsd::new(2_500_000))),
            ("$0.05", Limit::Dollars(MicroUsd::new(50_000))),
            ("  7  usd ", Limit::Dollars(MicroUsd::new(7_000_000))),
        ] {
            assert_eq!(text.parse(), Ok(limit), "{text}");
        }
        for text in
            ["", "1000", "-1 sats", "1.5 sats", "1 btc", "usd", "$", "1e3 sats", "1 000 sats"]
        {
            assert!(text.parse::<Limit>().is_err(), "{text:?} was taken");
        }
    }

    #[test]
    fn other_money_is_converted_against_the_spender() {
        let rate = BtcUsd::new(MicroUsd::new(100_000_000_000));
        let sum = Sum { msat: Msat::new(1), usd: MicroUsd::new(10), calls: 1 };
        let dollars = Limit::Dollars(MicroUsd::new(0)).measure(&sum, rate);
        assert_eq!(dollars, Ok(Some(Limit::Dollars(MicroUsd::new(11)))));
        let bitcoin = Limit::Bitcoin(Msat::ZERO).measure(&sum, rate);
        assert_eq!(bitcoin, Ok(Some(Limit::Bitcoin(Msat::new(11)))));
        assert_eq!(Limit::Dollars(MicroUsd::new(0)).measure(&sum, None), Err(NoRate));
        assert_eq!(Limit::Bitcoin(Msat::ZERO).measure(&sum, None), Err(NoRate));
    }
}
