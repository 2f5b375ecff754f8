//! Answers that are no JSON.

use crate::lightning::{HoldError, LightningError};
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// A request that is answered with plain text, as phoenixd words it.
#[derive(Debug)]
pub(super) enum ApiError {
    Missing(&'static str),
    Invalid { name: &'static str, wanted: &'static str },
    BadRequest(String),
    Form(FormRejection),
    NotFound,
    Failed(LightningError),
}

impl From<FormRejection> for ApiError {
    fn from(rejection: FormRejection) -> Self {
        Self::Form(rejection)
    }
}

impl From<LightningError> for ApiError {
    fn from(error: LightningError) -> Self {
        match error {
            LightningError::Refused(reason) => Self::BadRequest(reason),
            other => Self::Failed(other),
        }
    }
}

impl From<HoldError> for ApiError {
    fn from(error: HoldError) -> Self {
        match error {
            HoldError::Unknown => Self::NotFound,
            other => Self::BadRequest(other.to_string()),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let refused = |text: String| (StatusCode::BAD_REQUEST, text).into_response();
        match self {
            Self::Missing(name) => refused(format!("Request parameter {name} is missing")),
            Self::Invalid { name, wanted } => refused(format!(
                "Request parameter {name} couldn't be parsed/converted to {wanted}"
            )),
            Self::BadRequest(text) => refused(text),
            Self::Form(rejection) => rejection.into_response(),
            Self::NotFound => (StatusCode::NOT_FOUND, "Not found").into_response(),
            Self::Failed(error) => {
                tracing::error!(%error, "a request failed");
                (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response()
            }
        }
    }
}
