//! The Lightning library and the record of payments, kept in step.
//!
//! The library knows the truth about channels; the record answers the API. Three rules hold:
//! what is to be paid is recorded before the library hears of it; the library's events are
//! acknowledged only when they are recorded; what either lacks after a crash is found at start.

mod assembly;
mod channels;
mod events;
mod hold;
mod invoices;
mod library_log;
mod pay;
mod prune;
mod reconnect;
mod recovery;
mod wallet;

pub(crate) use channels::{ChannelRequest, CloseRequest};
pub(crate) use hold::HoldError;
pub(crate) use invoices::{InvoiceRequest, InvoiceText};
pub(crate) use pay::{PayRequest, Paying, pay};

use crate::problem::Problem;
use crate::store::{Incoming, Outgoing, Page, Store, StoreError};
use ldk_node::bitcoin::Network;
use ldk_node::lightning_types::payment::PaymentHash;
use ldk_node::{ChannelDetails, Node, NodeError};
use std::sync::Arc;
use tokio::sync::{Semaphore, broadcast};

/// How many notices a slow reader may lag behind before it has to look for itself.
const NOTICES_MAX: usize = 1_024;
/// Payments that may be waited for at once.
const PAYMENTS_MAX: usize = 256;

/// What has just been recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// A payment was received.
    Received(PaymentHash),
    /// A payment of a hold invoice has arrived.
    Held(PaymentHash),
    /// A payment was made or has failed.
    Ended(PaymentHash),
}

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LightningError {
    /// The request as such cannot be carried out; the text says why.
    #[error("{0}")]
    Refused(String),
    #[error("the record of payments: {0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Node(#[from] NodeError),
    /// A worker ended before its work.
    #[error("the work was broken off")]
    BrokenOff,
}

/// A running node.
pub(crate) struct Lightning {
    node: Node,
    store: Store,
    network: Network,
    notices: broadcast::Sender<Notice>,
    paying: Semaphore,
}

impl Lightning {
    /// Puts the record right after a crash, and starts the node. Blocks until the library is up.
    ///
    /// # Errors
    ///
    /// The chain cannot be reached, or the library refuses to start.
    pub(crate) fn start(assembled: assembly::Assembled) -> Result<Arc<Self>, Problem> {
        let assembly::Assembled { node, store, network } = assembled;
        node.start()?;
        let (notices, _) = broadcast::channel(NOTICES_MAX);
        let paying = Semaphore::new(PAYMENTS_MAX);
        Ok(Arc::new(Self { node, store, network, notices, paying }))
    }

    /// Stops the node. Call it outside of the async runtime, when nothing else uses the node.
    ///
    /// # Errors
    ///
    /// It was not running.
    pub(crate) fn stop(&self) -> Result<(), Problem> {
        Ok(self.node.stop()?)
    }

    /// Hears of everything that is recorded from now on.
    pub(crate) fn notices(&self) -> broadcast::Receiver<Notice> {
        self.notices.subscribe()
    }

    /// Tells those who listen; nobody has to.
    fn tell(&self, notice: Notice) {
        let _ = self.notices.send(notice);
    }

    /// The node's public key.
    pub(crate) fn node_id(&self) -> String {
        self.node.node_id().to_string()
    }

    /// The chain that the node is on.
    pub(crate) const fn network(&self) -> Network {
        self.network
    }

    /// The height of the newest block that the node knows.
    pub(crate) fn height(&self) -> u32 {
        self.node.status().current_best_block.height
    }

    /// The channels, open and opening.
    pub(crate) fn channels(&self) -> Vec<ChannelDetails> {
        self.node.list_channels()
    }

    /// One payment to this node.
    pub(crate) fn incoming(&self, hash: PaymentHash) -> Result<Option<Incoming>, LightningError> {
        Ok(self.store.incoming(hash)?)
    }

    /// Payments to this node, newest first.
    pub(crate) fn list_incoming(&self, page: &Page) -> Result<Vec<Incoming>, LightningError> {
        Ok(self.store.list_incoming(page)?)
    }

    /// The best attempt to pay a hash.
    pub(crate) fn outgoing(&self, hash: PaymentHash) -> Result<Option<Outgoing>, LightningError> {
        Ok(self.store.outgoing(hash)?)
    }

    /// One attempt to pay.
    pub(crate) fn outgoing_by_id(&self, id: &str) -> Result<Option<Outgoing>, LightningError> {
        Ok(self.store.outgoing_by_id(id)?)
    }

    /// Payments from this node, newest first.
    pub(crate) fn list_outgoing(&self, page: &Page) -> Result<Vec<Outgoing>, LightningError> {
        Ok(self.store.list_outgoing(page)?)
    }
}

pub(crate) use assembly::assemble;
pub(crate) use events::pump;
pub(crate) use prune::prune;
pub(crate) use reconnect::reconnect;

/// Does blocking work on a node away from the async workers. It goes on when nobody waits for it
/// any more.
///
/// # Errors
///
/// Those of the work.
pub(crate) async fn blocking<T: Send + 'static>(
    lightning: &Arc<Lightning>,
    work: impl FnOnce(&Lightning) -> Result<T, LightningError> + Send + 'static,
) -> Result<T, LightningError> {
    let lightning = Arc::clone(lightning);
    let done = tokio::task::spawn_blocking(move || work(&lightning)).await;
    done.unwrap_or(Err(LightningError::BrokenOff))
}
