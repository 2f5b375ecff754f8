//! `GET /api/v1/balance`: what the token's account has, or what a child token can
//! still spend of it.

use super::answer::{private, refusal, token};
use super::document::TokenRefusals;
use crate::children::date;
use crate::{AccountError, Accounts};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use farebox_money::Msat;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

/// What a token can spend.
#[derive(Serialize, ToSchema)]
#[schema(as = Balance)]
struct BalanceBody {
    account_id: String,
    balance_sats: u64,
    #[schema(value_type = u64)]
    balance_msat: Msat,
    /// Of a child token only.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<SpendingBody>,
}

/// How far a child token has come.
#[derive(Serialize, ToSchema)]
#[schema(as = ChildTokenSpending)]
struct SpendingBody {
    id: String,
    cap_sats: u64,
    spent_sats: u64,
    #[schema(format = DateTime)]
    expires_at: Option<String>,
}

/// Shows what the token can spend.
#[utoipa::path(
    get,
    path = "/api/v1/balance",
    operation_id = "balance",
    tag = "accounts",
    security(("account_token" = [])),
    responses((status = 200, description = "What the token can spend", body = BalanceBody), TokenRefusals)
)]
pub(super) async fn handle(State(accounts): State<Accounts>, headers: HeaderMap) -> Response {
    match look(&accounts, &headers).await {
        Ok(body) => private(StatusCode::OK, Json(body)),
        Err(error) => refusal(&error),
    }
}

async fn look(accounts: &Accounts, headers: &HeaderMap) -> Result<BalanceBody, AccountError> {
    let spendable = accounts.spendable(&token(headers)?).await?;
    let token = spendable.child.map(|child| SpendingBody {
        id: child.id,
        cap_sats: child.cap.to_sats_floor().get(),
        spent_sats: child.spent.to_sats_ceil().get(),
        expires_at: child.expires_at.map(date),
    });
    Ok(BalanceBody {
        account_id: spendable.account,
        balance_sats: spendable.balance.to_sats_floor().get(),
        balance_msat: spendable.balance,
        token,
    })
}
