//! What a seller asks: satoshis, or dollars at the rate of the moment.

use crate::unavailable::Unavailable;
use farebox_money::{BtcUsd, MicroUsd, Sats};
use farebox_rates::Rates;
use std::fmt;

/// What a request costs.
#[derive(Clone, Debug)]
pub enum Amount {
    /// Satoshis.
    Sats(Sats),
    /// Dollars. Each challenge converts them at the current rate and rounds up to a whole
    /// satoshi; while there is no current rate, the route sells nothing and answers 503.
    Usd {
        /// The price.
        price: MicroUsd,
        /// What it is converted at.
        rates: Rates,
    },
}

/// An amount as it is asked at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quote {
    /// What to pay.
    pub(crate) sats: Sats,
    /// What it was converted from, and at which rate.
    pub(crate) usd: Option<(MicroUsd, BtcUsd)>,
}

impl Amount {
    /// A price in dollars.
    #[must_use]
    pub fn usd(price: MicroUsd, rates: &Rates) -> Self {
        Self::Usd { price, rates: rates.clone() }
    }

    /// Whether there is nothing to pay.
    pub(crate) fn is_zero(&self) -> bool {
        match self {
            Self::Sats(sats) => *sats == Sats::ZERO,
            Self::Usd { price, .. } => price.get() == 0,
        }
    }

    /// The amount to ask at `now`, in seconds since 1970.
    pub(crate) fn quote(&self, now: u64) -> Result<Quote, Unavailable> {
        let (price, rates) = match self {
            Self::Sats(sats) => return Ok(Quote { sats: *sats, usd: None }),
            Self::Usd { price, rates } => (*price, rates),
        };
        let rate = rates.current(now).map_err(|error| {
            // The refresher says it in the log; here, strangers would write it.
            tracing::debug!(%error, "a price in dollars could not be asked");
            Unavailable::Rate
        })?;
        let sats = rate.to_sats_ceil(price).ok_or(Unavailable::Misconfigured)?;
        Ok(Quote { sats, usd: Some((price, rate)) })
    }
}

impl From<Sats> for Amount {
    fn from(sats: Sats) -> Self {
        Self::Sats(sats)
    }
}

/// `10 sats`, or `10 sats ($0.009)`.
impl fmt::Display for Quote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.usd {
            Some((price, _)) => write!(f, "{} (${price})", self.sats),
            None => self.sats.fmt(f),
        }
    }
}
