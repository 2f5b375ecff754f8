//! `GET /api/v1/balance`: what the token's account has, or what a child token can
//! still spend of it.

use super::answer::{private, refusal, token};
use crate::children::date;
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
    let mut body = json!({
        "account_id": spendable.account,
        "balance_sats": spendable.balance.to_sats_floor().get(),
        "balance_msat": spendable.balance,
    });
    if let (Some(child), Some(body)) = (spendable.child, body.as_object_mut()) {
        let token = json!({
            "id": child.id,
            "cap_sats": child.cap.to_sats_floor(),
            "spent_sats": child.spent.to_sats_ceil(),
            "expires_at": child.expires_at.map(date),
        });
        body.insert("token".to_owned(), token);
    }
    Ok(body)
}
