//! `GET /api/v1/balance`: what the token's account has.

use super::answer::{account, private, refusal};
use crate::{AccountError, Accounts};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

pub(super) async fn handle(State(accounts): State<Accounts>, headers: HeaderMap) -> Response {
    match look(&accounts, &headers).await {
        Ok(body) => private(StatusCode::OK, Json(body)),
        Err(error) => refusal(&error),
    }
}

async fn look(accounts: &Accounts, headers: &HeaderMap) -> Result<Value, AccountError> {
    let account = account(accounts, headers).await?;
    let balance = accounts.balance(&account).await?;
    Ok(json!({
        "account_id": account,
        "balance_sats": balance.to_sats_floor().get(),
        "balance_msat": balance,
    }))
}
