//! What a node speaks beyond phoenixd's API.

use super::Phoenixd;
use super::answers::NodeInfo;
use crate::WalletError;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The name of: `POST /payinvoice` takes `maxFeeMsat`.
const FEE_LIMIT: &str = "feeLimit";

/// Whether the node keeps to a fee limit, as far as it was asked.
#[derive(Debug, Default)]
pub(super) struct Extensions(Mutex<Learnt>);

#[derive(Debug, Default)]
struct Learnt {
    /// `None` until the node says, and again once it could not be reached: another one may stand
    /// in its place.
    fee_limit: Option<bool>,
    /// Whether it ever did.
    promised: bool,
}

impl Extensions {
    /// Takes down what the node says.
    pub(super) fn learn(&self, info: &NodeInfo) -> bool {
        let fee_limit = info.extensions.iter().any(|name| name == FEE_LIMIT);
        let mut learnt = self.lock();
        learnt.fee_limit = Some(fee_limit);
        learnt.promised |= fee_limit;
        fee_limit
    }

    /// Asks again before the next payment.
    pub(super) fn forget(&self) {
        self.lock().fee_limit = None;
    }

    /// Whether a fee limit binds; `None` when the node has to be asked.
    pub(super) fn fee_limit(&self) -> Option<bool> {
        self.lock().fee_limit
    }

    /// Whether it was ever said that a fee limit binds.
    pub(super) fn promised(&self) -> bool {
        self.lock().promised
    }

    fn lock(&self) -> MutexGuard<'_, Learnt> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Phoenixd {
    /// Who the node is.
    pub(super) async fn node_info(&self) -> Result<NodeInfo, WalletError> {
        let info: Option<NodeInfo> = self.api.get("/getinfo", &[]).await?;
        let info = info.ok_or_else(|| WalletError::Unreadable("no node".into()))?;
        self.api.extensions.learn(&info);
        Ok(info)
    }

    /// Whether a fee limit binds, by the node's own word.
    pub(super) async fn takes_fee_limit(&self) -> Result<bool, WalletError> {
        match self.api.extensions.fee_limit() {
            Some(known) => Ok(known),
            None => Ok(self.api.extensions.learn(&self.node_info().await?)),
        }
    }
}
