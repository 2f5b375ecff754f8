//! `POST /api/v1/webhooks`.

use crate::Protocol;
use crate::http_answer::{client, parse, private};
use crate::webhook::rows::Webhook;
use crate::webhook::{Interest, NewWebhook, WebhookError, WebhookSecret, Webhooks};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use farebox_wire::api_error::ErrorBody;
use http::{Extensions, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A webhook to register.
#[derive(Deserialize, ToSchema)]
pub(super) struct WebhookRequest {
    /// Where to tell: an `https` URL.
    #[schema(value_type = String, max_length = 2048)]
    url: Option<String>,
    /// Signs what is told, and shows later whose webhook it is. Printable ASCII.
    #[schema(value_type = String, min_length = 16, max_length = 256)]
    secret: Option<String>,
    /// `service.new` (if left out), `service.updated`, `service.price_changed`,
    /// `service.pay_to_changed`, `service.health_changed`, `service.down`, `service.deleted`;
    /// several with commas.
    events: Option<String>,
    /// Only of listings on this rail: `L402`, `MPP` or `x402`.
    protocol_filter: Option<String>,
}

/// A webhook.
#[derive(Serialize, ToSchema)]
pub(super) struct WebhookState {
    id: String,
    url: String,
    /// With commas.
    events: String,
    protocol_filter: Option<&'static str>,
    /// `pending_verification`, `active` or `inactive`.
    status: &'static str,
    /// Why it is not active.
    status_reason: Option<String>,
    active: bool,
    /// Ten in a row switch it off.
    consecutive_failures: u32,
    #[schema(value_type = String, format = DateTime)]
    created_at: jiff::Timestamp,
}

impl From<Webhook> for WebhookState {
    fn from(hook: Webhook) -> Self {
        let events: Vec<&str> = hook.interest.events.iter().map(|kind| kind.name()).collect();
        Self {
            id: hook.id,
            url: hook.url,
            events: events.join(","),
            protocol_filter: hook.interest.protocol.map(Protocol::name),
            status: hook.status.name(),
            status_reason: hook.status_reason,
            active: hook.status == crate::webhook::WebhookStatus::Active,
            consecutive_failures: hook.consecutive_failures,
            created_at: hook.created_at,
        }
    }
}

/// Registers a webhook. Before it is told anything, it is asked: it gets a `webhook.verify` with
/// `data.challenge`, and answers with that text, or with a JSON object that has it as `challenge`.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks",
    tag = "webhooks",
    request_body = WebhookRequest,
    responses(
        (status = 201, description = "Registered; it is asked at once", body = WebhookState),
        (status = 400, description = "A field is missing or malformed", body = ErrorBody),
        (status = 429, description = "This client has enough", body = ErrorBody),
        (status = 503, description = "Try again later", body = ErrorBody),
    )
)]
pub(super) async fn register_webhook(
    State(webhooks): State<Webhooks>,
    extensions: Extensions,
    body: Bytes,
) -> Response {
    let request: WebhookRequest = match parse(&body) {
        Ok(request) => request,
        Err(response) => return *response,
    };
    let asked = match read(request) {
        Ok(asked) => asked,
        Err(error) => return error.response(),
    };
    match webhooks.register(asked, client(&extensions)).await {
        Ok(hook) => private(StatusCode::CREATED, Json(WebhookState::from(hook))),
        Err(error) => error.response(),
    }
}

fn read(request: WebhookRequest) -> Result<NewWebhook, WebhookError> {
    let refuse = |parameter, what: &str| WebhookError::Parameter { parameter, what: what.into() };
    let url = request.url.ok_or_else(|| refuse("url", "this field is required"))?;
    let secret = request.secret.ok_or_else(|| refuse("secret", "this field is required"))?;
    let what = "16 to 256 printable ASCII characters are expected, no space at either end";
    let secret = WebhookSecret::parse(&secret).ok_or_else(|| refuse("secret", what))?;
    let protocol = match request.protocol_filter.as_deref() {
        None | Some("") => None,
        Some(name) => {
            let what = "one of L402, MPP, x402 is expected";
            Some(Protocol::parse(name).ok_or_else(|| refuse("protocol_filter", what))?)
        }
    };
    let events = request.events.unwrap_or_default();
    let interest = Interest::parse(&events, protocol)
        .map_err(|word| refuse("events", &format!("{word:?} is no event that is told")))?;
    Ok(NewWebhook { url, secret, interest })
}
