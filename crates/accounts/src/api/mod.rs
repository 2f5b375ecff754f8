//! The HTTP API of prepaid balances.

mod answer;
mod balance;
mod claim;
mod collect;
mod ledger;
mod me;
mod rotate;
mod topup;

use crate::Accounts;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

pub use answer::refusal;

/// Larger bodies are refused; real ones are a few hundred bytes.
const BODY_LEN_MAX: usize = 16 * 1024;

/// Every endpoint.
pub fn routes(accounts: Accounts) -> Router {
    Router::new()
        .route("/api/v1/topup", post(topup::handle))
        .route("/api/v1/topup/claim", post(claim::handle))
        .route("/api/v1/balance", get(balance::handle))
        .route("/api/v1/ledger", get(ledger::handle))
        .route("/api/v1/token/rotate", post(rotate::handle))
        .route("/api/v1/ai-for-hire/collect", post(collect::handle))
        .route("/api/v1/ai-for-hire/collect/{payment_hash}", get(collect::look))
        .route("/api/v1/ai-for-hire/me", get(me::handle))
        .layer(DefaultBodyLimit::max(BODY_LEN_MAX))
        .with_state(accounts)
}
