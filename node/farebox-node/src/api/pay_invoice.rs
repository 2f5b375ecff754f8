//! `POST /payinvoice`

use super::Node;
use super::error::ApiError;
use super::params::Params;
use crate::lightning::{PayRequest, Paying, pay};
use crate::store::{Outgoing, State as PaymentState};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PaymentSent {
    r#type: &'static str,
    recipient_amount_sat: u64,
    /// Rounded down.
    routing_fee_sat: u64,
    routing_fee_msat: u64,
    payment_id: String,
    payment_hash: String,
    payment_preimage: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PaymentFailed {
    r#type: &'static str,
    payment_hash: String,
    reason: String,
}

/// Pays an `invoice`, with `amountSat` in place of its own amount where that is given, for a
/// routing fee of at most `maxFeeMsat`. Answers when the payment has ended; an invoice that this
/// node paid before is a failure.
pub(super) async fn handle(State(node): State<Node>, params: Params) -> Result<Response, ApiError> {
    let invoice = params.invoice()?;
    if invoice.network() != node.network() {
        return Err(ApiError::BadRequest("the invoice is for another chain".into()));
    }
    let asked_msat = params.amount_msat("amountSat")?;
    let amount_msat = asked_msat.or(invoice.amount_milli_satoshis());
    let amount_msat = amount_msat.filter(|msat| *msat > 0).ok_or(ApiError::Missing("amountSat"))?;
    let fee_max_msat = params.integer("maxFeeMsat")?;
    let hash = invoice.payment_hash().to_string();
    let paying = pay(&node, PayRequest { invoice, amount_msat, fee_max_msat }).await?;
    Ok(match paying {
        Paying::Ended(payment) => ended(payment),
        Paying::NotTried(reason) => failed(hash, reason),
        // Clients of phoenixd know these two by their words, and look the payment up.
        Paying::AlreadyPaid => failed(hash, "this invoice has already been paid"),
        Paying::UnderWay => failed(hash, "another payment is in progress for that invoice"),
    })
}

fn ended(payment: Outgoing) -> Response {
    match payment.state {
        PaymentState::Paid { preimage, fee_msat } => Json(PaymentSent {
            r#type: "payment_sent",
            recipient_amount_sat: payment.amount_msat / 1_000,
            routing_fee_sat: fee_msat / 1_000,
            routing_fee_msat: fee_msat,
            payment_id: payment.id,
            payment_hash: payment.hash.to_string(),
            payment_preimage: hex::encode(preimage.0),
        })
        .into_response(),
        PaymentState::Failed { reason } => failed(payment.hash.to_string(), &reason),
        PaymentState::Pending => {
            failed(payment.hash.to_string(), "the payment is still in progress")
        }
    }
}

fn failed(payment_hash: String, reason: &str) -> Response {
    let reason = reason.to_owned();
    Json(PaymentFailed { r#type: "payment_failed", payment_hash, reason }).into_response()
}
