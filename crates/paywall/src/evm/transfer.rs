//! The settlement of a signed transfer, and its receipt.

use crate::collection::{Collected, Collection};
use crate::mpp;
use crate::problem::Problem;
use crate::unavailable::Unavailable;
use async_trait::async_trait;
use farebox_facilitator::Facilitator;
use farebox_wire::evm::{Address, ChainId};
use farebox_wire::mpp::methods::evm::METHOD;
use farebox_wire::x402::{
    FacilitatorRequest, PAYMENT_RESPONSE, SettleResponse, X_PAYMENT_RESPONSE,
};
use http::{HeaderName, HeaderValue};
use std::sync::Arc;

/// The reason of a facilitator that has sent the transaction and does not know more.
const SETTLEMENT_PENDING: &str = "settlement_pending";

/// How a payment was shown, and so how its receipt looks.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    X402V1,
    X402V2,
    Mpp { challenge_id: String },
}

/// A signed transfer that is good.
pub(crate) struct Transfer {
    pub(super) facilitator: Arc<dyn Facilitator>,
    pub(super) request: FacilitatorRequest,
    pub(super) chain: ChainId,
    pub(super) payer: Address,
    pub(super) shape: Shape,
}

#[async_trait]
impl Collection for Transfer {
    /// It is settled when the handler has succeeded.
    fn is_collected_first(&self) -> bool {
        false
    }

    async fn collect(&self) -> Collected {
        let answer = match self.facilitator.settle(&self.request).await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::warn!(%error, "whether a signed transfer was settled is not known");
                return Collected::Unknown(Unavailable::Facilitator);
            }
        };
        if answer.success {
            return Collected::Yes(answer.transaction);
        }
        let reason = answer.error_reason.unwrap_or_default();
        if reason == SETTLEMENT_PENDING {
            return Collected::Unknown(Unavailable::PaymentPending);
        }
        let message = answer.error_message.unwrap_or_default();
        Collected::No(Problem::PaymentRefused { reason, message })
    }

    fn receipt(&self, settled_as: &str, now: u64) -> Vec<(HeaderName, HeaderValue)> {
        let caip2 = &self.request.requirements.network;
        let (name, network) = match &self.shape {
            Shape::Mpp { challenge_id } => {
                let chain_id = Some(self.chain.get());
                return mpp::receipt(METHOD, settled_as, challenge_id, chain_id, now);
            }
            Shape::X402V2 => (PAYMENT_RESPONSE, Some(caip2.clone())),
            Shape::X402V1 => {
                let known = self.request.requirements.known_network();
                let v1 = known.and_then(|network| network.v1_name()).map(str::to_owned);
                (X_PAYMENT_RESPONSE, v1)
            }
        };
        let response = SettleResponse {
            success: true,
            transaction: settled_as.to_owned(),
            network: network.unwrap_or_default(),
            payer: Some(self.payer.to_checksum(None)),
            ..SettleResponse::default()
        };
        let value = HeaderValue::try_from(response.to_header()).ok();
        value.into_iter().map(|value| (HeaderName::from_static(name), value)).collect()
    }
}
