//! phoenixd's HTTP API (version 0.8), and what this node can do beyond it.
//!
//! Requests are forms, answers are JSON, and errors are plain text, as phoenixd has them. HTTP
//! Basic authentication with any user name: the full password may do everything, the limited
//! one everything that moves no money out. A payment that failed is a 200 with a `reason`.

mod auth;
mod channels;
mod create_invoice;
mod decode_invoice;
mod error;
mod hold_invoices;
mod incoming;
mod node;
mod onchain;
mod outgoing;
mod params;
mod pay_invoice;
mod serve;
mod websocket;

pub(crate) use serve::serve;

use crate::data_dir::Passwords;
use crate::lightning::Lightning;
use auth::{any_access, full_access};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use std::sync::Arc;

/// Longer requests are refused; real ones are a few kilobytes.
const BODY_LEN_MAX: usize = 64 * 1_024;

type Node = Arc<Lightning>;

/// The API of a node, to be served at the root of an address of its own.
pub(crate) fn router(lightning: Node, passwords: Passwords) -> Router {
    let passwords = Arc::new(passwords);
    let spending = Router::new()
        .route("/payinvoice", post(pay_invoice::handle))
        .route("/openchannel", post(channels::open))
        .route("/closechannel", post(channels::close))
        .route_layer(from_fn_with_state(Arc::clone(&passwords), full_access));
    let others = Router::new()
        .route("/getinfo", get(node::info))
        .route("/getbalance", get(node::balance))
        .route("/listchannels", get(channels::list))
        .route("/getaddress", post(onchain::address))
        .route("/getonchainbalance", get(onchain::balance))
        .route("/createinvoice", post(create_invoice::handle))
        .route("/createholdinvoice", post(hold_invoices::create))
        .route("/settleholdinvoice", post(hold_invoices::settle))
        .route("/cancelholdinvoice", post(hold_invoices::cancel))
        .route("/decodeinvoice", post(decode_invoice::handle))
        .route("/payments/incoming", get(incoming::list))
        .route("/payments/incoming/{hash}", get(incoming::by_hash))
        .route("/payments/outgoing", get(outgoing::list))
        .route("/payments/outgoing/{id}", get(outgoing::by_id))
        .route("/payments/outgoingbyhash/{hash}", get(outgoing::by_hash))
        .route("/websocket", get(websocket::handle))
        .route_layer(from_fn_with_state(passwords, any_access));
    Router::new()
        .merge(spending)
        .merge(others)
        .fallback(unknown_endpoint)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(BODY_LEN_MAX))
        .with_state(lightning)
}

async fn unknown_endpoint() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "Unknown endpoint (check api doc)")
}

async fn wrong_method() -> (StatusCode, &'static str) {
    let text = "Invalid http method (use the correct GET/POST)";
    (StatusCode::METHOD_NOT_ALLOWED, text)
}
