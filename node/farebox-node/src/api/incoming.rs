//! `GET /payments/incoming` and `GET /payments/incoming/{paymentHash}`

use super::Node;
use super::error::ApiError;
use super::params::{Params, payment_hash};
use crate::lightning::blocking;
use crate::store::{Incoming, now_ms};
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;

/// Times in milliseconds since 1970, `fees` in millisatoshis. Unlike with phoenixd, the preimage
/// is shown only once it is paid: before, it would be a proof of payment for nothing.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct IncomingPayment {
    r#type: &'static str,
    sub_type: &'static str,
    payment_hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    preimage: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invoice: Option<String>,
    is_paid: bool,
    is_held: bool,
    is_expired: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    requested_sat: Option<u64>,
    received_sat: u64,
    fees: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_at: Option<u64>,
    created_at: u64,
}

/// The paid invoices, newest first; with `all`, the others too. Bounded by `from`, `to`,
/// `limit`, `offset` and `externalId`.
pub(super) async fn list(
    State(node): State<Node>,
    params: Params,
) -> Result<Json<Vec<IncomingPayment>>, ApiError> {
    let page = params.page()?;
    let read = blocking(&node, move |node| Ok((node.list_incoming(&page)?, node.height())));
    let (found, height) = read.await?;
    let payments = found.into_iter().map(|invoice| IncomingPayment::of(invoice, height));
    Ok(Json(payments.collect()))
}

/// One invoice.
pub(super) async fn by_hash(
    State(node): State<Node>,
    Path(hash): Path<String>,
) -> Result<Json<IncomingPayment>, ApiError> {
    let hash = payment_hash(&hash)?;
    let read = blocking(&node, move |node| Ok((node.incoming(hash)?, node.height())));
    let (found, height) = read.await?;
    let invoice = found.ok_or(ApiError::NotFound)?;
    Ok(Json(IncomingPayment::of(invoice, height)))
}

impl IncomingPayment {
    pub(super) fn of(invoice: Incoming, height: u32) -> Self {
        let is_paid = invoice.completed_at_ms.is_some();
        let preimage = invoice.preimage.filter(|_| is_paid);
        Self {
            r#type: "incoming_payment",
            sub_type: "lightning",
            payment_hash: invoice.hash.to_string(),
            preimage: preimage.map(|preimage| hex::encode(preimage.0)),
            is_paid,
            is_held: invoice.is_held(height),
            is_expired: invoice.expires_at_ms.is_some_and(|at_ms| now_ms() > at_ms),
            external_id: invoice.external_id,
            description: invoice.description,
            invoice: invoice.invoice,
            requested_sat: invoice.requested_msat.map(|msat| msat / 1_000),
            received_sat: invoice.received_msat.unwrap_or(0) / 1_000,
            fees: 0,
            expires_at: invoice.expires_at_ms,
            completed_at: invoice.completed_at_ms,
            created_at: invoice.created_at_ms,
        }
    }

    pub(super) const fn is_paid(&self) -> bool {
        self.is_paid
    }
}
