//! Answers that are no JSON.

use crate::PlayError;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// A request that is answered with plain text, as phoenixd words it.
pub(super) enum ApiError {
    Missing(&'static str),
    Invalid { name: &'static str, wanted: &'static str },
    BadRequest(String),
    Form(FormRejection),
    NotFound,
    Play(PlayError),
}

impl From<PlayError> for ApiError {
    fn from(error: PlayError) -> Self {
        match error {
            PlayError::Refused(reason) => Self::BadRequest(reason),
            other => Self::Play(other),
        }
    }
}

impl From<FormRejection> for ApiError {
    fn from(rejection: FormRejection) -> Self {
        Self::Form(rejection)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match self {
            Self::Missing(name) => {
                let text = format!("Request parameter {name} is missing");
                (StatusCode::BAD_REQUEST, text).into_response()
            }
            Self::Invalid { name, wanted } => {
                let text =
                    format!("Request parameter {name} couldn't be parsed/converted to {wanted}");
                (StatusCode::BAD_REQUEST, text).into_response()
            }
            Self::BadRequest(text) => (StatusCode::BAD_REQUEST, text).into_response(),
            Self::Form(rejection) => rejection.into_response(),
            Self::NotFound => (StatusCode::NOT_FOUND, "Not found").into_response(),
            Self::Play(error) => {
                tracing::error!(%error, "the play wallet failed");
                (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response()
            }
        }
    }
}
