//! `GET /payments/outgoing`, `GET /payments/outgoing/{uuid}` and
//! `GET /payments/outgoingbyhash/{paymentHash}`

use super::error::ApiError;
use super::params::{Params, payment_hash};
use crate::PlayWallet;
use crate::outgoing::{Outgoing, State as PaymentState};
use axum::Json;
use axum::extract::{Path, State};
use farebox_wire::lightning::Preimage;
use serde::Serialize;

/// Times in milliseconds since 1970, `sent` in satoshis, `fees` in millisatoshis.
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
    invoice: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_at: Option<i64>,
    created_at: i64,
}

/// The payments that were made, newest first; with `all`, the pending and failed ones too.
/// Bounded by `from`, `to`, `limit` and `offset`.
pub(super) async fn list(
    State(wallet): State<PlayWallet>,
    params: Params,
) -> Result<Json<Vec<OutgoingPayment>>, ApiError> {
    let now_ms = wallet.network.clock.now_ms();
    let found = wallet.list_outgoing(params.page(now_ms)?).await?;
    let payments = found.into_iter().map(|row| OutgoingPayment::of(row, &wallet));
    Ok(Json(payments.collect()))
}

/// One payment by its id.
pub(super) async fn by_id(
    State(wallet): State<PlayWallet>,
    Path(id): Path<String>,
) -> Result<Json<OutgoingPayment>, ApiError> {
    if !is_uuid(&id) {
        let (name, wanted) = ("uuid", "uuid");
        return Err(ApiError::Invalid { name, wanted });
    }
    let found = wallet.outgoing_by_id(id.to_lowercase()).await?;
    let payment = found.ok_or(ApiError::NotFound)?;
    Ok(Json(OutgoingPayment::of(payment, &wallet)))
}

/// The best attempt at a payment hash: paid before pending before failed.
pub(super) async fn by_hash(
    State(wallet): State<PlayWallet>,
    Path(hash): Path<String>,
) -> Result<Json<OutgoingPayment>, ApiError> {
    let found = wallet.outgoing(payment_hash(&hash)?).await?;
    let payment = found.ok_or(ApiError::NotFound)?;
    Ok(Json(OutgoingPayment::of(payment, &wallet)))
}

impl OutgoingPayment {
    fn of(payment: Outgoing, wallet: &PlayWallet) -> Self {
        let preimage = match &payment.state {
            PaymentState::Paid(preimage) => Some(reveal(*preimage, wallet)),
            PaymentState::Pending | PaymentState::Failed(_) => None,
        };
        Self {
            r#type: "outgoing_payment",
            sub_type: "lightning",
            payment_id: payment.id,
            payment_hash: payment.hash.to_string(),
            is_paid: preimage.is_some(),
            preimage,
            sent: payment.amount.to_sats_floor().get(),
            fees: 0,
            invoice: payment.bolt11,
            completed_at: payment.completed_at_ms,
            created_at: payment.created_at_ms,
        }
    }
}

/// A preimage for its payer to read, unless a fault replaces it.
pub(super) fn reveal(preimage: Preimage, wallet: &PlayWallet) -> String {
    let shown = if wallet.network.faults.reveals_wrong_preimage() {
        Preimage::new([0; 32])
    } else {
        preimage
    };
    shown.reveal_hex()
}

fn is_uuid(text: &str) -> bool {
    let digits_or_dashes = text.bytes().enumerate().all(|(position, byte)| {
        if matches!(position, 8 | 13 | 18 | 23) { byte == b'-' } else { byte.is_ascii_hexdigit() }
    });
    text.len() == 36 && digits_or_dashes
}
