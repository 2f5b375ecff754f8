//! phoenixd's HTTP API (version 0.8) in front of one wallet.
//!
//! Requests are forms, answers are JSON, and errors are plain text, as phoenixd has them. HTTP
//! Basic authentication with any user name: the full password may do everything, the limited
//! one everything but pay. A payment that failed is a 200 with a `reason`.

mod auth;
mod create_invoice;
mod decode_invoice;
mod error;
mod incoming;
mod node;
mod outgoing;
mod params;
mod pay_invoice;

pub use auth::ApiPasswords;

use crate::PlayWallet;
use auth::{any_access, full_access};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use std::sync::Arc;

/// Longer requests are refused; real ones are a few kilobytes.
const BODY_LEN_MAX: usize = 64 * 1_024;

/// The API of `wallet`, to be served at the root of an address of its own: phoenixd's is
/// `127.0.0.1:9740`.
pub fn router(wallet: PlayWallet, passwords: ApiPasswords) -> Router {
    let passwords = Arc::new(passwords);
    let paying = Router::new()
        .route("/payinvoice", post(pay_invoice::handle))
        .route_layer(from_fn_with_state(Arc::clone(&passwords), full_access));
    let others = Router::new()
        .route("/getinfo", get(node::info))
        .route("/getbalance", get(node::balance))
        .route("/createinvoice", post(create_invoice::handle))
        .route("/decodeinvoice", post(decode_invoice::handle))
        .route("/payments/incoming", get(incoming::list))
        .route("/payments/incoming/{hash}", get(incoming::by_hash))
        .route("/payments/outgoing", get(outgoing::list))
        .route("/payments/outgoing/{id}", get(outgoing::by_id))
        .route("/payments/outgoingbyhash/{hash}", get(outgoing::by_hash))
        .route_layer(from_fn_with_state(passwords, any_access));
    Router::new()
        .merge(paying)
        .merge(others)
        .route("/", get(welcome))
        .fallback(unknown_endpoint)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(BODY_LEN_MAX))
        .with_state(wallet)
}

async fn welcome() -> &'static str {
    "A play Lightning wallet with phoenixd's HTTP API. Its money is not real.\n"
}

async fn unknown_endpoint() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "Unknown endpoint (check api doc)")
}

async fn wrong_method() -> (StatusCode, &'static str) {
    let text = "Invalid http method (use the correct GET/POST)";
    (StatusCode::METHOD_NOT_ALLOWED, text)
}
