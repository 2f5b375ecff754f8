//! Asks an endpoint what its 402 really says. Never pays, and sends no credential.

mod attempt;
mod client;
mod error;
mod plan;

pub use client::ProbeClient;
pub use error::ProbeError;
pub use plan::ProbeOptions;

use crate::Request;
use crate::redirect::next_request;
use crate::request::Outgoing;
use attempt::send;
use farebox_wire::probe::{RecordedAnswer, Report, Terms, classify};
use http::{Method, StatusCode};
use std::time::Duration;
use url::Url;

/// What was found.
#[derive(Clone, Debug)]
pub struct Probe {
    /// What was sent, in order; the last is what the report is about.
    pub attempts: Vec<Attempt>,
    /// Where the last answer leads, if it is a redirect that was not followed.
    pub redirect: Option<String>,
    /// The last answer, as it came.
    pub answer: RecordedAnswer,
    /// What it says.
    pub report: Report,
}

/// One request that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Its method.
    pub method: String,
    /// Where it went.
    pub url: Url,
    /// The status of the answer; `None` when there was none.
    pub status: Option<u16>,
    /// From sending it to the headers of the answer; `None` when there was none.
    pub time_to_headers: Option<Duration>,
}

/// Sends a request as a client without money does, in more than one form where the first finds
/// nothing, and says what the answer means.
///
/// It knows no wallet and no store of tokens, so there is nothing that it could pay or show.
/// With a [`farebox_net::GuardedClient`] it goes to public places only, every hop judged anew.
///
/// # Errors
/// [`ProbeError`] when nothing answers, or the request carries a credential.
pub async fn probe(
    client: impl Into<ProbeClient<'_>>,
    request: &Request,
    options: &ProbeOptions,
    terms: Terms,
) -> Result<Probe, ProbeError> {
    let outgoing = plan::prepare(request)?;
    let mut prober = Prober { client: client.into(), options, attempts: Vec::new() };
    let answer = prober.ask(outgoing).await?;
    let redirect = location(&answer);
    let terms =
        Terms { accepts_test_money: terms.accepts_test_money || answer.is_local(), ..terms };
    let report = classify(&answer, terms);
    Ok(Probe { attempts: prober.attempts, redirect, answer, report })
}

struct Prober<'a> {
    client: ProbeClient<'a>,
    options: &'a ProbeOptions,
    attempts: Vec<Attempt>,
}

impl Prober<'_> {
    /// The declared request; where it has the wrong method, others. The first that is taken counts:
    /// what it says of the input or the price is more than that GET is the wrong method.
    async fn ask(&mut self, first: Outgoing) -> Result<RecordedAnswer, ProbeError> {
        let answer = self.patiently(first.clone()).await?;
        if self.options.is_method_declared || !plan::is_other_method(answer.status) {
            return Ok(answer);
        }
        for method in plan::other_methods(&first.method, &answer) {
            let other = self.patiently(plan::with_method(&first, method)).await?;
            if !plan::is_other_method(other.status) {
                return Ok(other);
            }
        }
        Ok(answer)
    }

    /// Once more in the form that the answer asks for, where it says which.
    async fn patiently(&mut self, outgoing: Outgoing) -> Result<RecordedAnswer, ProbeError> {
        let answer = self.awake(outgoing.clone()).await?;
        let Some(adapted) = plan::adapted(&outgoing, &answer) else {
            return Ok(answer);
        };
        let second = self.follow(adapted, self.options.timeout).await;
        Ok(second.ok().filter(|second| second.status == 402).unwrap_or(answer))
    }

    /// Once more, slowly, for a host that was asleep.
    async fn awake(&mut self, outgoing: Outgoing) -> Result<RecordedAnswer, ProbeError> {
        let is_asleep = |answer: &RecordedAnswer| matches!(answer.status, 502..=504);
        match self.follow(outgoing.clone(), self.options.timeout).await {
            Ok(answer) if is_asleep(&answer) => {}
            Err(ProbeError::Timeout { .. }) => {}
            other => return other,
        }
        tokio::time::sleep(self.options.retry_wait).await;
        self.follow(outgoing, self.options.retry_timeout).await
    }

    /// Follows redirects that stay on the host.
    async fn follow(
        &mut self,
        mut outgoing: Outgoing,
        timeout: Duration,
    ) -> Result<RecordedAnswer, ProbeError> {
        for _ in 0..=plan::REDIRECTS_MAX {
            let answer = self.once(&outgoing, timeout).await?;
            let status = StatusCode::from_u16(answer.status).unwrap_or_default();
            let next = next_request(&outgoing, false, status, &attempt::header_map(&answer));
            match next {
                Ok(Some(next)) if stays(&outgoing.url, &next.url) => outgoing = next,
                _ => return Ok(answer),
            }
        }
        self.once(&outgoing, timeout).await
    }

    async fn once(
        &mut self,
        outgoing: &Outgoing,
        timeout: Duration,
    ) -> Result<RecordedAnswer, ProbeError> {
        let answered = send(self.client, outgoing, timeout).await;
        let got = answered.as_ref().ok();
        self.attempts.push(Attempt {
            method: outgoing.method.to_string(),
            url: outgoing.url.clone(),
            status: got.map(|got| got.answer.status),
            time_to_headers: got.map(|got| got.time_to_headers),
        });
        answered.map(|answered| answered.answer)
    }
}

/// Whether a redirect leads to the same host, not from `https` to `http`, and somewhere else.
fn stays(from: &Url, to: &Url) -> bool {
    let is_downgrade = from.scheme() == "https" && to.scheme() == "http";
    let is_default = |url: &Url| url.port().is_none();
    let same_port = from.port() == to.port() || (is_default(from) && is_default(to));
    from.host() == to.host() && same_port && !is_downgrade && from != to
}

fn location(answer: &RecordedAnswer) -> Option<String> {
    let mut headers = answer.headers.iter();
    let (_, value) = headers.find(|(name, _)| name.eq_ignore_ascii_case("location"))?;
    let text = String::from_utf8_lossy(value);
    (300..400).contains(&answer.status).then(|| crate::printable::printable(&text, 300))
}

/// The methods that a probe may send by itself: none of them deletes.
const METHODS: [Method; 4] = [Method::POST, Method::GET, Method::PUT, Method::PATCH];
