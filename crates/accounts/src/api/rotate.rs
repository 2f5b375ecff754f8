//! `POST /api/v1/token/rotate`: a new token in the place of the one shown.

use super::answer::{optional_token, private, refusal};
use crate::{AccountError, Accounts, Token};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde_json::json;

pub(super) async fn handle(State(accounts): State<Accounts>, headers: HeaderMap) -> Response {
    match rotate(&accounts, &headers).await {
        Ok(token) => private(StatusCode::OK, Json(json!({"token": token.reveal()}))),
        Err(error) => refusal(&error),
    }
}

async fn rotate(accounts: &Accounts, headers: &HeaderMap) -> Result<Token, AccountError> {
    let token = optional_token(headers)?.ok_or(AccountError::MissingToken)?;
    accounts.rotate(&token).await
}
