//! `POST /api/v1/validate`: what an endpoint's 402 says, for whoever asks.

use super::read::read;
use super::view::View;
use super::{ValidateError, validate};
use crate::Clock;
use crate::http_answer::{private, refusal};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::Response;
use farebox_net::GuardedClient;
use farebox_wire::api_error::ErrorBody;
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use std::sync::Arc;
use tokio::sync::Semaphore;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Bytes of a request's body at most: a body to be sent on is the largest part of it.
const BODY_LEN_MAX: usize = 32 * 1_024;
/// Endpoints that are looked at at once; more are asked to come back.
const AT_ONCE_MAX: usize = 32;
/// When to come back.
const COME_BACK_S: &str = "5";

/// Looks at endpoints for whoever asks; cheap to clone. How often somebody may ask is for a rate
/// limit in front of it.
#[derive(Clone)]
pub struct Validator {
    client: GuardedClient,
    clock: Clock,
    slots: Arc<Semaphore>,
}

impl Validator {
    /// Sends through `client`.
    #[must_use]
    pub fn new(client: GuardedClient, clock: Clock) -> Self {
        Self { client, clock, slots: Arc::new(Semaphore::new(AT_ONCE_MAX)) }
    }
}

/// Where endpoints are validated.
pub fn routes(validator: Validator) -> OpenApiRouter {
    OpenApiRouter::default()
        .routes(routes!(validate_endpoint))
        .layer(DefaultBodyLimit::max(BODY_LEN_MAX))
        .with_state(validator)
}

/// What to look at.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape of what `read` reads")]
#[schema(as = ValidateRequest)]
struct RequestBody {
    /// The endpoint.
    url: String,
    /// `GET`, `POST`, `PUT` or `DELETE`; where none is named, `GET` and then what it takes.
    http_method: Option<String>,
    /// The JSON that is sent, or a text that holds it.
    probe_body: Option<String>,
    /// The protocol that it is said to speak: `L402`, `x402` or `MPP`.
    protocol: Option<String>,
}

/// Looks at an endpoint as a client without money does and says what every family of clients makes
/// of its 402: prices, faults with their fixes, and who can pay.
///
/// It never pays and sends no credential. An endpoint that cannot be reached is a result too: the
/// verdict says why. Addresses that are not public are refused with 422.
#[utoipa::path(
    post,
    path = "/api/v1/validate",
    tag = "directory",
    request_body = RequestBody,
    responses(
        (status = 200, description = "What was found", body = View),
        (status = 400, description = "Fields that cannot be used, each named", body = ErrorBody),
        (status = 422, description = "The URL does not lead to a public place", body = ErrorBody),
        (status = 503, description = "Too many are being looked at; come back later", body = ErrorBody),
    )
)]
async fn validate_endpoint(State(validator): State<Validator>, body: Bytes) -> Response {
    let request = match read(&body) {
        Ok(request) => request,
        Err(error) => return private(StatusCode::BAD_REQUEST, Json(error.body())),
    };
    let Ok(_slot) = validator.slots.try_acquire() else {
        return busy();
    };
    match validate(&validator.client, request, validator.clock.now()).await {
        Ok(found) => private(StatusCode::OK, Json(View::of(&found))),
        Err(error) => refused(&error),
    }
}

fn refused(error: &ValidateError) -> Response {
    let message = format!("{error}: {}", error.hint());
    refusal(StatusCode::UNPROCESSABLE_ENTITY, error.code(), message, vec!["url".to_owned()])
}

fn busy() -> Response {
    let message = format!("Too many endpoints are being looked at; ask again in {COME_BACK_S} s.");
    let mut response = refusal(StatusCode::SERVICE_UNAVAILABLE, "busy", message, Vec::new());
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(COME_BACK_S));
    response
}
