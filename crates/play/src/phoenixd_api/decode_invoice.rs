//! `POST /decodeinvoice`

use super::error::ApiError;
use super::params::Params;
use axum::Json;
use farebox_money::Msat;
use serde::Serialize;

/// An invoice as its payee signed it; `amount` in millisatoshis.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Decoded {
    chain: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<u64>,
    payment_hash: String,
    description: String,
    expiry_seconds: u64,
    timestamp_seconds: u64,
}

/// Reads an `invoice` of any network; needs no wallet.
pub(super) async fn handle(params: Params) -> Result<Json<Decoded>, ApiError> {
    let (_, invoice) = params.invoice()?;
    Ok(Json(Decoded {
        chain: invoice.network.name(),
        amount: invoice.amount.map(Msat::get),
        payment_hash: invoice.payment_hash.to_string(),
        description: invoice.description,
        expiry_seconds: invoice.expires_at.saturating_sub(invoice.created_at),
        timestamp_seconds: invoice.created_at,
    }))
}
