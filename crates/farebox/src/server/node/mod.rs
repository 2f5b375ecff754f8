//! A Lightning node that the server starts and looks after: `[node]` in the settings.

mod api;
mod backoff;
mod claim;
mod keeper;
mod log_file;
mod passwords;
mod process;
mod process_id;
mod program;
mod stats;

pub use passwords::Access;
pub use stats::NodeStats;

use crate::config::Settings;
use crate::output::Failure;
use crate::server::signals::Signals;
use keeper::{Keeper, Phase};
use passwords::Passwords;
use program::Program;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The node of a server; it has to be stopped with [`Node::stop`].
pub struct Node {
    program: Program,
    start_timeout: Duration,
    stats: Arc<NodeStats>,
    wanted: watch::Sender<Phase>,
    keeper: Option<JoinHandle<()>>,
}

/// What opens the node's API.
pub struct NodeWallets {
    api: SocketAddr,
    passwords: Passwords,
}

impl Node {
    /// That of the settings, not started yet; `None` where there is none, and for the demo, which
    /// has a network of its own.
    pub fn configured(settings: &Settings, demo: bool) -> Result<Option<Self>, Failure> {
        let program = Program::configured(settings).map_err(Failure::usage)?;
        Ok(program.filter(|_| !demo).map(|program| Self {
            program,
            start_timeout: settings.node.start_timeout(),
            stats: Arc::default(),
            wanted: watch::Sender::new(Phase::Keep),
            keeper: None,
        }))
    }

    /// What metrics say about it.
    pub fn stats(&self) -> Arc<NodeStats> {
        Arc::clone(&self.stats)
    }

    /// Starts it, or takes the one that runs already; from now on it is looked after.
    ///
    /// # Errors
    /// One line when it does not come up, or a signal asked to stop before it did. Then what was
    /// started is stopped again.
    pub async fn start(&mut self) -> Result<NodeWallets, Failure> {
        let mut signals = Signals::catch().map_err(Failure::general)?;
        let keeper = Keeper::new(self.program.clone(), self.stats());
        let mut keeper = keeper.map_err(Failure::general)?;
        let started = tokio::select! {
            started = keeper.start(self.start_timeout) => started,
            () = signals.next() => Err("stopped before the node was ready".to_owned()),
        };
        let passwords = started.and_then(|()| {
            let missing = || "the node's passwords cannot be read any more".to_owned();
            Passwords::read(self.program.data()).ok_or_else(missing)
        });
        match passwords {
            Ok(passwords) => {
                self.keeper = Some(tokio::spawn(keeper.run(self.wanted.subscribe())));
                Ok(NodeWallets { api: self.program.api(), passwords })
            }
            Err(failure) => {
                keeper.stop().await;
                Err(Failure::general(failure))
            }
        }
    }

    /// The server stops: a node that ends now is not started again.
    pub fn drain(&self) {
        self.wanted.send_replace(Phase::Drain);
    }

    /// Stops it and waits until it has ended.
    pub async fn stop(self) {
        self.wanted.send_replace(Phase::Stop);
        let Some(keeper) = self.keeper else { return };
        if let Err(error) = keeper.await {
            tracing::error!(%error, "the node may still run");
        }
    }
}

impl NodeWallets {
    /// The URL of the node as a wallet, with its password.
    ///
    /// # Errors
    /// When there is no such URL.
    pub fn url(&self, access: Access) -> Result<String, Failure> {
        let url = self.passwords.wallet_url(self.api, access);
        url.ok_or_else(|| Failure::general("the node's password cannot be used"))
    }
}
