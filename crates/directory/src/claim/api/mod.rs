//! The HTTP API of claims, one file per endpoint.

mod begin;
mod begin_service;
mod fields;
mod reset;
mod revoke;
mod verify;
mod verify_service;

use super::Claims;
use crate::http_answer::BODY_LEN_MAX;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::post;

/// Claims of domains and of services.
pub fn routes(claims: Claims) -> Router {
    Router::new()
        .route("/api/v1/claim", post(begin::handle))
        .route("/api/v1/claim/verify", post(verify::handle))
        .route("/api/v1/claim/revoke", post(revoke::handle))
        .route("/api/claim/{service_id}", post(begin_service::handle))
        .route("/api/claim/{service_id}/verify", post(verify_service::handle))
        .layer(DefaultBodyLimit::max(BODY_LEN_MAX))
        .with_state(claims)
}

/// What only admins may do. Asks for no secret itself: the caller puts that in front.
pub fn admin_routes(claims: Claims) -> Router {
    Router::new()
        .route("/api/v1/admin/domains/{domain}/reset", post(reset::handle))
        .layer(DefaultBodyLimit::max(BODY_LEN_MAX))
        .with_state(claims)
}
