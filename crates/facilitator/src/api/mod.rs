//! A facilitator over HTTP: `POST /verify`, `POST /settle`, `GET /supported`,
//! `GET /discovery/resources`, `GET /discovery/search`.
//!
//! The outcome of a question stands in the body of a 200. 400: the request is none; 429: too many
//! at once; 503: nothing was done, the same may do later.

mod discovery;
mod document;
mod settle;
mod supported;
mod verify;

pub use discovery::{Discovery, DiscoveryError, DiscoveryQuery};

use crate::facilitator::Facilitator;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use farebox_wire::api_error::ErrorBody;
use farebox_wire::x402::BODY_LEN_MAX;
use std::sync::Arc;
use tokio::sync::Semaphore;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What is asked too often, or of a server in trouble, may be asked again after so many seconds.
const RETRY_AFTER_S: HeaderValue = HeaderValue::from_static("2");

#[derive(Clone)]
struct Api {
    facilitator: Arc<dyn Facilitator>,
    turns: Arc<Semaphore>,
}

/// Every endpoint. At most `at_once_max` questions are worked on at a time; those beyond are
/// answered 429.
pub fn routes(
    facilitator: Arc<dyn Facilitator>,
    discovery: Arc<dyn Discovery>,
    at_once_max: usize,
) -> OpenApiRouter {
    let turns = Arc::new(Semaphore::new(at_once_max.max(1)));
    OpenApiRouter::default()
        .routes(routes!(verify::handle))
        .routes(routes!(settle::handle))
        .routes(routes!(supported::handle))
        .layer(DefaultBodyLimit::max(BODY_LEN_MAX))
        .with_state(Api { facilitator, turns })
        .merge(discovery_routes(discovery))
}

/// `GET /discovery/resources` and `GET /discovery/search` alone, for a server that settles nothing.
pub fn discovery_routes(discovery: Arc<dyn Discovery>) -> OpenApiRouter {
    OpenApiRouter::default()
        .routes(routes!(discovery::resources))
        .routes(routes!(discovery::search))
        .with_state(discovery)
}

fn too_many() -> Response {
    let body = ErrorBody::new("too_many_requests", "too many payments at once: ask again soon");
    let retry = [(header::RETRY_AFTER, RETRY_AFTER_S)];
    (StatusCode::TOO_MANY_REQUESTS, retry, axum::Json(body)).into_response()
}

fn unavailable(body: impl serde::Serialize) -> Response {
    let retry = [(header::RETRY_AFTER, RETRY_AFTER_S)];
    (StatusCode::SERVICE_UNAVAILABLE, retry, axum::Json(body)).into_response()
}
