//! Calls of LND's API and the errors behind its proxy.

use super::Lnd;
use crate::WalletError;
use crate::http::{Answer, READ_WAIT, Unanswered, harmless, open, send};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// The codes of gRPC that are told apart.
const DEADLINE_EXCEEDED: u32 = 4;
const NOT_FOUND: u32 = 5;
const ALREADY_EXISTS: u32 = 6;
const PERMISSION_DENIED: u32 = 7;
const UNAVAILABLE: u32 = 14;
const UNAUTHENTICATED: u32 = 16;
const CANCELLED: u32 = 1;
const UNKNOWN: u32 = 2;

/// What LND's words have when it refuses a macaroon, in an error without a code of its own.
const MACAROON_WORDS: [&str; 3] = ["macaroon", "verification failed", "permission denied"];

/// An error of a call.
#[derive(Debug, Deserialize)]
pub(super) struct RpcError {
    #[serde(alias = "grpc_code")]
    code: u32,
    #[serde(default)]
    pub(super) message: String,
}

/// One line of a stream.
#[derive(Deserialize)]
pub(super) struct Line<T> {
    pub(super) result: Option<T>,
    pub(super) error: Option<RpcError>,
}

/// What came of a call.
pub(super) enum Reply<T> {
    /// Its result.
    Result(T),
    /// LND's error.
    Error(RpcError),
    /// An answer that is none of LND's.
    Other(WalletError),
}

impl RpcError {
    /// Whether LND knows no such thing, and not: no such call.
    pub(super) fn is_not_found(&self) -> bool {
        let unknown_call = self.message.eq_ignore_ascii_case("not found");
        (self.code == NOT_FOUND && !unknown_call)
            || (self.code == UNKNOWN && self.message.contains("unable to locate"))
    }

    pub(super) const fn is_already_exists(&self) -> bool {
        self.code == ALREADY_EXISTS
    }

    pub(super) fn is_unauthorized(&self) -> bool {
        let says_so = || MACAROON_WORDS.iter().any(|word| self.message.contains(word));
        matches!(self.code, PERMISSION_DENIED | UNAUTHENTICATED)
            || (self.code == UNKNOWN && says_so())
    }

    /// Whether the call may have been carried out all the same.
    pub(super) const fn is_unclear(&self) -> bool {
        matches!(self.code, CANCELLED | DEADLINE_EXCEEDED | UNAVAILABLE)
    }
}

impl From<RpcError> for WalletError {
    fn from(error: RpcError) -> Self {
        if error.is_unauthorized() {
            return Self::Unauthorized;
        }
        let text = harmless(&error.message);
        if error.is_unclear() { Self::Unreachable(text) } else { Self::Refused(text) }
    }
}

impl<T: DeserializeOwned> Reply<T> {
    /// Reads the whole answer of a call that is no stream.
    fn of(answer: &Answer) -> Self {
        if answer.status.is_success() {
            return answer.json().map_or_else(Self::Other, Self::Result);
        }
        Self::error(answer)
    }

    /// Reads one line of a stream.
    pub(super) fn of_line(line: &[u8]) -> Self {
        let unreadable = |text: String| Self::Other(WalletError::Unreadable(text));
        match serde_json::from_slice::<Line<T>>(line) {
            Ok(Line { error: Some(error), .. }) => Self::Error(error),
            Ok(Line { result: Some(result), .. }) => Self::Result(result),
            Ok(_) => unreadable("a line without a result".into()),
            Err(error) => unreadable(error.to_string()),
        }
    }

    /// Reads an answer that is no success.
    pub(super) fn error(answer: &Answer) -> Self {
        match answer.status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Self::Other(WalletError::Unauthorized)
            }
            _ => match serde_json::from_slice(&answer.body) {
                Ok(error) => Self::Error(error),
                Err(_) => Self::Other(answer.refusal()),
            },
        }
    }
}

impl<T> Reply<T> {
    /// The result of a call that has to succeed.
    pub(super) fn result(self) -> Result<T, WalletError> {
        match self {
            Self::Result(result) => Ok(result),
            Self::Error(error) => Err(error.into()),
            Self::Other(error) => Err(error),
        }
    }
}

impl Lnd {
    /// Calls and reads the whole answer.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
    ) -> Result<Reply<T>, Unanswered> {
        Ok(Reply::of(&send(request.timeout(READ_WAIT)).await?))
    }

    /// Reads something that must be there.
    pub(super) async fn read<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, WalletError> {
        let request = self.http.request(Method::GET, path, query);
        self.call(request).await?.result()
    }

    /// Calls and reads the first line of a stream.
    pub(super) async fn first<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        wait: Duration,
    ) -> Result<Reply<T>, Unanswered> {
        let first = async {
            let mut lines = open(request).await?;
            if !lines.status.is_success() {
                return Ok(Reply::error(&lines.into_answer().await?));
            }
            let line = lines.next().await?;
            let ended = || Unanswered::Unknown("the stream ended without a word".into());
            Ok(Reply::of_line(&line.ok_or_else(ended)?))
        };
        let silent = |_| Unanswered::Unknown("no answer in time".into());
        tokio::time::timeout(wait, first).await.map_err(silent)?
    }
}
