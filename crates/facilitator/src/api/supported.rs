//! `GET /supported`: what is settled here.

use super::document::Supported;
use super::{Api, unavailable};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use farebox_wire::api_error::ErrorBody;

/// Shows what is settled here.
///
/// 200 with the kinds; 503 when they are not known.
#[utoipa::path(
    get,
    path = "/supported",
    operation_id = "supported",
    tag = "facilitator",
    responses(
        (status = 200, description = "The kinds of payment", body = Supported),
        (status = 503, description = "They are not known now", body = ErrorBody),
    )
)]
pub(super) async fn handle(State(api): State<Api>) -> Response {
    match api.facilitator.supported().await {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => unavailable(ErrorBody::new("unavailable", error.to_string())),
    }
}
