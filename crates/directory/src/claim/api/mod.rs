//! The HTTP API of claims, one file per endpoint.

mod begin;
mod begin_service;
mod fields;
mod reset;
mod revoke;
mod verify;
mod verify_service;

use super::Claims;
use crate::Admin;
use crate::http_answer::BODY_LEN_MAX;
use axum::extract::DefaultBodyLimit;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Claims of domains and of services.
pub fn routes(claims: Claims) -> OpenApiRouter {
    OpenApiRouter::default()
        .routes(routes!(begin::begin_claim))
        .routes(routes!(verify::verify_claim))
        .routes(routes!(revoke::revoke_claim))
        .routes(routes!(begin_service::begin_service_claim))
        .routes(routes!(verify_service::verify_service_claim))
        .layer(DefaultBodyLimit::max(BODY_LEN_MAX))
        .with_state(claims)
}

/// What takes the admin's secret.
pub fn admin_routes(claims: Claims, admin: Admin) -> OpenApiRouter {
    OpenApiRouter::default()
        .routes(routes!(reset::reset_claim))
        .layer(DefaultBodyLimit::max(BODY_LEN_MAX))
        .with_state((claims, admin))
}
