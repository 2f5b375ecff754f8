//! Sends a request, follows redirects by hand and shows tokens where they belong.

use crate::observer::{Observer, Step};
use crate::redirect::next_request;
use crate::request::Outgoing;
use crate::store::{Store, TokenUse};
use crate::{BuyError, Limits};
use bytes::{Bytes, BytesMut};
use farebox_store::StoreError;
use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue};
use reqwest::Response;
use std::error::Error;
use std::time::Duration;

/// The part of an answer that is read to find out what it says.
const PEEK_LEN_MAX: usize = 64 * 1_024;
/// The reason of a failure that is a time-out.
pub(crate) const NO_ANSWER_IN_TIME: &str = "no answer in time";
/// How long that part is waited for.
const PEEK_TIME_MAX: Duration = Duration::from_secs(10);

/// Which proof of payment goes along.
#[derive(Clone, Copy)]
pub(crate) enum Proof<'a> {
    /// None.
    Nothing,
    /// A token of an earlier purchase, wherever one fits.
    Cached,
    /// This one, at its own origin.
    Own { origin: &'a str, header: &'a (HeaderName, String) },
}

/// An answer and the request that it answers.
pub(crate) struct Exchange {
    pub(crate) sent: Outgoing,
    /// The cached token that went along.
    pub(crate) token: Option<TokenUse>,
    /// Whether any proof of payment went along.
    proven: bool,
    pub(crate) response: Response,
    /// What was read of the body already.
    pub(crate) peeked: Bytes,
}

pub(crate) struct Transport<'a> {
    pub(crate) client: &'a reqwest::Client,
    pub(crate) store: &'a Store,
    pub(crate) observer: &'a dyn Observer,
    pub(crate) limits: &'a Limits,
}

impl Transport<'_> {
    /// Sends a request and follows redirects up to the limit; the last answer is returned as it
    /// is, whatever its status.
    pub(crate) async fn send(
        &self,
        mut outgoing: Outgoing,
        proof: Proof<'_>,
    ) -> Result<Exchange, BuyError> {
        let mut redirects_left = self.limits.redirects_max;
        loop {
            let exchange = self.send_once(outgoing, proof).await?;
            let (status, headers) = (exchange.response.status(), exchange.response.headers());
            let next = match self.limits.redirects_max {
                0 => None,
                _ => next_request(&exchange.sent, exchange.proven, status, headers)?,
            };
            let Some(next) = next else {
                return Ok(exchange);
            };
            redirects_left = redirects_left.checked_sub(1).ok_or_else(|| {
                let place = exchange.sent.origin();
                let limit = self.limits.redirects_max;
                BuyError::Redirect(format!("{place} redirects more than {limit} times"))
            })?;
            self.observer.step(&Step::Redirected { to: &next.url });
            outgoing = next;
        }
    }

    async fn send_once(&self, outgoing: Outgoing, proof: Proof<'_>) -> Result<Exchange, BuyError> {
        let (token, header) = self.proof_for(&outgoing, proof).await?;
        let proven = header.is_some();
        let mut headers = outgoing.headers.clone();
        if let Some((name, value)) = header {
            headers.insert(name, value);
        }
        self.observer.step(&Step::Requesting {
            method: &outgoing.method,
            url: &outgoing.url,
            headers: &headers,
        });
        let request =
            self.client.request(outgoing.method.clone(), outgoing.url.clone()).headers(headers);
        let request =
            if outgoing.body.is_empty() { request } else { request.body(outgoing.body.clone()) };
        let response = request.send().await.map_err(|error| BuyError::Network {
            place: outgoing.origin(),
            reason: reason(&error),
        })?;
        self.observer
            .step(&Step::Answered { status: response.status(), headers: response.headers() });
        Ok(Exchange { sent: outgoing, token, proven, response, peeked: Bytes::new() })
    }

    async fn proof_for(
        &self,
        outgoing: &Outgoing,
        proof: Proof<'_>,
    ) -> Result<(Option<TokenUse>, Option<(HeaderName, HeaderValue)>), BuyError> {
        let header = match proof {
            Proof::Own { origin, header } => (outgoing.origin() == origin).then(|| header.clone()),
            // A user's own word to this server comes first.
            Proof::Cached if !outgoing.headers.contains_key(AUTHORIZATION) => {
                let token = self.store.token_for(outgoing).await?;
                let header = token.as_ref().map(|own| (AUTHORIZATION, own.authorization.clone()));
                return Ok((token, header.map(secret_header).transpose()?));
            }
            Proof::Cached | Proof::Nothing => None,
        };
        Ok((None, header.map(secret_header).transpose()?))
    }
}

impl Exchange {
    pub(crate) fn status(&self) -> http::StatusCode {
        self.response.status()
    }

    /// Reads the body as far as it is of use for a decision; what was read is kept. A body that
    /// breaks off or does not come in time is taken for what it says up to there.
    pub(crate) async fn peek(&mut self) {
        let mut read = BytesMut::from(self.peeked.as_ref());
        let whole = async {
            while read.len() < PEEK_LEN_MAX {
                match self.response.chunk().await {
                    Ok(Some(chunk)) => read.extend_from_slice(&chunk),
                    Ok(None) | Err(_) => break,
                }
            }
        };
        // Out of time is no failure: what was read is in `read`.
        let _ = tokio::time::timeout(PEEK_TIME_MAX, whole).await;
        self.peeked = read.freeze();
    }
}

/// It takes the place of a header of that name, and is not shown to anybody else.
fn secret_header(
    (name, text): (HeaderName, String),
) -> Result<(HeaderName, HeaderValue), BuyError> {
    let unfit = |_| StoreError::Unreadable("a token that cannot stand in a header".to_owned());
    let mut value = HeaderValue::try_from(text).map_err(unfit)?;
    value.set_sensitive(true);
    Ok((name, value))
}

/// The innermost reason of a failure, which is the one that tells something.
pub(crate) fn reason(error: &reqwest::Error) -> String {
    let mut innermost: &dyn Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    match error {
        error if error.is_timeout() => NO_ANSWER_IN_TIME.to_owned(),
        error if error.is_connect() => format!("cannot connect: {innermost}"),
        _ => innermost.to_string(),
    }
}
