//! Requests that go nowhere, and why.

use http::StatusCode;
use std::fmt::Display;

/// A request that is answered by the proxy itself. Nothing was sent or paid.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) status: StatusCode,
    /// Stable: what programs compare.
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Refused {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Display) -> Self {
        Self { status, code, message: message.to_string() }
    }

    /// A request that makes no sense as it is.
    pub(super) fn invalid(message: impl Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", message)
    }
}
