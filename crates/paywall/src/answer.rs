//! The answer of a handler, kept for a repeat of its request.

use crate::unavailable::Unavailable;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use farebox_store::StoreError;
use futures_util::StreamExt;
use http::{HeaderName, HeaderValue, Request, StatusCode, header};
use http_body_util::BodyExt;
use std::convert::Infallible;
use std::time::Duration;
use tower::Service;

/// A handler that has not answered by then has failed, and its payment is given back.
const HANDLER_TIMEOUT: Duration = Duration::from_secs(900);
/// A larger answer is sent but not kept.
const KEPT_BODY_LEN_MAX: usize = 256 * 1024;

/// Says that an answer was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// An answer as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeptAnswer {
    pub status: u16,
    /// JSON list of name and value pairs.
    pub headers: String,
    pub body: Vec<u8>,
}

impl KeptAnswer {
    /// The same with the proof of its payment, for its payer alone.
    pub(crate) fn with_receipt(self, receipt: &[(HeaderName, HeaderValue)]) -> Self {
        let Ok(mut headers) = serde_json::from_str::<Vec<(String, String)>>(&self.headers) else {
            return self;
        };
        if !receipt.is_empty() {
            let is_cache = |name: &str| name == header::CACHE_CONTROL.as_str();
            let known = headers.iter().filter(|(name, _)| is_cache(name));
            let private = private(known.map(|(_, value)| value.as_str()));
            headers.retain(|(name, _)| !is_cache(name));
            headers.push((header::CACHE_CONTROL.to_string(), private));
        }
        headers.extend(receipt.iter().filter_map(|(name, value)| text_pair((name, value))));
        match serde_json::to_string(&headers) {
            Ok(headers) => Self { headers, ..self },
            Err(_) => self,
        }
    }

    /// The answer once more, marked as such.
    pub(crate) fn into_response(self) -> Result<Response, StoreError> {
        let unreadable = |what: &str| StoreError::Unreadable(format!("a kept answer's {what}"));
        let status = StatusCode::from_u16(self.status).map_err(|_| unreadable("status"))?;
        let headers: Vec<(String, String)> =
            serde_json::from_str(&self.headers).map_err(|_| unreadable("headers"))?;
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = status;
        for (name, value) in headers {
            let name = HeaderName::try_from(name).map_err(|_| unreadable("headers"))?;
            let value = HeaderValue::try_from(value).map_err(|_| unreadable("headers"))?;
            response.headers_mut().append(name, value);
        }
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        Ok(response)
    }
}

/// What became of a handler.
pub(crate) enum Outcome {
    /// It succeeded: what to keep, if it is not too large, and the answer to send.
    Answered(Option<KeptAnswer>, Response),
    /// It succeeded so far, and its body is sent on as it comes: not kept.
    Streams(Response),
    /// It did not: the answer to send.
    Failed(Response),
}

/// Runs a handler and reads its answer, unless that is a stream. A handler that panics or takes
/// too long has failed.
pub(crate) async fn run<S>(mut inner: S, request: Request<Body>, is_stream: bool) -> Outcome
where
    S: Service<Request<Body>, Response = Response, Error = Infallible> + Send + 'static,
    S::Future: Send,
{
    let mut handler = tokio::spawn(async move {
        let response = infallible(inner.call(request).await);
        if !response.status().is_success() {
            return Outcome::Failed(response);
        }
        if is_stream || is_event_stream(&response) {
            return Outcome::Streams(response);
        }
        match keep(response).await {
            Ok((kept, response)) => Outcome::Answered(kept, response),
            Err(_) => Outcome::Failed(Unavailable::HandlerFailed.into_response()),
        }
    });
    match tokio::time::timeout(HANDLER_TIMEOUT, &mut handler).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Outcome::Failed(Unavailable::HandlerFailed.into_response()),
        Err(_) => {
            handler.abort();
            Outcome::Failed(Unavailable::HandlerTimeout.into_response())
        }
    }
}

/// Reads an answer as far as it can be kept. Returns what to keep, if it is all there, and the
/// answer to send.
///
/// # Errors
/// When the handler's body breaks off: then the request did not succeed.
async fn keep(response: Response) -> Result<(Option<KeptAnswer>, Response), axum::Error> {
    let (mut parts, mut body) = response.into_parts();
    let mut read = BytesMut::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            read.extend_from_slice(&data);
        }
        if read.len() > KEPT_BODY_LEN_MAX {
            let body = resume(read.freeze(), body);
            return Ok((None, Response::from_parts(parts, body)));
        }
    }
    let body = read.freeze();
    parts.headers.remove(header::TRANSFER_ENCODING);
    let headers: Vec<_> = parts.headers.iter().filter_map(text_pair).collect();
    let kept = serde_json::to_string(&headers).ok().map(|headers| KeptAnswer {
        status: parts.status.as_u16(),
        headers,
        body: body.to_vec(),
    });
    Ok((kept, Response::from_parts(parts, Body::from(body))))
}

/// What a handler says of caches, narrowed to the payer's own: a cache that serves others would
/// give away what was sold.
pub(crate) fn private<'a>(cache_control: impl Iterator<Item = &'a str>) -> String {
    let shared = ["public", "private", "s-maxage", "proxy-revalidate"];
    let name = |directive: &str| {
        directive.split('=').next().unwrap_or_default().trim().to_ascii_lowercase()
    };
    let directives = cache_control.flat_map(|value| value.split(',')).map(str::trim);
    let kept = directives.filter(|directive| !directive.is_empty());
    let kept = kept.filter(|directive| !shared.contains(&name(directive).as_str()));
    std::iter::once("private").chain(kept).collect::<Vec<_>>().join(", ")
}

/// Who asks for events reads them as they come: they are never held back to be kept.
fn is_event_stream(response: &Response) -> bool {
    let value = response.headers().get(header::CONTENT_TYPE);
    let value = value.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("text/event-stream")
}

fn text_pair((name, value): (&HeaderName, &HeaderValue)) -> Option<(String, String)> {
    Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
}

fn resume(read: Bytes, rest: Body) -> Body {
    let head = futures_util::stream::iter([Ok(read)]);
    Body::from_stream(head.chain(rest.into_data_stream()))
}

/// The answer of a service that cannot fail.
pub(crate) fn infallible(result: Result<Response, Infallible>) -> Response {
    match result {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
