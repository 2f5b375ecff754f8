//! What can go wrong with a webhook's request, and how the API says it.

use crate::http_answer::refusal;
use axum::response::Response;
use farebox_store::StoreError;
use http::{HeaderValue, StatusCode, header};

/// A request about a webhook that was not done.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// A field is missing or malformed.
    #[error("{parameter}: {what}")]
    Parameter {
        /// Its name.
        parameter: &'static str,
        /// What it should be.
        what: String,
    },
    /// There is no webhook of this id.
    #[error("no webhook has this id")]
    Unknown,
    /// The secret is not shown.
    #[error("send the webhook's secret in X-Webhook-Secret")]
    SecretMissing,
    /// Another secret is shown.
    #[error("this is not the webhook's secret")]
    SecretWrong,
    /// The client has enough of them.
    #[error("this client has {0} webhooks already; delete one first")]
    TooManyOfClient(usize),
    /// The directory has as many as it tells.
    #[error("this directory takes no more webhooks; read /api/v1/changes in their place")]
    TooMany,
    /// The system has no random bytes, or a secret cannot be sealed.
    #[error("no random bytes")]
    Random,
    /// The database did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl WebhookError {
    /// The stable code, and the status it goes with.
    #[must_use]
    pub const fn code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Parameter { .. } => (StatusCode::BAD_REQUEST, "invalid_parameter"),
            Self::Unknown => (StatusCode::NOT_FOUND, "not_found"),
            Self::SecretMissing => (StatusCode::UNAUTHORIZED, "secret_missing"),
            Self::SecretWrong => (StatusCode::FORBIDDEN, "secret_wrong"),
            Self::TooManyOfClient(_) => (StatusCode::TOO_MANY_REQUESTS, "too_many_webhooks"),
            Self::TooMany => (StatusCode::SERVICE_UNAVAILABLE, "too_many_webhooks"),
            Self::Random | Self::Store(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable")
            }
        }
    }

    /// The answer of the API.
    #[must_use]
    pub fn response(&self) -> Response {
        let (status, code) = self.code();
        let message = match self {
            Self::Store(error) => {
                tracing::error!(%error, "a webhook's request failed");
                "the database did not take it; try again in a few seconds".to_owned()
            }
            other => other.to_string(),
        };
        let parameters = match self {
            Self::Parameter { parameter, .. } => vec![(*parameter).to_owned()],
            _ => Vec::new(),
        };
        let mut response = refusal(status, code, format!("{message}."), parameters);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let wait = HeaderValue::from_static("60");
            response.headers_mut().insert(header::RETRY_AFTER, wait);
        }
        response
    }
}
