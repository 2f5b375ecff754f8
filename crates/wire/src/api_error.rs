//! The one shape of every error that our HTTP API answers:
//! `{"error":{"code":"…","message":"…"}}`, with further fields where they help.

use serde::{Deserialize, Serialize};

/// The body of an error answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErrorBody {
    /// What went wrong.
    pub error: ApiError,
}

/// What went wrong, for a program and for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApiError {
    /// Stable, lower case with underscores: what programs compare.
    pub code: String,
    /// One line that says what to do next.
    pub message: String,
    /// The request's parameters that are meant, where it is about some.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<String>,
}

impl ErrorBody {
    /// An error without parameters.
    #[must_use]
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        let error =
            ApiError { code: code.to_owned(), message: message.into(), parameters: Vec::new() };
        Self { error }
    }
}
