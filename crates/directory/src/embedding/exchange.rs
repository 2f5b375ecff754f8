//! One request to the service.

use super::answer::{AnswerError, Question, read_answer};
use super::options::{ApiKey, EmbedderOptions};
use farebox_net::{ClientError, ClientOptions, http_client};
use farebox_search::{DIMENSIONS_MAX, Embedding};
use http::{HeaderMap, StatusCode, header};
use reqwest::Client;
use std::error::Error;
use std::sync::OnceLock;
use std::time::Duration;
use url::Url;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Without a byte; the time for the whole is its caller's.
const READ_TIMEOUT: Duration = Duration::from_secs(60);
/// A number of JSON, at its longest.
const NUMBER_LEN: usize = 32;
/// What an answer has beside its numbers.
const FRAME_LEN: usize = 64 * 1_024;
/// Of answers to many texts.
const ANSWER_LEN_MAX: usize = 32 * 1_024 * 1_024;

/// Why the service gave no vectors.
#[derive(Debug, thiserror::Error)]
pub enum EmbedError {
    /// There should be a key.
    #[error("there is no API key, or the service refuses it")]
    NoApiKey,
    /// It takes too long.
    #[error("no answer in time")]
    TooSlow,
    /// It cannot be reached, or breaks off.
    #[error("no answer: {0}")]
    Unreachable(String),
    /// It wants to be asked later.
    #[error("HTTP {status}: asked too often, or too busy")]
    Busy {
        /// What it answered.
        status: StatusCode,
        /// When it may be asked again, where it says so.
        wait: Option<Duration>,
    },
    /// It does not take these texts: too long, or otherwise not to its liking.
    #[error("HTTP {0}: the texts are refused")]
    Refused(StatusCode),
    /// It fails.
    #[error("HTTP {0}")]
    Status(StatusCode),
    /// The answer is longer than the vectors can be.
    #[error("the answer is too long")]
    TooLong,
    /// The answer does not have vectors in it that can be used.
    #[error("{0}")]
    Answer(String),
}

impl From<AnswerError> for EmbedError {
    fn from(error: AnswerError) -> Self {
        Self::Answer(error.to_string())
    }
}

/// The service, as requests see it.
pub(crate) struct Exchange {
    client: Client,
    endpoint: Url,
    model: String,
    asked_dimensions: Option<usize>,
    /// As the options say, or as the first answer had it.
    dimensions: OnceLock<usize>,
    api_key: ApiKey,
}

impl Exchange {
    pub(crate) fn new(options: &EmbedderOptions) -> Result<Self, ClientError> {
        let client = http_client(&ClientOptions {
            user_agent: concat!("farebox/", env!("CARGO_PKG_VERSION")).into(),
            connect_timeout: CONNECT_TIMEOUT,
            read_timeout: READ_TIMEOUT,
            insecure_tls: false,
            certificate: None,
            system_proxy: true,
        })?;
        Ok(Self {
            client,
            endpoint: options.url.endpoint().clone(),
            model: options.model.clone(),
            asked_dimensions: options.dimensions,
            dimensions: options.dimensions.map_or_else(OnceLock::new, OnceLock::from),
            api_key: options.api_key.clone(),
        })
    }

    pub(crate) fn model(&self) -> &str {
        &self.model
    }

    /// How many numbers a vector has; unknown before the first answer, where the options say
    /// nothing.
    pub(crate) fn dimensions(&self) -> Option<usize> {
        self.dimensions.get().copied()
    }

    pub(crate) const fn has_key(&self) -> bool {
        !matches!(self.api_key, ApiKey::Missing)
    }

    /// The vectors of these texts, in their order.
    pub(crate) async fn ask(
        &self,
        texts: &[&str],
        timeout: Duration,
    ) -> Result<Vec<Embedding>, EmbedError> {
        let body = tokio::time::timeout(timeout, self.post(texts)).await;
        let body = body.map_err(|_| EmbedError::TooSlow)??;
        let vectors = read_answer(&body, texts.len(), self.dimensions())?;
        let Some(first) = vectors.first() else { return Ok(vectors) };
        let expected = *self.dimensions.get_or_init(|| first.dimensions());
        if first.dimensions() != expected {
            let found = first.dimensions();
            return Err(AnswerError::Dimensions { expected, found }.into());
        }
        Ok(vectors)
    }

    async fn post(&self, texts: &[&str]) -> Result<Vec<u8>, EmbedError> {
        let question = Question::new(&self.model, texts, self.asked_dimensions);
        let question = serde_json::to_vec(&question);
        let question = question.map_err(|error| EmbedError::Answer(error.to_string()))?;
        let request = self.client.post(self.endpoint.clone()).body(question);
        let request = request
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json");
        let request = match &self.api_key {
            ApiKey::Missing => return Err(EmbedError::NoApiKey),
            ApiKey::NotNeeded => request,
            ApiKey::Key(key) => request.bearer_auth(key.as_str()),
        };
        let mut response = request.send().await.map_err(unreachable_because)?;
        check_status(response.status(), response.headers())?;
        let dimensions = self.dimensions().unwrap_or(DIMENSIONS_MAX);
        let len_max = texts.len().saturating_mul(dimensions).saturating_mul(NUMBER_LEN);
        let len_max = len_max.saturating_add(FRAME_LEN).min(ANSWER_LEN_MAX);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable_because)? {
            if body.len().saturating_add(chunk.len()) > len_max {
                return Err(EmbedError::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

fn check_status(status: StatusCode, headers: &HeaderMap) -> Result<(), EmbedError> {
    match status {
        status if status.is_success() => Ok(()),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(EmbedError::NoApiKey),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            Err(EmbedError::Busy { status, wait: retry_after(headers) })
        }
        StatusCode::BAD_REQUEST
        | StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::UNPROCESSABLE_ENTITY => Err(EmbedError::Refused(status)),
        status => Err(EmbedError::Status(status)),
    }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// The innermost cause, without the address.
fn unreachable_because(error: reqwest::Error) -> EmbedError {
    let error = error.without_url();
    let mut cause: &dyn Error = &error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    EmbedError::Unreachable(cause.to_string())
}
