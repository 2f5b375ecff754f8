//! Settings as they are written, in flags, in the environment or in a file.

use crate::problem::Problem;
use clap::Args;
use etcetera::{AppStrategy, AppStrategyArgs, choose_app_strategy};
use serde::Deserialize;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

/// phoenixd's.
const HTTP_DEFAULT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9740);

/// What may be set; nothing is required here.
#[derive(Debug, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Options {
    /// Folder of everything that must survive: seed, channels, payments, passwords
    /// [default: farebox-node in the platform's data folder]
    #[arg(long, global = true, env = "FAREBOX_NODE_DATA", value_name = "FOLDER")]
    pub(crate) data: Option<PathBuf>,

    /// bitcoin, testnet, signet or regtest
    #[arg(long, env = "FAREBOX_NODE_NETWORK")]
    pub(crate) network: Option<String>,

    /// Where the chain is read: esplora:URL, electrum:ssl://HOST:PORT or
    /// bitcoind:http://USER:PASSWORD@HOST:PORT
    #[arg(long, env = "FAREBOX_NODE_CHAIN", value_name = "SOURCE", hide_env_values = true)]
    pub(crate) chain: Option<String>,

    /// Where other nodes may connect, as HOST:PORT; several, parted by commas. Without one, only
    /// this node connects to others
    #[arg(long, env = "FAREBOX_NODE_LISTEN", value_name = "ADDRESS", value_delimiter = ',')]
    pub(crate) listen: Vec<String>,

    /// Addresses to announce to the network, for announced channels [default: those of --listen]
    #[arg(long, env = "FAREBOX_NODE_ANNOUNCE", value_name = "ADDRESS", value_delimiter = ',')]
    pub(crate) announce: Vec<String>,

    /// Public name, up to 32 bytes; announced channels need one
    #[arg(long, env = "FAREBOX_NODE_ALIAS", value_name = "NAME")]
    pub(crate) alias: Option<String>,

    /// Server to load the graph of channels from, instead of asking other nodes
    #[arg(long, env = "FAREBOX_NODE_RAPID_GOSSIP", value_name = "URL")]
    pub(crate) rapid_gossip: Option<String>,

    /// Where the HTTP API listens [default: 127.0.0.1:9740]
    #[arg(long, global = true, env = "FAREBOX_NODE_HTTP", value_name = "ADDRESS")]
    pub(crate) http: Option<SocketAddr>,

    /// What is logged to standard error: a level, or levels by module [default: info]
    #[arg(long, env = "FAREBOX_NODE_LOG", value_name = "FILTER")]
    pub(crate) log: Option<String>,
}

impl Options {
    /// These, and what they leave out from the file.
    ///
    /// # Errors
    ///
    /// The file cannot be read or has keys that mean nothing.
    pub(crate) fn over_file(self, file: Option<&Path>) -> Result<Self, Problem> {
        let Some(path) = file else { return Ok(self) };
        let shown = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Problem::file(format!("settings file {shown}"), error))?;
        let under: Self = toml::from_str(&text)
            .map_err(|error| Problem::Setting(format!("settings file {shown}: {error}")))?;
        let first = |list: Vec<String>, under| if list.is_empty() { under } else { list };
        Ok(Self {
            data: self.data.or(under.data),
            network: self.network.or(under.network),
            chain: self.chain.or(under.chain),
            listen: first(self.listen, under.listen),
            announce: first(self.announce, under.announce),
            alias: self.alias.or(under.alias),
            rapid_gossip: self.rapid_gossip.or(under.rapid_gossip),
            http: self.http.or(under.http),
            log: self.log.or(under.log),
        })
    }

    /// The data folder.
    ///
    /// # Errors
    ///
    /// None is set and the platform names none.
    pub(crate) fn data(&self) -> Result<PathBuf, Problem> {
        if let Some(data) = &self.data {
            return Ok(data.clone());
        }
        let names = AppStrategyArgs {
            top_level_domain: "org".into(),
            author: "farebox".into(),
            app_name: "farebox-node".into(),
        };
        let strategy = choose_app_strategy(names)
            .map_err(|_| Problem::Setting("say where to keep the data with --data".into()))?;
        Ok(strategy.data_dir())
    }

    /// Where the HTTP API listens.
    pub(crate) fn http(&self) -> SocketAddr {
        self.http.unwrap_or(HTTP_DEFAULT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_win_over_the_file_and_unknown_keys_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("node.toml");
        std::fs::write(&file, "network = \"signet\"\nalias = \"a\"\nlisten = [\"h:1\"]\n").unwrap();
        let flags = Options { network: Some("regtest".into()), ..Options::default() };
        let both = flags.over_file(Some(&file)).unwrap();
        assert_eq!(both.network.as_deref(), Some("regtest"));
        assert_eq!((both.alias.as_deref(), both.listen), (Some("a"), vec!["h:1".to_owned()]));
        std::fs::write(&file, "netwrk = \"signet\"\n").unwrap();
        let refused = Options::default().over_file(Some(&file)).unwrap_err();
        assert!(refused.to_string().contains("netwrk"), "{refused}");
    }
}
