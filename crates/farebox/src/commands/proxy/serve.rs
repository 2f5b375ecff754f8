//! Takes the requests of programs.

use super::answer::{self, Head};
use super::gate::Gate;
use super::purchase::{self, Order, Shop};
use super::refused::Refused;
use super::target::Target;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Requests at the same time; more wait.
pub(super) const REQUESTS_MAX: u32 = 64;
/// A body is kept until its request is answered, since it may have to be sent again after paying.
const BODY_LEN_MAX: usize = 16 * 1_024 * 1_024;
/// How long a request waits for its turn.
const TURN_WAIT_MAX: Duration = Duration::from_secs(30);

/// What the handlers share.
#[derive(Clone)]
pub(super) struct Proxy {
    pub(super) shop: Arc<Shop>,
    pub(super) gate: Arc<Gate>,
    pub(super) places: Arc<Semaphore>,
}

/// The proxy as a service.
pub(super) fn router(proxy: Proxy) -> Router {
    Router::new().fallback(handle).with_state(proxy)
}

async fn handle(State(proxy): State<Proxy>, request: Request) -> Response {
    proxy.answer(request).await.unwrap_or_else(|refused| {
        tracing::warn!("refused: {}: {}", refused.code, refused.message);
        respond(answer::refusal(refused), Body::empty())
    })
}

impl Proxy {
    async fn answer(&self, request: Request) -> Result<Response, Refused> {
        let (parts, body) = request.into_parts();
        let target = Target::read(&parts.method, &parts.uri, self.gate.own)?;
        self.gate.check(&parts.headers, &target)?;
        let turn = Arc::clone(&self.places).acquire_owned();
        let busy = || {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            Refused::new(status, "busy", format_args!("{REQUESTS_MAX} requests are under way"))
        };
        let place = tokio::time::timeout(TURN_WAIT_MAX, turn).await.map_err(|_| busy())?;
        let place = place.map_err(|_| busy())?;
        let body = to_bytes(body, BODY_LEN_MAX).await.map_err(|error| {
            let (status, code) = (StatusCode::PAYLOAD_TOO_LARGE, "body_unusable");
            let most = BODY_LEN_MAX / 1_048_576;
            Refused::new(status, code, format_args!("the body, of {most} MiB at most: {error}"))
        })?;
        let order = Order::read(parts.method, parts.headers, body, &target, &self.shop)?;
        let (head, body) = purchase::begin(Arc::clone(&self.shop), order, place);
        match head.await {
            Ok(head) => Ok(respond(head, Body::from_stream(body))),
            Err(_) => Err(Refused::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "general",
                "the request ended without an answer; send it again: nothing is paid twice",
            )),
        }
    }
}

fn respond(head: Head, stream: Body) -> Response {
    let body = head.body.map_or(stream, Body::from);
    (head.status, head.headers, body).into_response()
}
