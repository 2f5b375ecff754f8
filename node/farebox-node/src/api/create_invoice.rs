//! `POST /createinvoice`

use super::Node;
use super::error::ApiError;
use super::params::Params;
use crate::lightning::{InvoiceRequest, blocking};
use axum::Json;
use axum::extract::State;
use ldk_node::lightning_invoice::Bolt11Invoice;
use ldk_node::lightning_types::payment::PaymentHash;
use serde::Serialize;

/// An hour, as in BOLT 11.
const EXPIRY_S_DEFAULT: u32 = 3_600;
/// A year.
const EXPIRY_S_MAX: u32 = 366 * 86_400;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Created {
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_sat: Option<u64>,
    payment_hash: String,
    serialized: String,
}

/// Makes an invoice of `amountSat` (the payer's choice without it) for a `description` or a
/// `descriptionHash`, valid for `expirySeconds`, which lists find by `externalId`.
pub(super) async fn handle(
    State(node): State<Node>,
    params: Params,
) -> Result<Json<Created>, ApiError> {
    create(&node, &params, None).await
}

/// Makes an invoice, or a hold invoice for a hash.
pub(super) async fn create(
    node: &Node,
    params: &Params,
    hold: Option<PaymentHash>,
) -> Result<Json<Created>, ApiError> {
    if params.text("webhookUrl").is_some() {
        let text = "webhookUrl is not supported; connect to /websocket".to_owned();
        return Err(ApiError::BadRequest(text));
    }
    let expiry_s = params.integer("expirySeconds")?.unwrap_or(EXPIRY_S_DEFAULT);
    if !(1..=EXPIRY_S_MAX).contains(&expiry_s) {
        let wanted = "a number of seconds from 1 to a year";
        return Err(ApiError::Invalid { name: "expirySeconds", wanted });
    }
    let request = InvoiceRequest {
        amount_msat: params.amount_msat("amountSat")?,
        description: params.invoice_text()?,
        expiry_s,
        external_id: params.external_id()?,
        hold,
    };
    let invoice = blocking(node, |node| node.create_invoice(request)).await?;
    Ok(Json(Created::of(&invoice)))
}

impl Created {
    fn of(invoice: &Bolt11Invoice) -> Self {
        Self {
            amount_sat: invoice.amount_milli_satoshis().map(|msat| msat / 1_000),
            payment_hash: invoice.payment_hash().to_string(),
            serialized: invoice.to_string(),
        }
    }
}
