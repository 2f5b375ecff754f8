//! `POST /createholdinvoice`, `POST /settleholdinvoice` and `POST /cancelholdinvoice`

use super::Node;
use super::create_invoice::{self, Created};
use super::error::ApiError;
use super::incoming::IncomingPayment;
use super::params::Params;
use crate::lightning::{Notice, blocking};
use axum::Json;
use axum::extract::State;
use ldk_node::lightning_types::payment::{PaymentHash, PaymentPreimage};
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, timeout_at};

/// How long a claim may take before it is reported as not settled yet.
const CLAIM_WAIT: Duration = Duration::from_secs(30);

/// Makes an invoice for a `paymentHash` whose preimage this node does not know.
pub(super) async fn create(
    State(node): State<Node>,
    params: Params,
) -> Result<Json<Created>, ApiError> {
    let hash = PaymentHash(params.hex32("paymentHash")?);
    create_invoice::create(&node, &params, Some(hash)).await
}

/// Claims what the hold invoice of a `preimage` holds. Answers the payment as it stands then;
/// with `isPaid: false` the claim goes on.
pub(super) async fn settle(
    State(node): State<Node>,
    params: Params,
) -> Result<Json<IncomingPayment>, ApiError> {
    let preimage = PaymentPreimage(params.hex32("preimage")?);
    let mut notices = node.notices();
    let hash = blocking(&node, move |node| node.settle_hold(preimage)).await??;
    let deadline = Instant::now() + CLAIM_WAIT;
    loop {
        let payment = shown(&node, hash).await?;
        if payment.0.is_paid() {
            return Ok(payment);
        }
        loop {
            match timeout_at(deadline, notices.recv()).await {
                Err(_) | Ok(Err(RecvError::Closed)) => return Ok(payment),
                Ok(Ok(Notice::Received(_)) | Err(RecvError::Lagged(_))) => break,
                Ok(Ok(Notice::Held(_) | Notice::Ended(_))) => {}
            }
        }
    }
}

/// Sends back what the hold invoice of a `paymentHash` holds, and lets nobody pay it any more.
pub(super) async fn cancel(
    State(node): State<Node>,
    params: Params,
) -> Result<Json<IncomingPayment>, ApiError> {
    let hash = PaymentHash(params.hex32("paymentHash")?);
    blocking(&node, move |node| node.cancel_hold(hash)).await??;
    shown(&node, hash).await
}

async fn shown(node: &Node, hash: PaymentHash) -> Result<Json<IncomingPayment>, ApiError> {
    let found = blocking(node, move |node| Ok((node.incoming(hash)?, node.height())));
    match found.await? {
        (Some(invoice), height) => Ok(Json(IncomingPayment::of(invoice, height))),
        (None, _) => Err(ApiError::NotFound),
    }
}
