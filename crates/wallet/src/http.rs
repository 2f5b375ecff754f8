//! Requests to wallets over HTTP, and how far each of them got.

use crate::{OpenError, WalletError};
use farebox_net::{ClientOptions, TrustedCertificate, http_client};
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::error::Error;
use std::fmt;
use std::time::Duration;
use url::Url;

/// Answers are cut off here; a list of 500 payments is about one megabyte.
const ANSWER_LEN_MAX: usize = 8 << 20;
/// Characters of an error text that are passed on.
const REASON_LEN_MAX: usize = 200;
const CONNECT_WAIT: Duration = Duration::from_secs(10);
/// For everything but payments and streams, which their callers bound.
pub(crate) const READ_WAIT: Duration = Duration::from_secs(20);
/// The longest that a payment may be silent: its time-locks end within days, its callers' patience
/// long before.
const SILENCE_MAX: Duration = Duration::from_secs(24 * 3_600);

/// The address, the credential and the connections.
pub(crate) struct Http {
    client: Client,
    base: Url,
    credential: (HeaderName, HeaderValue),
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Vec<u8>,
}

/// An answer that is read line by line while it comes.
pub(crate) struct Lines {
    pub(crate) status: StatusCode,
    response: Response,
    rest: Vec<u8>,
    len: usize,
}

/// A request without an answer.
pub(crate) enum Unanswered {
    /// Nothing of it left this machine.
    NotSent(String),
    /// The wallet may have read it and acted on it.
    Unknown(String),
}

impl Http {
    /// A client of the API at the root of `base`; `secret` goes with every request as `header`.
    pub(crate) fn new(
        base: Url,
        header: HeaderName,
        secret: &str,
        certificate: Option<TrustedCertificate>,
    ) -> Result<Self, OpenError> {
        let client = http_client(&ClientOptions {
            user_agent: concat!("farebox/", env!("CARGO_PKG_VERSION")).into(),
            connect_timeout: CONNECT_WAIT,
            read_timeout: SILENCE_MAX,
            insecure_tls: false,
            certificate,
            system_proxy: false,
        })?;
        let mut value = HeaderValue::from_str(secret).map_err(|_| OpenError::Credential)?;
        value.set_sensitive(true);
        Ok(Self { client, base, credential: (header, value) })
    }

    /// What goes with every request.
    pub(crate) const fn credential(&self) -> &(HeaderName, HeaderValue) {
        &self.credential
    }

    /// A request for a path and query, without a body.
    pub(crate) fn request(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
    ) -> RequestBuilder {
        let mut url = self.base.clone();
        url.set_path(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let (header, value) = &self.credential;
        self.client.request(method, url).header(header, value)
    }

    /// A POST of JSON.
    pub(crate) fn post_json(&self, path: &str, body: &Value) -> RequestBuilder {
        self.request(Method::POST, path, &[])
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.to_string())
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Http({})", self.base)
    }
}

/// Sends a request and reads the answer. The caller bounds the time.
pub(crate) async fn send(request: RequestBuilder) -> Result<Answer, Unanswered> {
    let mut lines = open(request).await?;
    let mut body = Vec::new();
    while let Some(chunk) = lines.chunk().await? {
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status: lines.status, body })
}

/// Sends a request and reads the answer's head. The caller bounds the time.
pub(crate) async fn open(request: RequestBuilder) -> Result<Lines, Unanswered> {
    let response = request.send().await.map_err(|error| {
        if error.is_connect() {
            Unanswered::NotSent(reason(error))
        } else {
            Unanswered::Unknown(reason(error))
        }
    })?;
    Ok(Lines { status: response.status(), response, rest: Vec::new(), len: 0 })
}

impl Lines {
    /// The next line that is not empty; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<u8>>, Unanswered> {
        loop {
            if let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
                let after = self.rest.split_off(end + 1);
                let line = std::mem::replace(&mut self.rest, after);
                if line.iter().any(|byte| !byte.is_ascii_whitespace()) {
                    return Ok(Some(line));
                }
                continue;
            }
            let Some(chunk) = self.chunk().await? else {
                let last = std::mem::take(&mut self.rest);
                return Ok(Some(last).filter(|line| !line.is_empty()));
            };
            self.rest.extend_from_slice(&chunk);
        }
    }

    /// What is left, as one answer.
    pub(crate) async fn into_answer(mut self) -> Result<Answer, Unanswered> {
        let mut body = std::mem::take(&mut self.rest);
        while let Some(chunk) = self.chunk().await? {
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status: self.status, body })
    }

    /// The next bytes; an answer beyond its limit is given up.
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, Unanswered> {
        let chunk = self.response.chunk().await;
        let Some(chunk) = chunk.map_err(|error| Unanswered::Unknown(reason(error)))? else {
            return Ok(None);
        };
        self.len = self.len.saturating_add(chunk.len());
        if self.len > ANSWER_LEN_MAX {
            let text = format!("the answer is longer than {ANSWER_LEN_MAX} bytes");
            return Err(Unanswered::Unknown(text));
        }
        Ok(Some(chunk.to_vec()))
    }
}

/// The error texts of the wallets that answer in JSON.
#[derive(Default, Deserialize)]
struct Complaint {
    message: Option<String>,
    detail: Option<String>,
}

impl Answer {
    /// What a successful answer says; otherwise what went wrong.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, WalletError> {
        if self.status.is_success() {
            return serde_json::from_slice(&self.body)
                .map_err(|error| WalletError::Unreadable(error.to_string()));
        }
        Err(self.refusal())
    }

    /// What an answer that is no success means.
    pub(crate) fn refusal(&self) -> WalletError {
        let text = self.text();
        match self.status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => WalletError::Unauthorized,
            StatusCode::BAD_REQUEST => WalletError::Refused(text),
            status => WalletError::Unreadable(format!("HTTP {status}: {text}")),
        }
    }

    /// The wallet's words, harmless and short.
    pub(crate) fn text(&self) -> String {
        let complaint: Complaint = serde_json::from_slice(&self.body).unwrap_or_default();
        match complaint.message.or(complaint.detail) {
            Some(text) => harmless(&text),
            None => harmless(&String::from_utf8_lossy(&self.body)),
        }
    }
}

/// A text of the wallet's that may be shown: no control characters, and not endless.
pub(crate) fn harmless(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(REASON_LEN_MAX).collect()
}

/// The innermost cause, which is the one that an operator can act on.
fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn Error = &error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

impl From<Unanswered> for WalletError {
    fn from(unanswered: Unanswered) -> Self {
        match unanswered {
            Unanswered::NotSent(reason) | Unanswered::Unknown(reason) => Self::Unreachable(reason),
        }
    }
}
