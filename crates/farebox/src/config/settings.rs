//! Every key, with its default. `farebox.example.toml` documents them for people.

use farebox_money::{BtcUsd, MicroUsd, Sats};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::PathBuf;

/// All settings.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct Settings {
    /// The server that `search` and `show` ask.
    pub server: String,
    /// The wallet that `get` pays from.
    pub wallet: Option<String>,
    /// Where everything that must survive is kept.
    pub data: Option<PathBuf>,
    /// `farebox serve`.
    pub serve: ServeSettings,
    /// The selling side of the server.
    pub seller: SellerSettings,
    /// What the server's own paid endpoints cost.
    pub prices: PriceSettings,
    /// Exchange rates.
    pub rates: RateSettings,
    /// `farebox serve --demo`.
    pub demo: DemoSettings,
}

/// `farebox serve`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct ServeSettings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// How others reach this server; made from `listen` when not given.
    pub public_url: Option<String>,
    /// Form of the log on standard error.
    pub log_format: LogFormat,
    /// Requests under way may take this long after a stop was asked for.
    pub drain_timeout_s: u64,
}

/// Form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The selling side.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct SellerSettings {
    /// The wallet that is paid.
    pub wallet: Option<String>,
}

/// Prices of the server's own endpoints.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct PriceSettings {
    /// `GET /api/v1/export.csv`, in satoshis.
    pub export_csv_sats: u64,
}

/// Exchange rates.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct RateSettings {
    /// Dollars for one bitcoin, as a decimal text.
    pub btc_usd: String,
}

/// The demo.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct DemoSettings {
    /// Where the play wallet listens.
    pub play_listen: SocketAddr,
    /// What the play buyer has at first, in satoshis.
    pub buyer_sats: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            server: "http://127.0.0.1:4020".into(),
            wallet: None,
            data: None,
            serve: ServeSettings::default(),
            seller: SellerSettings::default(),
            prices: PriceSettings::default(),
            rates: RateSettings::default(),
            demo: DemoSettings::default(),
        }
    }
}

impl Default for ServeSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 4020)),
            public_url: None,
            log_format: LogFormat::Text,
            drain_timeout_s: 30,
        }
    }
}

impl Default for PriceSettings {
    fn default() -> Self {
        Self { export_csv_sats: 500 }
    }
}

impl Default for RateSettings {
    fn default() -> Self {
        Self { btc_usd: "90000".into() }
    }
}

impl Default for DemoSettings {
    fn default() -> Self {
        Self { play_listen: SocketAddr::from(([127, 0, 0, 1], 9740)), buyer_sats: 100_000 }
    }
}

impl Settings {
    /// The exchange rate.
    ///
    /// # Errors
    /// One line that names the key.
    pub fn btc_usd(&self) -> Result<BtcUsd, String> {
        let rate = self.rates.btc_usd.parse::<MicroUsd>().ok().and_then(BtcUsd::new);
        rate.ok_or_else(|| {
            format!(
                "rates.btc_usd must be a positive amount of dollars such as \"90000\", not {:?}",
                self.rates.btc_usd
            )
        })
    }

    /// The price of the export.
    ///
    /// # Errors
    /// One line that names the key.
    pub fn export_csv_price(&self) -> Result<Sats, String> {
        let price = Sats::new(self.prices.export_csv_sats);
        if price == Sats::ZERO || price > Sats::new(100_000_000) {
            return Err("prices.export_csv_sats must be between 1 and 100000000".into());
        }
        Ok(price)
    }

    /// Where everything that must survive is kept: `data`, or the platform's place for it.
    ///
    /// # Errors
    /// One line when the platform names no home folder.
    pub fn data_dir(&self) -> Result<PathBuf, String> {
        if let Some(data) = &self.data {
            return Ok(data.clone());
        }
        let strategy = etcetera::choose_base_strategy()
            .map_err(|_| "there is no home folder; name a data folder with --data".to_owned())?;
        Ok(etcetera::BaseStrategy::data_dir(&strategy).join("farebox"))
    }
}
