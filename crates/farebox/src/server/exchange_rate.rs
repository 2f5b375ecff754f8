//! The price of a bitcoin: fixed, or kept fresh beside the requests.

use crate::config::Settings;
use crate::output::Failure;
use farebox_directory::Directory;
use farebox_paywall::system_clock;
use farebox_rates::{Rates, RefreshStats, Refresher};

/// The rate in force, and what keeps it fresh where it is not fixed.
#[derive(Clone)]
pub struct ExchangeRate {
    /// For whoever shows or charges prices.
    pub rates: Rates,
    refresher: Option<Refresher>,
}

impl ExchangeRate {
    /// From the settings. The demo's rate is fixed: it needs no network.
    pub fn open(settings: &Settings, demo: bool) -> Result<Self, Failure> {
        let options = settings.rates.refreshing().map_err(Failure::usage)?;
        match options.filter(|_| !demo) {
            Some(options) => {
                let (refresher, rates) = Refresher::new(options).map_err(Failure::general)?;
                Ok(Self { rates, refresher: Some(refresher) })
            }
            None => {
                let rate = settings.rates.fixed().map_err(Failure::usage)?;
                Ok(Self { rates: Rates::fixed(rate), refresher: None })
            }
        }
    }

    /// Counts for metrics, where the rate is not fixed.
    pub fn stats(&self) -> Option<RefreshStats> {
        self.refresher.as_ref().map(Refresher::stats)
    }

    /// Background work, until the task is dropped: keeps the rate fresh, and compares the
    /// directory's prices at each new one.
    pub async fn run(mut self, directory: Directory) {
        let refresh = async {
            if let Some(refresher) = &self.refresher {
                let clock = system_clock();
                refresher.run(|| clock()).await;
            }
        };
        let follow = async {
            while let Some(rate) = self.rates.next().await {
                directory.set_rate(rate).await;
            }
        };
        tokio::join!(refresh, follow);
    }
}
