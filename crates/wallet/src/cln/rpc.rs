//! Calls of Core Lightning's commands.

use super::Cln;
use crate::WalletError;
use crate::http::{Answer, READ_WAIT, Unanswered, harmless, send};
use reqwest::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;

/// The codes of errors that are told apart.
const UNKNOWN_METHOD: i64 = -32_601;
const INVALID_PARAMETERS: i64 = -32_602;

/// An error of a command.
#[derive(Debug, Deserialize)]
pub(super) struct RpcError {
    pub(super) code: i64,
    #[serde(default)]
    pub(super) message: String,
}

/// As some releases write it.
#[derive(Deserialize)]
struct Wrapped {
    error: RpcError,
}

/// What came of a command.
pub(super) enum Reply<T> {
    /// Its result.
    Result(T),
    /// The command's error.
    Error(RpcError),
    /// The plugin refused, or the answer is none of Core Lightning's.
    Other(WalletError),
}

impl RpcError {
    /// Whether the request was wrong as such, and nothing was tried.
    pub(super) const fn is_refusal(&self) -> bool {
        matches!(self.code, UNKNOWN_METHOD | INVALID_PARAMETERS)
    }
}

impl From<RpcError> for WalletError {
    fn from(error: RpcError) -> Self {
        Self::Refused(harmless(&error.message))
    }
}

impl<T: DeserializeOwned> Reply<T> {
    fn of(answer: &Answer) -> Self {
        if answer.status.is_success() {
            return answer.json().map_or_else(Self::Other, Self::Result);
        }
        if matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return Self::Other(WalletError::Unauthorized);
        }
        let plain = serde_json::from_slice(&answer.body).ok();
        let error = plain.or_else(|| {
            serde_json::from_slice(&answer.body).ok().map(|wrapped: Wrapped| wrapped.error)
        });
        error.map_or_else(|| Self::Other(answer.refusal()), Self::Error)
    }

    /// The result of a command that has to succeed.
    pub(super) fn result(self) -> Result<T, WalletError> {
        match self {
            Self::Result(result) => Ok(result),
            Self::Error(error) => Err(error.into()),
            Self::Other(error) => Err(error),
        }
    }
}

impl Cln {
    /// Runs a command whose answer may take `wait` longer than usual.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        command: &str,
        parameters: &Value,
        wait: Duration,
    ) -> Result<Reply<T>, Unanswered> {
        let request = self.http.post_json(&format!("/v1/{command}"), parameters);
        let request = request.timeout(READ_WAIT.saturating_add(wait));
        Ok(Reply::of(&send(request).await?))
    }

    /// Runs a command that has to succeed.
    pub(super) async fn read<T: DeserializeOwned>(
        &self,
        command: &str,
        parameters: &Value,
    ) -> Result<T, WalletError> {
        self.call(command, parameters, Duration::ZERO).await?.result()
    }
}
