//! One request and its answer, within limits.

use super::ProbeError;
use crate::request::Outgoing;
use farebox_wire::probe::{BODY_LEN_MAX, RecordedAnswer};
use http::{HeaderMap, HeaderName, HeaderValue};
use reqwest::Response;
use std::time::Duration;

/// Header lines that are kept.
const LINES_MAX: usize = 128;
/// Bytes of all header lines that are kept.
const HEADERS_LEN_MAX: usize = 128 * 1_024;

/// Sends a request and records the answer: its headers, and as much of its body as is looked at.
pub(super) async fn send(
    client: &reqwest::Client,
    outgoing: &Outgoing,
    timeout: Duration,
) -> Result<RecordedAnswer, ProbeError> {
    let request = client
        .request(outgoing.method.clone(), outgoing.url.clone())
        .headers(outgoing.headers.clone());
    let request =
        if outgoing.body.is_empty() { request } else { request.body(outgoing.body.clone()) };
    let place = outgoing.origin();
    let exchange = async {
        let response = request.send().await.map_err(|error| ProbeError::of(&place, &error))?;
        Ok(record(outgoing, response).await)
    };
    let timed_out = |_| ProbeError::Timeout { place: place.clone() };
    tokio::time::timeout(timeout, exchange).await.map_err(timed_out)?
}

/// A body that breaks off is taken for what it says up to there.
async fn record(outgoing: &Outgoing, mut response: Response) -> RecordedAnswer {
    let mut budget = HEADERS_LEN_MAX;
    let kept = |(name, value): (&HeaderName, &HeaderValue)| {
        let len = name.as_str().len().saturating_add(value.len());
        budget = budget.checked_sub(len)?;
        Some((name.as_str().to_owned(), value.as_bytes().to_vec()))
    };
    let headers = response.headers().iter().map_while(kept).take(LINES_MAX).collect();
    let mut answer = RecordedAnswer {
        method: outgoing.method.to_string(),
        url: outgoing.url.to_string(),
        request_body: outgoing.body.to_vec(),
        status: response.status().as_u16(),
        headers,
        body: Vec::new(),
    };
    while answer.body.len() <= BODY_LEN_MAX {
        match response.chunk().await {
            Ok(Some(chunk)) => answer.body.extend_from_slice(&chunk),
            Ok(None) | Err(_) => break,
        }
    }
    // One byte more than is looked at tells that it is too long.
    answer.body.truncate(BODY_LEN_MAX.saturating_add(1));
    answer
}

/// The headers as a redirect is read from.
pub(super) fn header_map(answer: &RecordedAnswer) -> HeaderMap {
    let pairs = answer.headers.iter().filter_map(|(name, value)| {
        Some((HeaderName::try_from(name).ok()?, HeaderValue::from_bytes(value).ok()?))
    });
    pairs.collect()
}
