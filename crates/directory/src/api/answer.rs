//! How answers are put together.

use crate::QueryError;
use axum::Json;
use axum::response::{IntoResponse, Response};
use farebox_store::StoreError;
use farebox_wire::api_error::ErrorBody;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};

/// An answer whose JSON is already written.
pub(crate) fn json(body: String) -> Response {
    let json = HeaderValue::from_static("application/json");
    ([(CONTENT_TYPE, json)], body).into_response()
}

/// 400: names every parameter that is wrong.
pub(crate) fn invalid_query(error: &QueryError) -> Response {
    (StatusCode::BAD_REQUEST, Json(error.body())).into_response()
}

/// 404.
pub(crate) fn not_found(message: String) -> Response {
    (StatusCode::NOT_FOUND, Json(ErrorBody::new("not_found", message))).into_response()
}

/// An error with a stable code and one line that says what to do next.
pub(crate) fn refusal(status: StatusCode, code: &str, message: impl Into<String>) -> Response {
    (status, Json(ErrorBody::new(code, message))).into_response()
}

/// 503: the database cannot be asked just now.
pub(crate) fn failed(error: &StoreError) -> Response {
    tracing::error!(%error, "a request of the directory could not be answered");
    let message = "The directory's database did not answer; nothing was changed. Try again.";
    refusal(StatusCode::SERVICE_UNAVAILABLE, "database_unavailable", message)
}
