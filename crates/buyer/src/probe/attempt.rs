//! One request and its answer, within limits.

use super::{ProbeClient, ProbeError};
use crate::request::Outgoing;
use farebox_net::{GuardedClient, Limits};
use farebox_wire::probe::{BODY_LEN_MAX, RecordedAnswer};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use reqwest::Response;
use std::time::{Duration, Instant};

/// Header lines that are kept.
const LINES_MAX: usize = 128;
/// Bytes of all header lines that are kept.
const HEADERS_LEN_MAX: usize = 128 * 1_024;
/// Bytes of a body that are kept: one more than is looked at tells that it is too long.
const KEPT_LEN_MAX: usize = BODY_LEN_MAX.saturating_add(1);

/// An answer, and how long its headers took to come.
pub(super) struct Answered {
    pub(super) answer: RecordedAnswer,
    pub(super) time_to_headers: Duration,
}

/// Sends a request and records the answer: its headers, and as much of its body as is looked at.
pub(super) async fn send(
    client: ProbeClient<'_>,
    outgoing: &Outgoing,
    timeout: Duration,
) -> Result<Answered, ProbeError> {
    match client {
        ProbeClient::Guarded(client) => send_guarded(client, outgoing, timeout).await,
        ProbeClient::Plain(client) => {
            let timed_out = |_| ProbeError::Timeout { place: outgoing.origin() };
            let exchange = send_plain(client, outgoing);
            tokio::time::timeout(timeout, exchange).await.map_err(timed_out)?
        }
    }
}

async fn send_plain(client: &reqwest::Client, outgoing: &Outgoing) -> Result<Answered, ProbeError> {
    let request = client
        .request(outgoing.method.clone(), outgoing.url.clone())
        .headers(outgoing.headers.clone());
    let request =
        if outgoing.body.is_empty() { request } else { request.body(outgoing.body.clone()) };
    let started = Instant::now();
    let failed = |error| ProbeError::of(&outgoing.origin(), &error);
    let response = request.send().await.map_err(failed)?;
    let time_to_headers = started.elapsed();
    let mut answer = record(outgoing, response.status(), response.headers());
    answer.body = read(response).await;
    Ok(Answered { answer, time_to_headers })
}

async fn send_guarded(
    client: &GuardedClient,
    outgoing: &Outgoing,
    timeout: Duration,
) -> Result<Answered, ProbeError> {
    let limits = Limits {
        body_len_max: KEPT_LEN_MAX,
        headers_len_max: HEADERS_LEN_MAX,
        timeout,
        ..Limits::default()
    };
    let Outgoing { method, url, headers, body } = outgoing.clone();
    let fetched = client.fetch(method, url, headers, body, &limits).await?;
    let mut answer = record(outgoing, fetched.status, &fetched.headers);
    answer.body = fetched.body.into();
    Ok(Answered { answer, time_to_headers: fetched.time_to_headers })
}

/// All but the body.
fn record(outgoing: &Outgoing, status: StatusCode, headers: &HeaderMap) -> RecordedAnswer {
    let mut budget = HEADERS_LEN_MAX;
    let kept = |(name, value): (&HeaderName, &HeaderValue)| {
        let len = name.as_str().len().saturating_add(value.len());
        budget = budget.checked_sub(len)?;
        Some((name.as_str().to_owned(), value.as_bytes().to_vec()))
    };
    RecordedAnswer {
        method: outgoing.method.to_string(),
        url: outgoing.url.to_string(),
        request_body: outgoing.body.to_vec(),
        status: status.as_u16(),
        headers: headers.iter().map_while(kept).take(LINES_MAX).collect(),
        body: Vec::new(),
    }
}

/// A body that breaks off is taken for what it says up to there.
async fn read(mut response: Response) -> Vec<u8> {
    let mut body = Vec::new();
    while body.len() < KEPT_LEN_MAX {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) | Err(_) => break,
        }
    }
    body.truncate(KEPT_LEN_MAX);
    body
}

/// The headers as a redirect is read from.
pub(super) fn header_map(answer: &RecordedAnswer) -> HeaderMap {
    let pairs = answer.headers.iter().filter_map(|(name, value)| {
        Some((HeaderName::try_from(name).ok()?, HeaderValue::from_bytes(value).ok()?))
    });
    pairs.collect()
}
