//! Somebody else's facilitator, over HTTP.

use crate::facilitator::{Facilitator, FacilitatorError};
use async_trait::async_trait;
use farebox_net::{ClientError, ClientOptions, http_client};
use farebox_wire::x402::{
    FacilitatorRequest, Payment, SettleResponse, SupportedResponse, VerifyResponse,
    parse_json_object,
};
use http::{HeaderMap, StatusCode, header};
use reqwest::{Client, RequestBuilder, Response};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};
use url::Url;

/// Bytes of an answer that are read.
const ANSWER_LEN_MAX: usize = 1 << 20;

/// A facilitator as an operator configures it.
#[derive(Clone, Debug)]
pub struct RemoteOptions {
    /// The URL to which `/verify`, `/settle` and `/supported` are added.
    pub url: Url,
    /// Sent with `/verify`: its credential.
    pub verify_headers: HeaderMap,
    /// Sent with `/settle`.
    pub settle_headers: HeaderMap,
    /// Sent with `/supported`.
    pub supported_headers: HeaderMap,
    /// Time for `/verify` and `/supported`.
    pub timeout: Duration,
    /// Time for `/settle`, after which its outcome is not known.
    pub settle_timeout: Duration,
    /// How long an answer of `/supported` is used.
    pub supported_max_age: Duration,
    /// What is named as paid for where a payment of version 1 does not say it.
    pub resource: String,
}

impl RemoteOptions {
    /// The usual ones, without credentials.
    #[must_use]
    pub fn new(url: Url) -> Self {
        Self {
            resource: url.to_string(),
            url,
            verify_headers: HeaderMap::new(),
            settle_headers: HeaderMap::new(),
            supported_headers: HeaderMap::new(),
            timeout: Duration::from_secs(15),
            settle_timeout: Duration::from_secs(90),
            supported_max_age: Duration::from_secs(600),
        }
    }
}

/// Somebody else's facilitator.
pub struct Remote {
    client: Client,
    options: RemoteOptions,
    supported: Mutex<Option<(Instant, SupportedResponse)>>,
}

/// A request without a usable answer.
enum Unanswered {
    /// It was not sent, or a status says that it was not let in.
    NotDone(String),
    /// It may have been acted on.
    Unknown(String),
}

impl Remote {
    /// A client; asks nothing yet.
    ///
    /// # Errors
    /// [`ClientError`] when this process can do no HTTP.
    pub fn new(options: RemoteOptions) -> Result<Self, ClientError> {
        let client = http_client(&ClientOptions {
            user_agent: concat!("farebox/", env!("CARGO_PKG_VERSION")).into(),
            connect_timeout: Duration::from_secs(10),
            read_timeout: options.settle_timeout,
            insecure_tls: false,
            certificate: None,
            system_proxy: false,
        })?;
        Ok(Self { client, options, supported: Mutex::default() })
    }

    fn url(&self, name: &str) -> Url {
        let mut url = self.options.url.clone();
        let path = format!("{}/{name}", url.path().trim_end_matches('/'));
        url.set_path(&path);
        url
    }

    /// Asks; an answer that has the field `mark` counts whatever its status is.
    async fn ask<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        mark: &str,
        timeout: Duration,
    ) -> Result<T, Unanswered> {
        let exchange = async {
            let response = request.send().await.map_err(|error| unanswered(&error))?;
            let status = response.status();
            Ok((status, read(response).await?))
        };
        let timed = tokio::time::timeout(timeout, exchange).await;
        let (status, body) =
            timed.map_err(|_| Unanswered::Unknown("no answer in time".to_owned()))??;
        let object = parse_json_object(&body, ANSWER_LEN_MAX).ok();
        if let Some(object) = object.filter(|object| object.contains_key(mark)) {
            return serde_json::from_value(Value::Object(object))
                .map_err(|_| Unanswered::Unknown("its answer is unreadable".to_owned()));
        }
        let text = format!("HTTP {status} without an answer");
        let is_closed = status.is_client_error() && status != StatusCode::REQUEST_TIMEOUT;
        Err(if is_closed { Unanswered::NotDone(text) } else { Unanswered::Unknown(text) })
    }

    fn post(
        &self,
        name: &str,
        headers: &HeaderMap,
        request: &FacilitatorRequest,
    ) -> Result<RequestBuilder, FacilitatorError> {
        let resource = match &request.payment {
            Payment::V2(payment) => payment.resource.as_ref().map(|resource| &resource.url),
            Payment::V1(_) => None,
        };
        let no_name = || FacilitatorError::Unavailable("the network has no name there".to_owned());
        let body = request.to_json(resource.unwrap_or(&self.options.resource));
        let body = body.ok_or_else(no_name)?.to_string();
        let post = self.client.post(self.url(name)).headers(headers.clone());
        Ok(post.header(header::CONTENT_TYPE, "application/json").body(body))
    }
}

async fn read(mut response: Response) -> Result<Vec<u8>, Unanswered> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unanswered(&error))? {
        if body.len().saturating_add(chunk.len()) > ANSWER_LEN_MAX {
            return Err(Unanswered::Unknown("its answer is too long".to_owned()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn unanswered(error: &reqwest::Error) -> Unanswered {
    if error.is_connect() || error.is_builder() {
        Unanswered::NotDone("it cannot be reached".to_owned())
    } else {
        Unanswered::Unknown("the connection broke".to_owned())
    }
}

/// What changes nothing may be asked elsewhere, whatever became of it.
fn harmless(unanswered: Unanswered) -> FacilitatorError {
    let (Unanswered::NotDone(text) | Unanswered::Unknown(text)) = unanswered;
    FacilitatorError::Unavailable(text)
}

#[async_trait]
impl Facilitator for Remote {
    async fn verify(
        &self,
        request: &FacilitatorRequest,
    ) -> Result<VerifyResponse, FacilitatorError> {
        let post = self.post("verify", &self.options.verify_headers, request)?;
        self.ask(post, "isValid", self.options.timeout).await.map_err(harmless)
    }

    async fn settle(
        &self,
        request: &FacilitatorRequest,
    ) -> Result<SettleResponse, FacilitatorError> {
        let post = self.post("settle", &self.options.settle_headers, request)?;
        let answer = self.ask(post, "success", self.options.settle_timeout).await;
        answer.map_err(|unanswered| match unanswered {
            Unanswered::NotDone(text) => FacilitatorError::Unavailable(text),
            Unanswered::Unknown(text) => FacilitatorError::Unknown(text),
        })
    }

    async fn supported(&self) -> Result<SupportedResponse, FacilitatorError> {
        let known = self.supported.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, answer)) =
            known.filter(|(at, _)| at.elapsed() < self.options.supported_max_age)
        {
            return Ok(answer);
        }
        let get = self.client.get(self.url("supported"));
        let get = get.headers(self.options.supported_headers.clone());
        let answer: SupportedResponse =
            self.ask(get, "kinds", self.options.timeout).await.map_err(harmless)?;
        let fresh = Some((Instant::now(), answer.clone()));
        *self.supported.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(answer)
    }
}
