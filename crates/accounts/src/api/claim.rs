//! `POST /api/v1/topup/claim` with `{"preimage": "…"}`: answers the token and the balance. With
//! `"token"`, or a token in a header, it reports a refill.

use super::answer::{client, optional_token, parse, private, refusal};
use crate::{AccountError, Accounts, ClaimRequest, Claimed, Token};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use farebox_wire::api_error::ErrorBody;
use http::{Extensions, HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Longer keys are cut off nowhere and refused.
const KEY_LEN_MAX: usize = 255;

#[derive(Deserialize, ToSchema)]
#[schema(as = TopupClaim)]
struct ClaimBody {
    /// What the wallet got for paying, in hexadecimal digits.
    preimage: String,
    /// The token of the account that was refilled.
    #[serde(default)]
    token: Option<String>,
}

/// The account that was opened or refilled.
#[derive(Serialize, ToSchema)]
#[schema(as = ClaimedTopup)]
struct ClaimedBody<'a> {
    token: &'a str,
    balance_sats: u64,
}

/// Opens an account with a paid top-up, or reports a refill.
#[utoipa::path(
    post,
    path = "/api/v1/topup/claim",
    operation_id = "claim_topup",
    tag = "accounts",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same for a repeat of the same request")),
    request_body = ClaimBody,
    responses(
        (status = 200, description = "The token and the balance", body = ClaimedBody),
        (status = 400, description = "The body or the payment cannot be used", body = ErrorBody),
        (status = 401, description = "The token is not known here", body = ErrorBody),
        (status = 409, description = "The payment has not arrived yet", body = ErrorBody),
        (status = 503, description = "Nothing was done; `Retry-After` says when to ask again", body = ErrorBody),
    )
)]
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
            let body = ClaimedBody { token: token.reveal(), balance_sats };
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
