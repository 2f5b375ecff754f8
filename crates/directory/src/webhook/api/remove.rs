//! `DELETE /api/v1/webhooks/{id}`.

use super::shown_secret;
use crate::http_answer::private;
use crate::webhook::Webhooks;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use farebox_wire::api_error::ErrorBody;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

/// A webhook that is no more.
#[derive(Serialize, ToSchema)]
pub(super) struct RemovedWebhook {
    id: String,
    /// `deleted`
    status: &'static str,
}

/// Removes a webhook; what waits for it is not sent.
#[utoipa::path(
    delete,
    path = "/api/v1/webhooks/{id}",
    tag = "webhooks",
    params(
        ("id" = String, Path, description = "The webhook"),
        ("X-Webhook-Secret" = String, Header, description = "Its secret"),
    ),
    responses(
        (status = 200, description = "Removed", body = RemovedWebhook),
        (status = 401, description = "Without its secret", body = ErrorBody),
        (status = 403, description = "Another secret", body = ErrorBody),
        (status = 404, description = "No such webhook", body = ErrorBody),
    )
)]
pub(super) async fn remove_webhook(
    State(webhooks): State<Webhooks>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    match webhooks.remove(&id, shown_secret(&headers)).await {
        Ok(()) => private(StatusCode::OK, Json(RemovedWebhook { id, status: "deleted" })),
        Err(error) => error.response(),
    }
}
