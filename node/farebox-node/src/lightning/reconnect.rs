//! Connecting again to the nodes at the other ends of channels. The library does so once a
//! minute; a payment should not have to wait for that.

use super::{Lightning, blocking};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

const INTERVAL: Duration = Duration::from_secs(5);

/// Connects again for ever, one node at a time.
pub(crate) async fn reconnect(lightning: Arc<Lightning>) {
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let tried = blocking(&lightning, |lightning| {
            lightning.connect_to_peers();
            Ok(())
        });
        if let Err(error) = tried.await {
            tracing::warn!(%error, "connecting to other nodes");
        }
    }
}

impl Lightning {
    fn connect_to_peers(&self) {
        let peers = self.node.list_peers().into_iter();
        for peer in peers.filter(|peer| peer.is_persisted && !peer.is_connected) {
            let id = peer.node_id;
            match self.node.connect(id, peer.address, true) {
                Ok(()) => tracing::info!(%id, "connected again"),
                Err(error) => tracing::debug!(%id, %error, "not reachable"),
            }
        }
    }
}
