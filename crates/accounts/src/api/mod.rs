//! The HTTP API of prepaid balances.

mod amount;
mod answer;
mod balance;
mod claim;
mod collect;
mod document;
pub(crate) mod idempotent;
mod ledger;
mod me;
mod rotate;
mod tokens;
mod topup;
mod withdrawal_view;

use crate::Accounts;
use axum::extract::DefaultBodyLimit;
use farebox_rates::Rates;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

pub use answer::refusal;

/// Larger bodies are refused; real ones are a few hundred bytes.
const BODY_LEN_MAX: usize = 16 * 1024;

/// Every endpoint. A top-up that names dollars is converted at the current one of `rates`.
pub fn routes(accounts: Accounts, rates: Rates) -> OpenApiRouter {
    let topup = routes!(topup::handle).with_state((accounts.clone(), rates));
    OpenApiRouter::default()
        .routes(topup)
        .routes(routes!(claim::handle))
        .routes(routes!(balance::handle))
        .routes(routes!(ledger::handle))
        .routes(routes!(rotate::handle))
        .routes(routes!(tokens::list, tokens::make))
        .routes(routes!(tokens::revoke))
        .routes(routes!(collect::handle))
        .routes(routes!(collect::look))
        .routes(routes!(me::handle))
        .layer(DefaultBodyLimit::max(BODY_LEN_MAX))
        .with_state(accounts)
}
