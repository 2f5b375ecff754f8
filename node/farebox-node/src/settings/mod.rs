//! What the operator may choose: flags win over the environment, which wins over the file.

mod chain_source;
mod options;

pub(crate) use chain_source::ChainSource;
pub(crate) use options::Options;

use crate::problem::Problem;
use ldk_node::bitcoin::Network;
use ldk_node::lightning::ln::msgs::SocketAddress as PeerAddress;
use std::net::SocketAddr;
use std::path::PathBuf;

/// All settings of a run, checked.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) data: PathBuf,
    pub(crate) network: Network,
    pub(crate) chain: ChainSource,
    pub(crate) listen: Vec<PeerAddress>,
    pub(crate) announce: Vec<PeerAddress>,
    pub(crate) alias: Option<String>,
    pub(crate) rapid_gossip: Option<String>,
    pub(crate) http: SocketAddr,
    pub(crate) log: String,
}

impl Settings {
    /// Checks `options` and fills in what they leave out.
    ///
    /// # Errors
    ///
    /// Names the first setting that is missing or cannot be used.
    pub(crate) fn new(options: Options) -> Result<Self, Problem> {
        let missing = |text: &str| Problem::Setting(text.into());
        let network = options.network.as_deref().ok_or_else(|| {
            missing("say which network with --network: bitcoin, testnet, signet or regtest")
        })?;
        let chain = options.chain.as_deref().ok_or_else(|| {
            missing("say where to read the chain with --chain, such as esplora:https://…")
        })?;
        Ok(Self {
            data: options.data()?,
            network: parse_network(network)?,
            chain: ChainSource::parse(chain)?,
            listen: addresses("listen", &options.listen)?,
            announce: addresses("announce", &options.announce)?,
            http: options.http(),
            log: options.log.unwrap_or_else(|| "info".into()),
            alias: options.alias,
            rapid_gossip: options.rapid_gossip,
        })
    }
}

fn parse_network(text: &str) -> Result<Network, Problem> {
    match text {
        "bitcoin" | "mainnet" => Ok(Network::Bitcoin),
        "testnet" => Ok(Network::Testnet),
        "signet" => Ok(Network::Signet),
        "regtest" => Ok(Network::Regtest),
        _ => Err(Problem::Setting(format!(
            "--network {text:?}: use bitcoin, testnet, signet or regtest"
        ))),
    }
}

fn addresses(flag: &str, texts: &[String]) -> Result<Vec<PeerAddress>, Problem> {
    let parse = |text: &String| {
        text.parse().map_err(|_| {
            Problem::Setting(format!("--{flag} {text:?}: use HOST:PORT, such as 127.0.0.1:9735"))
        })
    };
    texts.iter().map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_runs_on_a_network_by_accident() {
        let chain = Some("esplora:http://127.0.0.1:3000".to_owned());
        let refused = Settings::new(Options { chain, ..Options::default() }).unwrap_err();
        assert!(refused.to_string().contains("--network"), "{refused}");
        assert!(parse_network("main").is_err());
        assert_eq!(parse_network("mainnet").unwrap(), Network::Bitcoin);
    }

    #[test]
    fn addresses_need_a_port() {
        assert!(addresses("listen", &["127.0.0.1".into()]).is_err());
        assert_eq!(addresses("listen", &["127.0.0.1:9735".into()]).unwrap().len(), 1);
    }
}
