//! The HTTP API of prepaid balances.

mod amount;
mod answer;
mod balance;
mod claim;
mod ledger;
mod rotate;
mod topup;

use crate::Accounts;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
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
        .layer(DefaultBodyLimit::max(BODY_LEN_MAX))
        .with_state(accounts)
}
