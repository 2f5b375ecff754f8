//! How answers are put together.

use crate::QueryError;
use axum::Json;
use axum::response::{IntoResponse, Response};
use farebox_wire::api_error::ErrorBody;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};

/// An answer whose JSON is already written.
pub(crate) fn json(body: String) -> Response {
    let json = HeaderValue::from_static("application/json");
    ([(CONTENT_TYPE, json)], body).into_response()
}

/// 400: names every parameter that is wrong.
pub(super) fn invalid_query(error: &QueryError) -> Response {
    (StatusCode::BAD_REQUEST, Json(error.body())).into_response()
}

/// 404.
pub(super) fn not_found(message: String) -> Response {
    (StatusCode::NOT_FOUND, Json(ErrorBody::new("not_found", message))).into_response()
}
