//! `GET /api/v1/webhooks/{id}`.

use super::register::WebhookState;
use super::shown_secret;
use crate::http_answer::private;
use crate::webhook::{Delivery, DeliveryStatus, Webhooks};
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use farebox_wire::api_error::ErrorBody;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

/// A webhook, and what it was last told.
#[derive(Serialize, ToSchema)]
pub(super) struct WebhookDetail {
    #[serde(flatten)]
    webhook: WebhookState,
    /// The latest 50, newest first.
    deliveries: Vec<DeliveryState>,
}

/// Something that a webhook was told, or is to be.
#[derive(Serialize, ToSchema)]
struct DeliveryState {
    /// Its `webhook-id`.
    id: String,
    event: &'static str,
    /// The listing that it happened to.
    service_id: String,
    /// `waiting`, `delivered` or `given_up`.
    status: String,
    attempts: u32,
    #[schema(value_type = String, format = DateTime)]
    created_at: jiff::Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_attempt_at: Option<jiff::Timestamp>,
    /// When it is sent again, if it waits.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_attempt_at: Option<jiff::Timestamp>,
    /// What the receiver answered last.
    http_status: Option<u16>,
    /// Why there was no answer.
    error: Option<String>,
}

impl From<Delivery> for DeliveryState {
    fn from(delivery: Delivery) -> Self {
        let is_waiting = delivery.status == DeliveryStatus::Waiting.name();
        Self {
            id: delivery.id,
            event: delivery.kind.name(),
            service_id: delivery.listing_id,
            status: delivery.status,
            attempts: delivery.attempts,
            created_at: delivery.created_at,
            last_attempt_at: delivery.last_attempt_at,
            next_attempt_at: is_waiting.then_some(delivery.next_attempt_at),
            http_status: delivery.http_status,
            error: delivery.error,
        }
    }
}

/// Shows a webhook and what it was last told.
#[utoipa::path(
    get,
    path = "/api/v1/webhooks/{id}",
    tag = "webhooks",
    params(
        ("id" = String, Path, description = "The webhook"),
        ("X-Webhook-Secret" = String, Header, description = "Its secret"),
    ),
    responses(
        (status = 200, description = "The webhook", body = WebhookDetail),
        (status = 401, description = "Without its secret", body = ErrorBody),
        (status = 403, description = "Another secret", body = ErrorBody),
        (status = 404, description = "No such webhook", body = ErrorBody),
    )
)]
pub(super) async fn show_webhook(
    State(webhooks): State<Webhooks>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    match webhooks.look(&id, shown_secret(&headers)).await {
        Ok((webhook, deliveries)) => {
            let deliveries = deliveries.into_iter().map(DeliveryState::from).collect();
            let detail = WebhookDetail { webhook: webhook.into(), deliveries };
            private(StatusCode::OK, Json(detail))
        }
        Err(error) => error.response(),
    }
}
