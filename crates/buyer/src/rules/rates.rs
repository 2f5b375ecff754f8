//! Where a policy has the price of a bitcoin from.

use farebox_money::{BtcUsd, MicroUsd};
use farebox_rates::{Agreement, Bounds, RefreshOptions, Refresher, Source};
use serde::Deserialize;
use std::time::Duration;

/// More would be asked for nothing.
const SOURCES_MAX: usize = 16;

/// `[rates]` of a policy. It stands there and not in the settings, which whoever starts the
/// program can set: at a made-up price of bitcoin every limit in dollars would be void.
#[derive(Clone, Debug, PartialEq)]
pub enum RateSource {
    /// The human's own figure.
    Fixed(BtcUsd),
    /// Several sources, of which a majority must agree.
    Asked(Box<RefreshOptions>),
}

impl RateSource {
    /// The price now, asked for where it has to be. `now` is in seconds since 1970.
    ///
    /// # Errors
    /// One line that says why there is none.
    pub async fn find(&self, now: u64) -> Result<BtcUsd, String> {
        match self {
            Self::Fixed(rate) => Ok(*rate),
            Self::Asked(options) => {
                let made = Refresher::new((**options).clone()).map_err(|error| error.to_string());
                let (refresher, _) = made?;
                refresher.refresh(now).await.map_err(|error| error.to_string())
            }
        }
    }
}

/// As written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRates {
    btc_usd: Option<String>,
    #[serde(default)]
    sources: Vec<RawSource>,
    median_of: Option<usize>,
    agreeing_min: Option<usize>,
    spread_max_percent: Option<u32>,
    timeout_s: Option<u64>,
    lowest_usd: Option<String>,
    highest_usd: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSource {
    name: String,
    url: String,
    pointer: String,
}

impl RawRates {
    pub(super) fn check(self) -> Result<RateSource, String> {
        match (&self.btc_usd, self.sources.is_empty()) {
            (Some(_), false) => Err("rates: give btc_usd or sources, not both".to_owned()),
            (None, true) => Err("rates: give btc_usd or sources".to_owned()),
            (Some(text), true) => {
                let rate = dollars("btc_usd", text)?;
                let rate = BtcUsd::new(rate).ok_or("rates.btc_usd must be more than 0")?;
                Ok(RateSource::Fixed(rate))
            }
            (None, false) => self.asked().map(|asked| RateSource::Asked(Box::new(asked))),
        }
    }

    fn asked(self) -> Result<RefreshOptions, String> {
        let count = self.sources.len();
        if count > SOURCES_MAX {
            return Err(format!("rates.sources can name {SOURCES_MAX} at most"));
        }
        let sources = self.sources.iter().map(|source| {
            let made = Source::new(&source.name, &source.url, &source.pointer);
            made.map_err(|problem| format!("rates.sources, {:?}: {problem}", source.name))
        });
        let sources = sources.collect::<Result<Vec<_>, _>>()?;
        let median_of = within("median_of", self.median_of.unwrap_or(3), 1, SOURCES_MAX)?;
        let most = median_of.min(count);
        let agreeing_min = within("agreeing_min", self.agreeing_min.unwrap_or(2), 1, most)?;
        let spread = self.spread_max_percent.unwrap_or(3);
        let lowest = dollars("lowest_usd", self.lowest_usd.as_deref().unwrap_or("1000"))?;
        let highest = dollars("highest_usd", self.highest_usd.as_deref().unwrap_or("10000000"))?;
        if lowest >= highest {
            return Err("rates.lowest_usd must be less than rates.highest_usd".to_owned());
        }
        let timeout_s = within("timeout_s", self.timeout_s.unwrap_or(10), 1, 60)?;
        Ok(RefreshOptions {
            sources,
            median_of,
            agreement: Agreement {
                agreeing_min,
                spread_max_percent: within("spread_max_percent", spread, 1, 50)?,
            },
            bounds: Bounds { lowest, highest },
            timeout: Duration::from_secs(timeout_s),
            // Asked once in the life of a process, so that neither has a say.
            refresh_s: 60,
            max_age_s: 600,
        })
    }
}

fn within<T: PartialOrd + std::fmt::Display>(
    key: &str,
    value: T,
    lowest: T,
    highest: T,
) -> Result<T, String> {
    if value < lowest || value > highest {
        return Err(format!("rates.{key} must be between {lowest} and {highest}"));
    }
    Ok(value)
}

fn dollars(key: &str, text: &str) -> Result<MicroUsd, String> {
    text.parse().ok().filter(|amount: &MicroUsd| amount.get() > 0).ok_or_else(|| {
        format!("rates.{key} must be a positive amount of dollars such as \"90000\", not {text:?}")
    })
}
