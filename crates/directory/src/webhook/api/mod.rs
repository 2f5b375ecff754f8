//! The HTTP API of webhooks, one file per endpoint.

mod look;
mod register;
mod remove;

use super::Webhooks;
use crate::http_answer::BODY_LEN_MAX;
use axum::extract::DefaultBodyLimit;
use http::HeaderMap;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Registers, shows and removes webhooks.
pub fn routes(webhooks: Webhooks) -> OpenApiRouter {
    OpenApiRouter::default()
        .routes(routes!(register::register_webhook))
        .routes(routes!(look::show_webhook, remove::remove_webhook))
        .layer(DefaultBodyLimit::max(BODY_LEN_MAX))
        .with_state(webhooks)
}

/// The secret that a request shows.
fn shown_secret(headers: &HeaderMap) -> Option<&str> {
    headers.get("x-webhook-secret")?.to_str().ok()
}
