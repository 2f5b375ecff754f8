//! When the paywall can neither admit nor sell, and what it says then.

use axum::Json;
use axum::response::{IntoResponse, Response};
use farebox_wire::api_error::ErrorBody;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

pub(crate) const X_SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// Why the paywall can neither admit nor sell at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unavailable {
    /// The node does not answer.
    Wallet,
    /// The records cannot be written.
    Store,
    /// The books are wrong.
    ReadOnly,
    /// This client asks for too many invoices.
    ClientBusy { retry_after_s: u64 },
    /// All clients together have too many unpaid invoices.
    Full { retry_after_s: u64 },
    /// The payment is being used by the same or another request right now.
    InProgress,
    /// The preimage is there, and the node does not say paid yet.
    Settling,
    /// Who verifies and settles signed transfers does not answer.
    Facilitator,
    /// A transfer was sent, and the chain has not confirmed it yet.
    PaymentPending,
    /// The path is too long to be sold.
    PathTooLong,
    /// The price is in dollars, and what they are worth is not known.
    Rate,
    /// The handler panicked.
    HandlerFailed,
    /// The handler did not end.
    HandlerTimeout,
    /// A price or the machine's random source is unusable.
    Misconfigured,
}

/// What is said, to programs and to people.
pub(crate) struct Notice {
    pub status: StatusCode,
    pub code: &'static str,
    /// When to come back, in seconds.
    pub retry_after_s: u64,
    pub message: &'static str,
}

impl Unavailable {
    /// What is said of it.
    pub(crate) const fn notice(self) -> Notice {
        let (status, code, retry_after_s, message) = match self {
            Self::Wallet => (
                StatusCode::SERVICE_UNAVAILABLE,
                "wallet_unavailable",
                5,
                "The seller's Lightning wallet does not answer. Nothing was charged; send the \
                 same request again later, and do not pay again for a token you hold.",
            ),
            Self::Store => (
                StatusCode::SERVICE_UNAVAILABLE,
                "store_unavailable",
                5,
                "The seller cannot record the payment's use. Keep the token and send the same \
                 request again later; do not pay again.",
            ),
            Self::ReadOnly => (
                StatusCode::SERVICE_UNAVAILABLE,
                "read_only",
                300,
                "The seller takes no money at the moment. A token that you hold stays good; send \
                 the same request again later.",
            ),
            Self::ClientBusy { retry_after_s } => (
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_open_invoices",
                retry_after_s,
                "Your address asks for too many invoices at once. Wait a second, or pay one of \
                 those that you have.",
            ),
            Self::Full { retry_after_s } => (
                StatusCode::SERVICE_UNAVAILABLE,
                "too_many_open_invoices",
                retry_after_s,
                "The seller has too many unpaid invoices. Try again later.",
            ),
            Self::InProgress => (
                StatusCode::CONFLICT,
                "request_in_progress",
                1,
                "This payment's request is being answered. Send the same request with the same \
                 credential again in a second; do not pay again.",
            ),
            Self::Settling => (
                StatusCode::SERVICE_UNAVAILABLE,
                "payment_pending",
                1,
                "The seller's node does not report this payment as settled yet. Send the same \
                 request with the same credential again in a second; do not pay again.",
            ),
            Self::Facilitator => (
                StatusCode::SERVICE_UNAVAILABLE,
                "facilitator_unavailable",
                5,
                "The seller cannot reach the chain that the payment is on. Send the same request \
                 with the same payment again later; do not sign a new one.",
            ),
            Self::PaymentPending => (
                StatusCode::SERVICE_UNAVAILABLE,
                "settlement_pending",
                2,
                "The chain has not confirmed the payment yet. Send the same request with the same \
                 payment again in a moment; do not sign a new one.",
            ),
            Self::Rate => (
                StatusCode::SERVICE_UNAVAILABLE,
                "rate_unavailable",
                farebox_rates::RETRY_AFTER_S,
                "The price is in dollars and the seller does not know a fresh price of bitcoin. \
                 Nothing was charged, and a token that you hold stays good; send the same request \
                 again later.",
            ),
            Self::PathTooLong => (
                StatusCode::URI_TOO_LONG,
                "path_too_long",
                3_600,
                "The path is too long to be bought.",
            ),
            Self::HandlerFailed => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal_error",
                5,
                "The seller's handler failed.",
            ),
            Self::HandlerTimeout => (
                StatusCode::GATEWAY_TIMEOUT,
                "handler_timeout",
                5,
                "The seller's handler took too long.",
            ),
            Self::Misconfigured => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal_error",
                60,
                "The seller cannot make an offer for this route.",
            ),
        };
        Notice { status, code, retry_after_s, message }
    }

    /// The headers that go with it, whoever it is said to.
    pub(crate) fn add_headers(self, headers: &mut HeaderMap) {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(self.notice().retry_after_s));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self == Self::InProgress {
            // An SDK that retries by itself would only ask again and again.
            headers.insert(X_SHOULD_RETRY, HeaderValue::from_static("false"));
        }
    }
}

impl IntoResponse for Unavailable {
    fn into_response(self) -> Response {
        let Notice { status, code, message, .. } = self.notice();
        let mut response = (status, Json(ErrorBody::new(code, message))).into_response();
        self.add_headers(response.headers_mut());
        response
    }
}
