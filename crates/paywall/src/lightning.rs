//! Payments over Lightning: their money is here before they are shown.

use crate::collection::{Collected, Collection};
use crate::mpp;
use async_trait::async_trait;
use farebox_wire::lightning::PaymentHash;
use farebox_wire::mpp::methods::lightning::METHOD;
use http::{HeaderName, HeaderValue};

/// A payment that the node has.
pub(crate) enum Settled {
    /// Shown as an L402 token, whose protocol knows no receipts.
    L402(PaymentHash),
    /// Shown as the answer to an MPP challenge.
    Mpp { hash: PaymentHash, challenge_id: String },
}

#[async_trait]
impl Collection for Settled {
    fn is_collected_first(&self) -> bool {
        false
    }

    async fn collect(&self) -> Collected {
        match self {
            Self::L402(hash) | Self::Mpp { hash, .. } => Collected::Yes(hash.to_string()),
        }
    }

    fn receipt(&self, settled_as: &str, now: u64) -> Vec<(HeaderName, HeaderValue)> {
        match self {
            Self::L402(_) => Vec::new(),
            Self::Mpp { challenge_id, .. } => {
                mpp::receipt(METHOD, settled_as, challenge_id, None, now)
            }
        }
    }
}
