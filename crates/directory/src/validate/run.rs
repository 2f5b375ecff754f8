//! Looks at an endpoint.

use super::discover::{self, find};
use super::minimal_body::minimal_body;
use super::validation::Looked;
use super::{BodySource, ValidateRequest, Validation};
use farebox_buyer::{Probe, ProbeError, ProbeOptions, Request, probe};
use farebox_net::{GuardError, GuardedClient, Limits};
use farebox_wire::probe::Terms;
use http::Method;
use jiff::Timestamp;
use serde_json::Value;
use std::time::Duration;

/// For everything, the discovery of a body included.
const TIMEOUT: Duration = Duration::from_secs(30);
/// What a host says about its endpoints.
const DOCUMENT_LIMITS: Limits = Limits {
    body_len_max: 256 * 1_024,
    headers_len_max: 64 * 1_024,
    redirects_max: 0,
    redirect_scope: farebox_net::RedirectScope::SameOrigin,
    timeout: Duration::from_secs(5),
};

/// An endpoint that is not looked at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValidateError {
    /// The URL cannot be used.
    #[error("the URL cannot be used: {0}")]
    Url(String),
    /// It does not lead to a public place.
    #[error(transparent)]
    Refused(#[from] GuardError),
}

impl ValidateError {
    /// The stable name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Url(_) => "url_invalid",
            Self::Refused(refused) => refused.code(),
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Url(_) => "give the whole URL, as in https://api.example.com/v1/thing",
            Self::Refused(refused) => refused.hint(),
        }
    }
}

/// Looks at an endpoint as clients without money do, and says what it comes to at `now`. Where it
/// wants input first and no body was given, one is made from what its host says in
/// `/.well-known/l402-services`. An endpoint that cannot be reached is a result as well.
///
/// # Errors
/// [`ValidateError`] when the URL does not lead to a public place; nothing is sent there.
pub async fn validate(
    client: &GuardedClient,
    request: ValidateRequest,
    now: Timestamp,
) -> Result<Validation, ValidateError> {
    let mut looker = Looker { client, request: &request, terms: terms(now) };
    let looked = tokio::time::timeout(TIMEOUT, looker.look()).await;
    let looked = match looked {
        Ok(Ok(looked)) => Ok(looked),
        Ok(Err(Stop::Error(error))) => return Err(error),
        Ok(Err(Stop::NoAnswer(error))) => Err(error),
        Err(_) => Err(ProbeError::Timeout { place: request.url.clone() }),
    };
    Ok(Validation::new(request, looked, terms(now)))
}

/// Money of test networks is no money.
fn terms(now: Timestamp) -> Terms {
    let now_s = u64::try_from(now.as_second()).unwrap_or_default();
    Terms { now_s, accepts_test_money: false }
}

/// Why there is nothing to look at.
enum Stop {
    Error(ValidateError),
    NoAnswer(ProbeError),
}

impl From<ProbeError> for Stop {
    fn from(error: ProbeError) -> Self {
        match error {
            ProbeError::Refused(refused) => Self::Error(refused.into()),
            other => Self::NoAnswer(other),
        }
    }
}

struct Looker<'a> {
    client: &'a GuardedClient,
    request: &'a ValidateRequest,
    terms: Terms,
}

impl Looker<'_> {
    async fn look(&mut self) -> Result<Looked, Stop> {
        let declared = self.request.method.clone();
        let body = self.request.probe_body.as_deref();
        let first = self.probe(declared.as_ref(), body).await?;
        let wants_input = matches!(first.report.status, 400 | 406 | 411 | 415 | 422);
        if wants_input && body.is_none() {
            return Ok(self.with_a_body(first).await);
        }
        let body = self.request.probe_body.clone().map(|body| (body, BodySource::Request));
        Ok(Looked { probe: first, body })
    }

    /// With the body that the host describes, if that brings the 402.
    async fn with_a_body(&mut self, first: Probe) -> Looked {
        let second = match self.described(&first).await {
            Some((method, body)) => {
                self.probe(Some(&method), Some(&body)).await.ok().map(|probe| (probe, body))
            }
            None => None,
        };
        match second {
            Some((mut second, body)) if second.report.status == 402 => {
                second.attempts.splice(0..0, first.attempts);
                Looked { probe: second, body: Some((body, BodySource::WellKnown)) }
            }
            _ => Looked { probe: first, body: None },
        }
    }

    /// The method and body that the host describes for this endpoint.
    async fn described(&self, first: &Probe) -> Option<(Method, String)> {
        let url = &first.attempts.last()?.url;
        let document = url.join(discover::PATH).ok()?;
        let fetched = self.client.get(&document, &DOCUMENT_LIMITS).await.ok()?;
        if fetched.status != http::StatusCode::OK || fetched.is_truncated {
            return None;
        }
        let document: Value = serde_json::from_slice(&fetched.body).ok()?;
        let declared = self.request.method.as_ref();
        let found = find(&document, url, declared)?;
        let method = declared.cloned().or(found.method).unwrap_or(Method::POST);
        Some((method, minimal_body(found.schema)?))
    }

    async fn probe(&self, method: Option<&Method>, body: Option<&str>) -> Result<Probe, Stop> {
        let unusable =
            |error: farebox_buyer::RequestError| Stop::Error(ValidateError::Url(error.to_string()));
        let implied = if body.is_some() { Method::POST } else { Method::GET };
        let request = Request::new(method.cloned().unwrap_or(implied), &self.request.url);
        let mut request = request.map_err(unusable)?;
        if let Some(body) = body {
            let with_type = request.with_header("content-type", "application/json");
            request = with_type.map_err(unusable)?.with_body(body.to_owned());
        }
        let options = ProbeOptions {
            is_method_declared: method.is_some(),
            timeout: Duration::from_secs(10),
            retry_wait: Duration::from_secs(2),
            retry_timeout: Duration::from_secs(15),
        };
        Ok(probe(self.client, &request, &options, self.terms).await?)
    }
}
