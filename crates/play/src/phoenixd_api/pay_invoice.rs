//! `POST /payinvoice`

use super::error::ApiError;
use super::outgoing::reveal;
use super::params::Params;
use crate::PlayWallet;
use crate::outgoing::{Outgoing, State as PaymentState};
use crate::payment::Outcome;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use farebox_wire::lightning::PaymentHash;
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PaymentSent {
    recipient_amount_sat: u64,
    routing_fee_sat: u64,
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

/// Pays an `invoice`, with `amountSat` in place of its own amount where that is given. Answers
/// when the payment has ended; an invoice that this wallet paid before is a failure.
pub(super) async fn handle(
    State(wallet): State<PlayWallet>,
    params: Params,
) -> Result<Response, ApiError> {
    let amount = params.amount()?;
    let (text, invoice) = params.invoice()?;
    let amount = amount
        .or(invoice.amount)
        .filter(|amount| !amount.is_zero())
        .ok_or(ApiError::Missing("amountSat"))?;
    let hash = invoice.payment_hash;
    let outcome = wallet.carry_out(wallet.attempt(text, invoice, amount)).await?;
    Ok(answer(outcome, hash, &wallet))
}

fn answer(outcome: Outcome, hash: PaymentHash, wallet: &PlayWallet) -> Response {
    match outcome {
        Outcome::Recorded(payment) => ended(payment, wallet),
        Outcome::AlreadyPaid(_) => failed(hash, "this invoice has already been paid"),
        Outcome::AlreadyInProgress => {
            failed(hash, "another payment is in progress for that invoice")
        }
        Outcome::Refused(refusal) => failed(hash, refusal.reason()),
    }
}

fn ended(payment: Outgoing, wallet: &PlayWallet) -> Response {
    match payment.state {
        PaymentState::Paid(preimage) => Json(PaymentSent {
            recipient_amount_sat: payment.amount.to_sats_floor().get(),
            routing_fee_sat: 0,
            payment_id: payment.id,
            payment_hash: payment.hash.to_string(),
            payment_preimage: reveal(preimage, wallet),
        })
        .into_response(),
        PaymentState::Failed(reason) => failed(payment.hash, &reason),
        PaymentState::Pending => failed(payment.hash, "the payment has not ended"),
    }
}

fn failed(hash: PaymentHash, reason: &str) -> Response {
    Json(PaymentFailed {
        r#type: "payment_failed",
        payment_hash: hash.to_string(),
        reason: reason.to_owned(),
    })
    .into_response()
}
