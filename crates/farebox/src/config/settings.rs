//! Every key, with its default. `farebox.example.toml` documents them for people.

use super::directory::{AdminSettings, DirectorySettings};
use super::evm::EvmWalletSettings;
use super::limits::LimitSettings;
use super::node::{NODE_WALLET, NodeSettings};
use super::rails::{ChainSettings, FacilitatorSettings, StripeSettings, TempoSettings};
use super::rates::RateSettings;
use super::withdrawals::WithdrawalSettings;
use farebox_net::TrustedProxies;
use farebox_store::{Location, PostgresUrl};
use farebox_wallet::WalletUrl;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use url::Url;

/// All settings.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct Settings {
    /// The server that `search` and `show` ask.
    pub server: String,
    /// The wallet that `get` pays from.
    pub wallet: Option<String>,
    /// What `get` pays tokens with.
    pub evm: EvmWalletSettings,
    /// Where everything that must survive is kept.
    pub data: Option<PathBuf>,
    /// The server's database.
    pub store: StoreSettings,
    /// `farebox serve`.
    pub serve: ServeSettings,
    /// The selling side of the server.
    pub seller: SellerSettings,
    /// The directory.
    pub directory: DirectorySettings,
    /// Who runs the server.
    pub admin: AdminSettings,
    /// Withdrawals of prepaid balances.
    pub withdrawals: WithdrawalSettings,
    /// The server's facilitator, for other sellers.
    pub facilitator: FacilitatorSettings,
    /// The Lightning node that the server starts.
    pub node: NodeSettings,
    /// What the server's own paid endpoints cost.
    pub prices: PriceSettings,
    /// How often a client may ask.
    pub limits: LimitSettings,
    /// Exchange rates.
    pub rates: RateSettings,
    /// `farebox serve --demo`.
    pub demo: DemoSettings,
}

/// The server's database.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct StoreSettings {
    /// A PostgreSQL that takes the place of the file in the data folder.
    pub postgres: Option<String>,
}

/// `farebox serve`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct ServeSettings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// How others reach this server; made from `listen` when not given.
    pub public_url: Option<String>,
    /// Addresses and networks of reverse proxies, whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<String>,
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
    /// EVM chains that it is paid on.
    pub evm: Vec<ChainSettings>,
    /// Tempo.
    pub tempo: TempoSettings,
    /// Cards.
    pub stripe: StripeSettings,
}

/// Prices of the server's own endpoints.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct PriceSettings {
    /// `GET /api/v1/export.csv`, in satoshis.
    pub export_csv_sats: u64,
    /// `POST /api/submit`.
    pub listing_sats: u64,
    /// `GET /api/report/{service_id}`.
    pub report_sats: u64,
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
            evm: EvmWalletSettings::default(),
            data: None,
            store: StoreSettings::default(),
            serve: ServeSettings::default(),
            seller: SellerSettings::default(),
            directory: DirectorySettings::default(),
            admin: AdminSettings::default(),
            withdrawals: WithdrawalSettings::default(),
            facilitator: FacilitatorSettings::default(),
            node: NodeSettings::default(),
            prices: PriceSettings::default(),
            limits: LimitSettings::default(),
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
            trusted_proxies: Vec::new(),
            log_format: LogFormat::Text,
            drain_timeout_s: 30,
        }
    }
}

impl Default for PriceSettings {
    fn default() -> Self {
        Self { export_csv_sats: 500, listing_sats: 1_000, report_sats: 10 }
    }
}

impl Default for DemoSettings {
    fn default() -> Self {
        Self { play_listen: SocketAddr::from(([127, 0, 0, 1], 9740)), buyer_sats: 100_000 }
    }
}

impl SellerSettings {
    /// Whether there is a rail besides Lightning.
    pub const fn has_rails(&self) -> bool {
        !self.evm.is_empty() || self.tempo.rpc.is_some() || self.stripe.secret_key_file.is_some()
    }
}

impl Settings {
    /// Checks what its type does not: that wallets, addresses, prices and rates can be used.
    ///
    /// # Errors
    /// One line that names the first key that cannot, without any password.
    pub fn check(&self) -> Result<(), String> {
        self.rates.check()?;
        self.evm.check()?;
        self.export_csv_price()?;
        self.limits.check()?;
        self.listing_price()?;
        self.report_price()?;
        check_web_address("server", &self.server)?;
        if let Some(public_url) = &self.serve.public_url {
            check_web_address("serve.public_url", public_url)?;
        }
        self.trusted_proxies()?;
        self.postgres()?;
        self.directory.check()?;
        self.withdrawals.check()?;
        self.node.check()?;
        self.facilitator.check()?;
        self.seller.evm.iter().try_for_each(ChainSettings::check)?;
        self.seller.tempo.check()?;
        self.seller.stripe.check()?;
        let seller = self.seller.wallet.as_ref().filter(|wallet| *wallet != NODE_WALLET);
        for (key, wallet) in [("wallet", self.wallet.as_ref()), ("seller.wallet", seller)] {
            if let Some(wallet) = wallet {
                let parsed = wallet.parse::<WalletUrl>();
                parsed.map_err(|error| format!("{key}: {error}"))?;
            }
        }
        Ok(())
    }

    /// Checks what only the whole shows: values that contradict each other, though file and
    /// environment may each hold one half.
    ///
    /// # Errors
    /// One line that names the keys.
    pub fn check_together(&self) -> Result<(), String> {
        self.rates.check_together()?;
        let mut chains = BTreeSet::new();
        for chain in &self.seller.evm {
            if !chains.insert(chain.chain()?.get()) {
                return Err(format!("seller.evm names {} twice", chain.network));
            }
        }
        self.node.check_wallet("seller.wallet", self.seller.wallet.as_deref())?;
        self.node.check_wallet("withdrawals.wallet", self.withdrawals.wallet.as_deref())
    }

    /// The PostgreSQL, where one is set.
    ///
    /// # Errors
    /// One line that names the key, without the password.
    pub fn postgres(&self) -> Result<Option<PostgresUrl>, String> {
        let url = self.store.postgres.as_deref().map(str::parse).transpose();
        url.map_err(|error| format!("store.postgres: {error}"))
    }

    /// Where the server's database is.
    ///
    /// # Errors
    /// One line that names the key, or says that there is no home folder.
    pub fn store_location(&self, demo: bool) -> Result<Location, String> {
        if let Some(url) = self.postgres()? {
            return Ok(Location::Postgres(url));
        }
        Ok(Location::File(self.server_dir(demo)?.join("farebox.sqlite")))
    }

    /// The folder of the server's files; the demo has one of its own.
    ///
    /// # Errors
    /// One line when the platform names no home folder.
    pub fn server_dir(&self, demo: bool) -> Result<PathBuf, String> {
        let folder = self.data_dir()?;
        Ok(if demo { folder.join("demo") } else { folder })
    }

    /// The file with the admin's secret.
    ///
    /// # Errors
    /// One line when the platform names no home folder.
    pub fn admin_secret_file(&self, demo: bool) -> Result<PathBuf, String> {
        match &self.admin.secret_file {
            Some(file) => Ok(file.clone()),
            None => Ok(self.server_dir(demo)?.join("admin.secret")),
        }
    }

    /// The data folder of the server's node.
    ///
    /// # Errors
    /// One line when the platform names no home folder.
    pub fn node_dir(&self) -> Result<PathBuf, String> {
        match &self.node.data {
            Some(data) => Ok(data.clone()),
            None => Ok(self.data_dir()?.join("node")),
        }
    }

    /// The reverse proxies that are believed.
    ///
    /// # Errors
    /// One line that names the key.
    pub fn trusted_proxies(&self) -> Result<TrustedProxies, String> {
        let texts = self.serve.trusted_proxies.iter().map(String::as_str);
        TrustedProxies::parse(texts).map_err(|error| format!("serve.trusted_proxies: {error}"))
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

fn check_web_address(key: &str, text: &str) -> Result<(), String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let url = url.filter(Url::has_host);
    let url =
        url.ok_or_else(|| format!("{key} must be an address such as http://127.0.0.1:4020"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!("{key} must not carry a user name or a password"));
    }
    Ok(())
}
