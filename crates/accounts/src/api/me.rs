//! `GET /api/v1/ai-for-hire/me`: whose token it is, and what it can spend.

use super::answer::{private, refusal, token};
use super::document::TokenRefusals;
use crate::{AccountError, Accounts};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

/// Whose token it is.
#[derive(Serialize, ToSchema)]
#[schema(as = Me)]
struct MeBody {
    account_id: String,
    balance_sats: u64,
}

/// Shows whose token it is, and what it can spend.
#[utoipa::path(
    get,
    path = "/api/v1/ai-for-hire/me",
    operation_id = "me",
    tag = "accounts",
    security(("account_token" = [])),
    responses((status = 200, description = "The account", body = MeBody), TokenRefusals)
)]
pub(super) async fn handle(State(accounts): State<Accounts>, headers: HeaderMap) -> Response {
    match look(&accounts, &headers).await {
        Ok(body) => private(StatusCode::OK, Json(body)),
        Err(error) => refusal(&error),
    }
}

async fn look(accounts: &Accounts, headers: &HeaderMap) -> Result<MeBody, AccountError> {
    let spendable = accounts.spendable(&token(headers)?).await?;
    let balance_sats = spendable.balance.to_sats_floor().get();
    Ok(MeBody { account_id: spendable.account, balance_sats })
}
