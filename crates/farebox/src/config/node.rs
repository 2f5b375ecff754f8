//! `[node]`: a Lightning node that `farebox serve` starts and looks after.

use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// What `seller.wallet` and `withdrawals.wallet` say to mean that node.
pub const NODE_WALLET: &str = "node";

const START_TIMEOUT_MAX_S: u64 = 3_600;

/// The node of the server's own.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct NodeSettings {
    /// The program, by path or by name; without one the server starts no node.
    pub program: Option<PathBuf>,
    /// Its data folder; `node` in the server's when not given.
    pub data: Option<PathBuf>,
    /// Handed on to the program.
    pub args: Vec<String>,
    /// Where its API listens.
    pub api: SocketAddr,
    /// How long it may take until its API answers.
    pub start_timeout_s: u64,
}

impl Default for NodeSettings {
    fn default() -> Self {
        Self {
            program: None,
            data: None,
            args: Vec::new(),
            api: SocketAddr::from(([127, 0, 0, 1], 9740)),
            start_timeout_s: 60,
        }
    }
}

impl NodeSettings {
    /// Checks each key by itself.
    ///
    /// # Errors
    /// One line that names the first key that cannot be used.
    pub fn check(&self) -> Result<(), String> {
        if self.api.port() == 0 || self.api.ip().is_unspecified() {
            return Err("node.api must be one address and port, such as 127.0.0.1:9740".into());
        }
        if !(1..=START_TIMEOUT_MAX_S).contains(&self.start_timeout_s) {
            return Err(format!("node.start_timeout_s must be 1 to {START_TIMEOUT_MAX_S}"));
        }
        Ok(())
    }

    /// Checks that there is a node where a wallet says that it is the node's.
    ///
    /// # Errors
    /// One line that names the keys.
    pub fn check_wallet(&self, key: &str, wallet: Option<&str>) -> Result<(), String> {
        if wallet == Some(NODE_WALLET) && self.program.is_none() {
            return Err(format!(
                "{key} is \"{NODE_WALLET}\", and there is none: name the farebox-node program in \
                 node.program, or a wallet by its URL"
            ));
        }
        Ok(())
    }

    /// How long it may take until its API answers.
    pub const fn start_timeout(&self) -> Duration {
        Duration::from_secs(self.start_timeout_s)
    }
}
