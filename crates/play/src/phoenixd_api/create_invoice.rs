//! `POST /createinvoice`

use super::error::ApiError;
use super::params::Params;
use crate::PlayWallet;
use crate::invoice::Draft;
use axum::Json;
use axum::extract::State;
use serde::Serialize;

/// An hour, as in BOLT 11.
const EXPIRY_S_DEFAULT: u32 = 3_600;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Created {
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_sat: Option<u64>,
    payment_hash: String,
    serialized: String,
}

/// Makes an invoice of `amountSat` (the payer's choice without it) with a `description`, valid
/// for `expirySeconds`, which lists find by `externalId`.
pub(super) async fn handle(
    State(wallet): State<PlayWallet>,
    params: Params,
) -> Result<Json<Created>, ApiError> {
    for unsupported in ["descriptionHash", "webhookUrl"] {
        if params.text(unsupported).is_some() {
            let text = format!("{unsupported} is not supported by the play network");
            return Err(ApiError::BadRequest(text));
        }
    }
    let description = params.text("description").ok_or_else(|| {
        ApiError::BadRequest("Must provide either a description or descriptionHash".into())
    })?;
    let draft = Draft {
        amount: params.amount()?,
        description: description.to_owned(),
        expiry_s: params.integer("expirySeconds")?.unwrap_or(EXPIRY_S_DEFAULT),
        external_id: params.text("externalId").map(str::to_owned),
    };
    let created = wallet.create_invoice(draft).await?;
    Ok(Json(Created {
        amount_sat: created.amount.map(|amount| amount.to_sats_floor().get()),
        payment_hash: created.hash.to_string(),
        serialized: created.bolt11,
    }))
}
