//! `POST /api/v1/topup/claim` with `{"preimage": "…"}`: answers the token and the balance. With
//! `"token"`, or a token in a header, it reports a refill.

use super::answer::{client, optional_token, parse, private, refusal};
use crate::{AccountError, Accounts, ClaimRequest, Claimed, Token};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use http::{Extensions, HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::json;

/// Longer keys are cut off nowhere and refused.
const KEY_LEN_MAX: usize = 255;

#[derive(Deserialize)]
struct ClaimBody {
    preimage: String,
    #[serde(default)]
    token: Option<String>,
}

pub(super) async fn handle(
    State(accounts): State<Accounts>,
    headers: HeaderMap,
    extensions: Extensions,
    body: Bytes,
) -> Response {
    let asked: ClaimBody = match parse(&body, r#"{"preimage": "64 hexadecimal digits"}"#) {
        Ok(asked) => asked,
        Err(response) => return *response,
    };
    match claim(&accounts, asked, &headers, client(&extensions)).await {
        Ok(Claimed { token, balance }) => {
            let balance_sats = balance.to_sats_floor().get();
            let body = json!({"token": token.reveal(), "balance_sats": balance_sats});
            private(StatusCode::OK, Json(body))
        }
        Err(error) => refusal(&error),
    }
}

async fn claim(
    accounts: &Accounts,
    asked: ClaimBody,
    headers: &HeaderMap,
    client: String,
) -> Result<Claimed, AccountError> {
    let in_body = match asked.token.as_deref() {
        Some(text) => Some(Token::parse(text).ok_or(AccountError::InvalidToken)?),
        None => None,
    };
    let token = match (in_body, optional_token(headers)?) {
        (Some(one), Some(other)) if one != other => {
            return Err(AccountError::ConflictingCredentials);
        }
        (one, other) => one.or(other),
    };
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok());
    let idempotency_key = key.filter(|key| key.len() <= KEY_LEN_MAX).map(str::to_owned);
    let preimage = asked.preimage.parse().map_err(|_| AccountError::InvalidPayment)?;
    accounts.claim(ClaimRequest { preimage, token, idempotency_key, client }).await
}
