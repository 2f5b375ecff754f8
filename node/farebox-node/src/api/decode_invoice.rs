//! `POST /decodeinvoice`

use super::error::ApiError;
use super::node::chain;
use super::params::Params;
use axum::Json;
use ldk_node::lightning_invoice::Bolt11InvoiceDescriptionRef;
use serde::Serialize;

/// An invoice as its payee signed it; `amount` in millisatoshis.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Decoded {
    chain: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<u64>,
    payment_hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description_hash: Option<String>,
    payee: String,
    expiry_seconds: u64,
    timestamp_seconds: u64,
}

/// Reads an `invoice` of any network.
pub(super) async fn handle(params: Params) -> Result<Json<Decoded>, ApiError> {
    let invoice = params.invoice()?;
    let (description, description_hash) = match invoice.description() {
        Bolt11InvoiceDescriptionRef::Direct(text) => (Some(text.to_string()), None),
        Bolt11InvoiceDescriptionRef::Hash(hash) => (None, Some(hash.0.to_string())),
    };
    Ok(Json(Decoded {
        chain: chain(invoice.network()),
        amount: invoice.amount_milli_satoshis(),
        payment_hash: invoice.payment_hash().to_string(),
        description,
        description_hash,
        payee: invoice.recover_payee_pub_key().to_string(),
        expiry_seconds: invoice.expiry_time().as_secs(),
        timestamp_seconds: invoice.duration_since_epoch().as_secs(),
    }))
}
