//! `[evm]`: the key that `get` pays tokens with, and the nodes that it asks.

use farebox_buyer::EvmWallet;
use farebox_evm::{Rpc, RpcOptions, read_key_file};
use farebox_wire::evm::{ChainId, Network};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use url::Url;

/// A tenth of a coin for a unit of gas is no price but an error.
const GAS_PRICE_MAX_GWEI: u64 = 100_000_000;
const WEI_PER_GWEI: u128 = 1_000_000_000;

/// Payments in tokens.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct EvmWalletSettings {
    /// The payer's key: a keystore file, or 64 hexadecimal digits.
    pub key_file: Option<PathBuf>,
    /// The file with the keystore's password.
    pub password_file: Option<PathBuf>,
    /// The keystore's password itself, for the environment.
    pub password: Option<String>,
    /// The chains that the key may pay on; any where there are none.
    pub chains: Vec<String>,
    /// Nodes, as `eip155:8453=URL`.
    pub nodes: Vec<String>,
    /// Hosts that want the older form of the nonce of MPP's authorizations.
    pub legacy_nonce_hosts: Vec<String>,
    /// The most that a transaction may pay for a unit of gas.
    pub gas_price_max_gwei: u64,
}

impl Default for EvmWalletSettings {
    fn default() -> Self {
        Self {
            key_file: None,
            password_file: None,
            password: None,
            chains: Vec::new(),
            nodes: Vec::new(),
            legacy_nonce_hosts: Vec::new(),
            gas_price_max_gwei: 100,
        }
    }
}

impl EvmWalletSettings {
    /// Checks each key by itself.
    ///
    /// # Errors
    /// One line that names the first key that cannot be used, without any password.
    pub fn check(&self) -> Result<(), String> {
        self.chain_ids()?;
        self.node_urls()?;
        if !(1..=GAS_PRICE_MAX_GWEI).contains(&self.gas_price_max_gwei) {
            return Err(format!(
                "evm.gas_price_max_gwei must be between 1 and {GAS_PRICE_MAX_GWEI}"
            ));
        }
        Ok(())
    }

    fn chain_ids(&self) -> Result<Option<Vec<ChainId>>, String> {
        let chains = self.chains.iter().map(|text| {
            chain(text).ok_or_else(|| format!("evm.chains: write \"eip155:8453\", not {text:?}"))
        });
        let chains = chains.collect::<Result<Vec<_>, _>>()?;
        Ok((!chains.is_empty()).then_some(chains))
    }

    fn node_urls(&self) -> Result<BTreeMap<ChainId, Url>, String> {
        let refuse = || "evm.nodes: write \"eip155:8453=https://node.example\"".to_owned();
        let read = |text: &String| {
            let (name, url) = text.split_once('=').ok_or_else(refuse)?;
            let url = Url::parse(url.trim()).ok();
            let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
            Ok((chain(name.trim()).ok_or_else(refuse)?, url.ok_or_else(refuse)?))
        };
        self.nodes.iter().map(read).collect()
    }

    /// Reads the key, where one is set. Opening a keystore takes about a second, so that this is
    /// not for an async task.
    ///
    /// # Errors
    /// When a file cannot be read or does not hold what it should.
    pub(crate) fn open(&self) -> Result<Option<EvmWallet>, String> {
        let Some(path) = &self.key_file else { return Ok(None) };
        let password = match (&self.password, &self.password_file) {
            (Some(password), _) => password.clone(),
            (None, Some(path)) => {
                let read = std::fs::read_to_string(path);
                let read =
                    read.map_err(|error| format!("evm.password_file {}: {error}", path.display()))?;
                read.trim_end_matches(['\r', '\n']).to_owned()
            }
            (None, None) => String::new(),
        };
        let key = read_key_file(path, &password)
            .map_err(|error| format!("evm.key_file {}: {error}", path.display()))?;
        let urls = self.node_urls()?.into_iter();
        let nodes = urls.map(|(chain, url)| Ok((chain, Rpc::new(url, RpcOptions::default())?)));
        let nodes: Result<_, farebox_net::ClientError> = nodes.collect();
        Ok(Some(EvmWallet {
            key: Arc::new(key),
            chains: self.chain_ids()?,
            nodes: nodes.map_err(|error| format!("evm.nodes: {error}"))?,
            legacy_nonce_hosts: self.legacy_nonce_hosts.clone(),
            gas_price_max: u128::from(self.gas_price_max_gwei) * WEI_PER_GWEI,
        }))
    }

    /// Without what nobody else should see.
    pub(crate) fn hide(&mut self) {
        if let Some(password) = &mut self.password {
            *password = "(set)".into();
        }
        // The path and the query of a hosted node's URL hold its key.
        for node in &mut self.nodes {
            if let Some((name, _)) = node.split_once('=') {
                *node = format!("{name}=(set)");
            }
        }
    }
}

fn chain(name: &str) -> Option<ChainId> {
    Network::parse_caip2(name).and_then(Network::evm)
}
