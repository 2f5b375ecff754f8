//! Requests to phoenixd, and how far each of them got.

use super::PhoenixdUrl;
use crate::WalletError;
use farebox_net::{ClientError, ClientOptions, http_client};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, header};
use serde::de::DeserializeOwned;
use std::error::Error;
use std::fmt;
use std::time::Duration;
use url::Url;
use url::form_urlencoded::Serializer;

/// Answers are cut off here; a list of 500 payments is about one megabyte.
const ANSWER_LEN_MAX: usize = 8 << 20;
/// Characters of an error text that are passed on.
const REASON_LEN_MAX: usize = 200;
const CONNECT_WAIT: Duration = Duration::from_secs(10);
/// For everything but payments, which their callers bound.
const READ_WAIT: Duration = Duration::from_secs(20);
/// The longest that a payment may be silent: its time-locks end within days, its callers' patience
/// long before.
const SILENCE_MAX: Duration = Duration::from_secs(24 * 3_600);

/// The address, the password and the connections.
pub(super) struct Api {
    client: Client,
    base: Url,
    password: String,
}

/// An answer, read to its end.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Vec<u8>,
}

/// A request without an answer.
pub(super) enum Unanswered {
    /// Nothing of it left this machine.
    NotSent(String),
    /// phoenixd may have read it and acted on it.
    Unknown(String),
}

impl Api {
    pub(super) fn new(url: PhoenixdUrl) -> Result<Self, ClientError> {
        let client = http_client(&ClientOptions {
            user_agent: concat!("farebox/", env!("CARGO_PKG_VERSION")).into(),
            connect_timeout: CONNECT_WAIT,
            read_timeout: SILENCE_MAX,
            insecure_tls: false,
            system_proxy: false,
        })?;
        Ok(Self { client, base: url.base, password: url.password })
    }

    /// Reads; `None` when phoenixd knows no such payment.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<Option<T>, WalletError> {
        let mut url = self.url(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let request = self.request(Method::GET, url).timeout(READ_WAIT);
        let answer = send(request).await?;
        // An endpoint that does not exist is a 404 too, with another text.
        if answer.status == StatusCode::NOT_FOUND && answer.body == b"Not found" {
            return Ok(None);
        }
        answer.json().map(Some)
    }

    /// Sends a form whose answer may get lost without harm.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        form: &[(&str, &str)],
    ) -> Result<T, WalletError> {
        let request = self.form(path, form).timeout(READ_WAIT);
        send(request).await?.json()
    }

    /// Sends a form and says how far it got. The caller bounds the time.
    pub(super) async fn post_once(
        &self,
        path: &str,
        form: &[(&str, &str)],
    ) -> Result<Answer, Unanswered> {
        send(self.form(path, form)).await
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(path);
        url
    }

    fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.client.request(method, url).basic_auth("", Some(&self.password))
    }

    fn form(&self, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
        let body = Serializer::new(String::new()).extend_pairs(fields).finish();
        self.request(Method::POST, self.url(path))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body)
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Api({})", self.base)
    }
}

impl Answer {
    /// What a successful answer says; otherwise what went wrong.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, WalletError> {
        if self.status == StatusCode::OK {
            return serde_json::from_slice(&self.body)
                .map_err(|error| WalletError::Unreadable(error.to_string()));
        }
        Err(self.refusal())
    }

    /// What an answer other than 200 means.
    pub(super) fn refusal(&self) -> WalletError {
        let text: String = String::from_utf8_lossy(&self.body)
            .chars()
            .filter(|character| !character.is_control())
            .take(REASON_LEN_MAX)
            .collect();
        match self.status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => WalletError::Unauthorized,
            StatusCode::BAD_REQUEST => WalletError::Refused(text),
            status => WalletError::Unreadable(format!("HTTP {status}: {text}")),
        }
    }
}

async fn send(request: RequestBuilder) -> Result<Answer, Unanswered> {
    let response = request.send().await.map_err(|error| {
        if error.is_connect() {
            Unanswered::NotSent(reason(error))
        } else {
            Unanswered::Unknown(reason(error))
        }
    })?;
    let status = response.status();
    let body = read(response).await.map_err(Unanswered::Unknown)?;
    Ok(Answer { status, body })
}

async fn read(mut response: Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(reason)? {
        if body.len() + chunk.len() > ANSWER_LEN_MAX {
            return Err(format!("the answer is longer than {ANSWER_LEN_MAX} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
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
