//! `GET /supported`: what is settled here.

use super::{Api, unavailable};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use farebox_wire::api_error::ErrorBody;

/// 200 with the kinds; 503 when they are not known.
pub(super) async fn handle(State(api): State<Api>) -> Response {
    match api.facilitator.supported().await {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => unavailable(ErrorBody::new("unavailable", error.to_string())),
    }
}
