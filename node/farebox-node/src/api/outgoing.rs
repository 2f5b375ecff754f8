//! `GET /payments/outgoing`, `GET /payments/outgoing/{uuid}` and
//! `GET /payments/outgoingbyhash/{paymentHash}`

use super::Node;
use super::error::ApiError;
use super::params::{Params, payment_hash};
use crate::lightning::blocking;
use crate::store::{Outgoing, State as PaymentState};
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use uuid::Uuid;

/// Times in milliseconds since 1970, `sent` in satoshis with the fee, `fees` in millisatoshis.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OutgoingPayment {
    r#type: &'static str,
    sub_type: &'static str,
    payment_id: String,
    payment_hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    preimage: Option<String>,
    is_paid: bool,
    sent: u64,
    fees: u64,
    #[serde(skip_serializing_if = "String::is_empty")]
    invoice: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_at: Option<u64>,
    created_at: u64,
}

/// The payments that were made, newest first; with `all`, the pending and failed ones too.
/// Bounded by `from`, `to`, `limit` and `offset`.
pub(super) async fn list(
    State(node): State<Node>,
    params: Params,
) -> Result<Json<Vec<OutgoingPayment>>, ApiError> {
    let page = params.page()?;
    let found = blocking(&node, move |node| node.list_outgoing(&page)).await?;
    Ok(Json(found.into_iter().map(OutgoingPayment::of).collect()))
}

/// One payment by its id.
pub(super) async fn by_id(
    State(node): State<Node>,
    Path(id): Path<String>,
) -> Result<Json<OutgoingPayment>, ApiError> {
    let (name, wanted) = ("uuid", "uuid");
    let id: Uuid = id.parse().map_err(|_| ApiError::Invalid { name, wanted })?;
    let found = blocking(&node, move |node| node.outgoing_by_id(&id.to_string())).await?;
    Ok(Json(OutgoingPayment::of(found.ok_or(ApiError::NotFound)?)))
}

/// The best attempt at a payment hash: paid before pending before failed.
pub(super) async fn by_hash(
    State(node): State<Node>,
    Path(hash): Path<String>,
) -> Result<Json<OutgoingPayment>, ApiError> {
    let hash = payment_hash(&hash)?;
    let found = blocking(&node, move |node| node.outgoing(hash)).await?;
    Ok(Json(OutgoingPayment::of(found.ok_or(ApiError::NotFound)?)))
}

impl OutgoingPayment {
    fn of(payment: Outgoing) -> Self {
        let (preimage, fee_msat) = match payment.state {
            PaymentState::Paid { preimage, fee_msat } => (Some(hex::encode(preimage.0)), fee_msat),
            PaymentState::Pending | PaymentState::Failed { .. } => (None, 0),
        };
        Self {
            r#type: "outgoing_payment",
            sub_type: "lightning",
            payment_id: payment.id,
            payment_hash: payment.hash.to_string(),
            is_paid: preimage.is_some(),
            preimage,
            sent: payment.amount_msat.saturating_add(fee_msat) / 1_000,
            fees: fee_msat,
            invoice: payment.invoice,
            completed_at: payment.completed_at_ms,
            created_at: payment.created_at_ms,
        }
    }
}
