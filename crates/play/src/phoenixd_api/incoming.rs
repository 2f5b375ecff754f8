//! `GET /payments/incoming` and `GET /payments/incoming/{paymentHash}`

use super::error::ApiError;
use super::params::{Params, payment_hash};
use crate::PlayWallet;
use crate::incoming::Incoming;
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;

/// Times in milliseconds since 1970, `fees` in millisatoshis.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct IncomingPayment {
    r#type: &'static str,
    sub_type: &'static str,
    payment_hash: String,
    preimage: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    description: String,
    invoice: String,
    is_paid: bool,
    is_expired: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    requested_sat: Option<u64>,
    received_sat: u64,
    fees: u64,
    expires_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_at: Option<i64>,
    created_at: i64,
}

/// The paid invoices, newest first; with `all`, the others too. Bounded by `from`, `to`,
/// `limit`, `offset` and `externalId`.
pub(super) async fn list(
    State(wallet): State<PlayWallet>,
    params: Params,
) -> Result<Json<Vec<IncomingPayment>>, ApiError> {
    let now_ms = wallet.network.clock.now_ms();
    let found = wallet.list_incoming(params.page(now_ms)?).await?;
    let payments = found.into_iter().map(|row| IncomingPayment::of(row, now_ms));
    Ok(Json(payments.collect()))
}

/// One invoice. As with phoenixd, its preimage is shown before it is paid.
pub(super) async fn by_hash(
    State(wallet): State<PlayWallet>,
    Path(hash): Path<String>,
) -> Result<Json<IncomingPayment>, ApiError> {
    let found = wallet.incoming(payment_hash(&hash)?).await?;
    let invoice = found.ok_or(ApiError::NotFound)?;
    let now_ms = wallet.network.clock.now_ms();
    Ok(Json(IncomingPayment::of(invoice, now_ms)))
}

impl IncomingPayment {
    fn of(invoice: Incoming, now_ms: i64) -> Self {
        let received = invoice.settled.map(|settled| settled.received);
        Self {
            r#type: "incoming_payment",
            sub_type: "lightning",
            payment_hash: invoice.hash.to_string(),
            preimage: invoice.preimage.reveal_hex(),
            external_id: invoice.external_id,
            description: invoice.description,
            invoice: invoice.bolt11,
            is_paid: invoice.settled.is_some(),
            is_expired: now_ms > invoice.expires_at_ms,
            requested_sat: invoice.amount.map(|amount| amount.to_sats_floor().get()),
            received_sat: received.unwrap_or_default().to_sats_floor().get(),
            fees: 0,
            expires_at: invoice.expires_at_ms,
            completed_at: invoice.settled.map(|settled| settled.at_ms),
            created_at: invoice.created_at_ms,
        }
    }
}
