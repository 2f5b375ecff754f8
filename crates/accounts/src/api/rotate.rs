//! `POST /api/v1/token/rotate`: a new token in the place of the one shown. The child tokens are
//! revoked with it, because whoever had the token may have made some, unless the body is
//! `{"keep_children": true}`.

use super::answer::{parse, private, refusal, token};
use crate::{AccountError, Accounts, Token};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::json;

#[derive(Debug, Default, Deserialize)]
struct RotateBody {
    #[serde(default)]
    keep_children: bool,
}

pub(super) async fn handle(
    State(accounts): State<Accounts>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let asked: RotateBody = match body.is_empty() {
        true => RotateBody::default(),
        false => match parse(&body, r#"{"keep_children": true}"#) {
            Ok(asked) => asked,
            Err(response) => return *response,
        },
    };
    match rotate(&accounts, &headers, asked.keep_children).await {
        Ok(token) => private(StatusCode::OK, Json(json!({"token": token.reveal()}))),
        Err(error) => refusal(&error),
    }
}

async fn rotate(
    accounts: &Accounts,
    headers: &HeaderMap,
    keep_children: bool,
) -> Result<Token, AccountError> {
    accounts.rotate(&token(headers)?, keep_children).await
}
