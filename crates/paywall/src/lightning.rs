//! Payments over Lightning: their money is here before they are shown.

use crate::collection::{Collected, Collection};
use async_trait::async_trait;
use farebox_wire::lightning::PaymentHash;
use http::{HeaderName, HeaderValue};

/// A payment that the node has.
pub(crate) enum Settled {
    /// Shown as an L402 token, whose protocol knows no receipts.
    L402(PaymentHash),
}

#[async_trait]
impl Collection for Settled {
    fn is_collected_first(&self) -> bool {
        false
    }

    async fn collect(&self) -> Collected {
        let Self::L402(hash) = self;
        Collected::Yes(hash.to_string())
    }

    fn receipt(&self, _settled_as: &str, _now: u64) -> Vec<(HeaderName, HeaderValue)> {
        Vec::new()
    }
}
