//! `GET /api/v1/ai-for-hire/me`: whose token it is, and what it can spend.

use super::answer::{private, refusal, token};
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
    let spendable = accounts.spendable(&token(headers)?).await?;
    let balance_sats = spendable.balance.to_sats_floor().get();
    Ok(json!({"account_id": spendable.account, "balance_sats": balance_sats}))
}
