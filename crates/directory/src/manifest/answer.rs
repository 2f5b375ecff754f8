//! How answers are put together.

use axum::Json;
use axum::response::{IntoResponse, Response};
use farebox_store::StoreError;
use farebox_wire::api_error::ErrorBody;
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};

/// An answer with an error.
pub(super) fn error(status: StatusCode, code: &str, message: impl Into<String>) -> Response {
    (status, Json(ErrorBody::new(code, message))).into_response()
}

/// 404: no service has the id.
pub(super) fn no_service(id: &str) -> Response {
    let id = crate::text::clean::clean_text(id, 64);
    let message = format!("no service has the id {id:?}; GET /api/services lists the ids");
    error(StatusCode::NOT_FOUND, "not_found", message)
}

/// 503: the database does not answer, or has no room. Nothing was changed.
pub(super) fn unavailable(failure: &StoreError) -> Response {
    tracing::error!(error = %failure, "the services API could not use the database");
    let message = "The directory cannot be read or written just now; nothing was changed.";
    let mut response = error(StatusCode::SERVICE_UNAVAILABLE, "store_unavailable", message);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("10"));
    response
}
