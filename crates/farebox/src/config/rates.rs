//! `[rates]`: where the price of a bitcoin comes from.

use farebox_money::{BtcUsd, MicroUsd};
use farebox_rates::{Agreement, Bounds, RefreshOptions, Source};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::Duration;

/// More would be asked for nothing.
const SOURCES_MAX: usize = 16;

/// Exchange rates.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct RateSettings {
    /// Dollars for one bitcoin, as a decimal text; in force where there are no sources.
    pub btc_usd: String,
    /// How often the sources are asked, in seconds.
    pub refresh_s: u64,
    /// How old the rate can be and still be charged at, in seconds.
    pub max_age_s: u64,
    /// The time that a source has for its answer, in seconds.
    pub timeout_s: u64,
    /// So many sources are asked; the later ones of the list stand in for them.
    pub median_of: usize,
    /// Sources that must agree, at least.
    pub agreeing_min: usize,
    /// Further from the median is no agreement, in percent.
    pub spread_max_percent: u32,
    /// A lower price of one bitcoin is nobody's honest answer, in dollars.
    pub lowest_usd: String,
    /// A higher price of one bitcoin is nobody's honest answer, in dollars.
    pub highest_usd: String,
    /// Whom to ask, the preferred ones first.
    pub sources: Vec<SourceSettings>,
}

/// One source.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct SourceSettings {
    /// What the log and the metrics call it.
    pub name: String,
    /// What answers JSON.
    pub url: String,
    /// Where in the JSON the price of one bitcoin in dollars is.
    pub pointer: String,
}

impl Default for RateSettings {
    fn default() -> Self {
        Self {
            btc_usd: "90000".into(),
            refresh_s: 60,
            max_age_s: 600,
            timeout_s: 10,
            median_of: 3,
            agreeing_min: 2,
            spread_max_percent: 3,
            lowest_usd: "1000".into(),
            highest_usd: "10000000".into(),
            sources: Vec::new(),
        }
    }
}

impl RateSettings {
    /// Checks each value by itself.
    ///
    /// # Errors
    /// One line that names the first key that cannot be used.
    pub fn check(&self) -> Result<(), String> {
        self.fixed()?;
        within("refresh_s", self.refresh_s, 10..=3_600)?;
        within("max_age_s", self.max_age_s, 20..=86_400)?;
        within("timeout_s", self.timeout_s, 1..=60)?;
        within("median_of", self.median_of, 1..=SOURCES_MAX)?;
        within("agreeing_min", self.agreeing_min, 1..=SOURCES_MAX)?;
        within("spread_max_percent", self.spread_max_percent, 1..=50)?;
        dollars("lowest_usd", &self.lowest_usd)?;
        dollars("highest_usd", &self.highest_usd)?;
        self.sources().map(|_| ())
    }

    /// Checks the values against each other.
    ///
    /// # Errors
    /// One line that names the keys that contradict each other.
    pub fn check_together(&self) -> Result<(), String> {
        self.refreshing().map(|_| ())
    }

    /// The rate that is in force where there are no sources.
    ///
    /// # Errors
    /// One line that names the key.
    pub fn fixed(&self) -> Result<BtcUsd, String> {
        let rate = dollars("btc_usd", &self.btc_usd)?;
        BtcUsd::new(rate).ok_or_else(|| "rates.btc_usd must be more than 0".to_owned())
    }

    /// How the rate is found, where there are sources.
    ///
    /// # Errors
    /// One line that names the keys that cannot be used, or not together.
    pub fn refreshing(&self) -> Result<Option<RefreshOptions>, String> {
        let sources = self.sources()?;
        if sources.is_empty() {
            return Ok(None);
        }
        if self.agreeing_min > self.median_of || self.agreeing_min > sources.len() {
            return Err(format!(
                "rates.agreeing_min is {} and can be no more than rates.median_of ({}) and the \
                 number of rates.sources ({})",
                self.agreeing_min,
                self.median_of,
                sources.len()
            ));
        }
        if self.max_age_s < self.refresh_s.saturating_mul(2) {
            return Err(format!(
                "rates.max_age_s ({}) must be at least twice rates.refresh_s ({}), so that one \
                 time without an answer does no harm",
                self.max_age_s, self.refresh_s
            ));
        }
        let lowest = dollars("lowest_usd", &self.lowest_usd)?;
        let highest = dollars("highest_usd", &self.highest_usd)?;
        if lowest >= highest {
            return Err("rates.lowest_usd must be less than rates.highest_usd".to_owned());
        }
        Ok(Some(RefreshOptions {
            sources,
            median_of: self.median_of,
            agreement: Agreement {
                agreeing_min: self.agreeing_min,
                spread_max_percent: self.spread_max_percent,
            },
            bounds: Bounds { lowest, highest },
            timeout: Duration::from_secs(self.timeout_s),
            refresh_s: self.refresh_s,
            max_age_s: self.max_age_s,
        }))
    }

    fn sources(&self) -> Result<Vec<Source>, String> {
        if self.sources.len() > SOURCES_MAX {
            return Err(format!("rates.sources can name {SOURCES_MAX} at most"));
        }
        let (mut names, mut urls) = (BTreeSet::new(), BTreeSet::new());
        let source = |(index, settings): (usize, &SourceSettings)| {
            let place = format!("rates.sources, number {}", index + 1);
            let source = Source::new(&settings.name, &settings.url, &settings.pointer);
            let source = source.map_err(|problem| format!("{place}: {problem}"))?;
            if !names.insert(source.name().to_owned()) || !urls.insert(source.url().clone()) {
                return Err(format!("{place}: another source has the same name or url"));
            }
            Ok(source)
        };
        self.sources.iter().enumerate().map(source).collect()
    }
}

fn within<T: PartialOrd + std::fmt::Display>(
    key: &str,
    value: T,
    range: RangeInclusive<T>,
) -> Result<(), String> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(format!("rates.{key} must be between {} and {}", range.start(), range.end()))
}

fn dollars(key: &str, text: &str) -> Result<MicroUsd, String> {
    text.parse().ok().filter(|amount: &MicroUsd| amount.get() > 0).ok_or_else(|| {
        format!("rates.{key} must be a positive amount of dollars such as \"90000\", not {text:?}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(name: &str) -> SourceSettings {
        let url = format!("https://{name}.example/price");
        SourceSettings { name: name.into(), url, pointer: "/usd".into() }
    }

    fn settings() -> RateSettings {
        RateSettings { sources: vec![source("a"), source("b")], ..RateSettings::default() }
    }

    fn problem(change: impl FnOnce(&mut RateSettings)) -> String {
        let mut settings = settings();
        change(&mut settings);
        settings.check().and_then(|()| settings.check_together()).unwrap_err()
    }

    #[test]
    fn without_sources_the_rate_is_fixed() {
        let settings = RateSettings::default();
        assert_eq!(settings.refreshing(), Ok(None));
        assert_eq!(settings.fixed().unwrap().usd_per_btc().to_string(), "90000");
    }

    #[test]
    fn with_sources_it_is_asked_of_them_in_their_order() {
        settings().check().unwrap();
        let options = settings().refreshing().unwrap().unwrap();
        let names: Vec<_> = options.sources.iter().map(Source::name).collect();
        assert_eq!((names, options.max_age_s), (vec!["a", "b"], 600));
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        for (text, key) in [
            (problem(|rates| rates.refresh_s = 1), "rates.refresh_s must be between 10 and 3600"),
            (problem(|rates| rates.max_age_s = 90_000), "rates.max_age_s"),
            (problem(|rates| rates.max_age_s = 119), "twice rates.refresh_s (60)"),
            (problem(|rates| rates.timeout_s = 0), "rates.timeout_s"),
            (problem(|rates| rates.median_of = 17), "rates.median_of"),
            (problem(|rates| rates.agreeing_min = 3), "number of rates.sources (2)"),
            (problem(|rates| rates.median_of = 1), "rates.median_of (1)"),
            (problem(|rates| rates.spread_max_percent = 51), "rates.spread_max_percent"),
            (problem(|rates| rates.lowest_usd = "cheap".into()), "rates.lowest_usd"),
            (problem(|rates| rates.highest_usd = "1000".into()), "less than rates.highest_usd"),
            (problem(|rates| rates.sources = vec![source("a"); 2]), "number 2: another source"),
            (problem(|rates| rates.sources = vec![source("A")]), "number 1: name"),
            (problem(|rates| rates.sources[1].url = "http://x".into()), "number 2: url"),
            (problem(|rates| rates.sources[1].pointer = "usd".into()), "number 2: pointer"),
            (problem(|rates| rates.sources = vec![source("a"); 17]), "16 at most"),
        ] {
            assert!(text.contains(key), "{text}");
            assert_eq!(text.lines().count(), 1);
        }
    }
}
