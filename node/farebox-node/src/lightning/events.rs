//! The library's events: recorded, acknowledged, told.

use super::{Lightning, LightningError, Notice, blocking};
use crate::store::Attempt;
use ldk_node::Event;
use ldk_node::lightning::events::PaymentFailureReason;
use ldk_node::lightning::ln::channelmanager::PaymentId;
use ldk_node::lightning_types::payment::{PaymentHash, PaymentPreimage};
use ldk_node::payment::PaymentKind;
use std::sync::Arc;
use std::time::Duration;

/// Before an event that could not be recorded is tried again.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// Records events for ever. There must be one such loop: the library has one queue.
pub(crate) async fn pump(lightning: Arc<Lightning>) {
    loop {
        let event = lightning.node.next_event_async().await;
        let recorded = blocking(&lightning, move |lightning| {
            let notice = lightning.record(&event)?;
            // Only now: what is not recorded comes again, even after a crash.
            lightning.node.event_handled()?;
            Ok(notice)
        });
        match recorded.await {
            Ok(notice) => {
                if let Some(notice) = notice {
                    lightning.tell(notice);
                }
            }
            Err(error) => {
                tracing::error!(%error, "an event could not be recorded; it is tried again");
                tokio::time::sleep(RETRY_PAUSE).await;
            }
        }
    }
}

impl Lightning {
    fn record(&self, event: &Event) -> Result<Option<Notice>, LightningError> {
        match event {
            Event::PaymentReceived { payment_hash: hash, amount_msat, .. } => {
                let is_news = self.store.settle(*hash, *amount_msat, self.preimage(*hash))?;
                tracing::info!(%hash, amount_msat, "received");
                Ok(is_news.then_some(Notice::Received(*hash)))
            }
            Event::PaymentClaimable {
                payment_hash: hash,
                claimable_amount_msat,
                claim_deadline,
                ..
            } => self.arrived(*hash, *claimable_amount_msat, *claim_deadline),
            Event::PaymentSuccessful {
                payment_hash: hash,
                payment_preimage,
                fee_paid_msat,
                ..
            } => {
                self.sent(*hash, *payment_preimage, *fee_paid_msat)?;
                Ok(Some(Notice::Ended(*hash)))
            }
            Event::PaymentFailed { payment_hash: Some(hash), reason, .. } => {
                let reason = failure(*reason);
                tracing::info!(%hash, reason, "a payment failed");
                self.store.failed(*hash, reason)?;
                Ok(Some(Notice::Ended(*hash)))
            }
            Event::ChannelClosed { channel_id, reason, .. } => {
                tracing::warn!(%channel_id, ?reason, "a channel was closed");
                Ok(None)
            }
            other => {
                tracing::info!(event = ?other, "the node reports");
                Ok(None)
            }
        }
    }

    fn sent(
        &self,
        hash: PaymentHash,
        preimage: Option<PaymentPreimage>,
        fee_msat: Option<u64>,
    ) -> Result<(), LightningError> {
        let details = self.node.payment(&PaymentId(hash.0));
        let Some(preimage) = preimage.or_else(|| self.preimage(hash)) else {
            return Err(LightningError::Refused("a payment was made without a preimage".into()));
        };
        let known_fee = details.as_ref().and_then(|details| details.fee_paid_msat);
        let fee_msat = fee_msat.or(known_fee).unwrap_or(0);
        let amount_msat = details.and_then(|details| details.amount_msat).unwrap_or(0);
        tracing::info!(%hash, amount_msat, fee_msat, "paid");
        let attempt = Attempt { hash, invoice: String::new(), amount_msat };
        Ok(self.store.paid(&attempt, preimage, fee_msat)?)
    }

    /// The preimage of a payment, as far as the library knows it.
    fn preimage(&self, hash: PaymentHash) -> Option<PaymentPreimage> {
        kind_preimage(&self.node.payment(&PaymentId(hash.0))?.kind)
    }
}

/// The preimage that the library keeps with a payment.
pub(super) const fn kind_preimage(kind: &PaymentKind) -> Option<PaymentPreimage> {
    match kind {
        PaymentKind::Onchain { .. } => None,
        PaymentKind::Bolt11 { preimage, .. }
        | PaymentKind::Bolt11Jit { preimage, .. }
        | PaymentKind::Bolt12Offer { preimage, .. }
        | PaymentKind::Bolt12Refund { preimage, .. }
        | PaymentKind::Spontaneous { preimage, .. } => *preimage,
    }
}

/// Why a payment failed, with the words that clients of phoenixd look for.
const fn failure(reason: Option<PaymentFailureReason>) -> &'static str {
    match reason {
        Some(PaymentFailureReason::RecipientRejected) => "payment rejected by the recipient",
        Some(PaymentFailureReason::PaymentExpired) => "the invoice expired before it was paid",
        Some(PaymentFailureReason::RetriesExhausted | PaymentFailureReason::RouteNotFound) => {
            "payment attempts exhausted: no route within the fee limit"
        }
        _ => "the payment failed",
    }
}
