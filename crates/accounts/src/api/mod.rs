//! The HTTP API of prepaid balances.

mod amount;
mod answer;
mod balance;
mod claim;
mod collect;
pub(crate) mod idempotent;
mod ledger;
mod me;
mod rotate;
mod tokens;
mod topup;

use crate::Accounts;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{delete, get, post};
use farebox_rates::Rates;

pub use answer::refusal;

/// Larger bodies are refused; real ones are a few hundred bytes.
const BODY_LEN_MAX: usize = 16 * 1024;

/// Every endpoint. A top-up that names dollars is converted at the current one of `rates`.
pub fn routes(accounts: Accounts, rates: Rates) -> Router {
    let topup = post(topup::handle).with_state((accounts.clone(), rates));
    Router::new()
        .route("/api/v1/topup", topup)
        .route("/api/v1/topup/claim", post(claim::handle))
        .route("/api/v1/balance", get(balance::handle))
        .route("/api/v1/ledger", get(ledger::handle))
        .route("/api/v1/token/rotate", post(rotate::handle))
        .route("/api/v1/tokens", get(tokens::list).post(tokens::make))
        .route("/api/v1/tokens/{id}", delete(tokens::revoke))
        .route("/api/v1/ai-for-hire/collect", post(collect::handle))
        .route("/api/v1/ai-for-hire/collect/{payment_hash}", get(collect::look))
        .route("/api/v1/ai-for-hire/me", get(me::handle))
        .layer(DefaultBodyLimit::max(BODY_LEN_MAX))
        .with_state(accounts)
}
