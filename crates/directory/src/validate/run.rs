//! Looks at an endpoint.

use super::discover::{self, find};
use super::input::{Input, of_refusal, of_schema};
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
use url::Url;

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
    let mut found = Validation::new(request, looked, terms(now));
    found.is_redirect_refused = found.redirect_to().is_some_and(|to| client.check(&to).is_err());
    Ok(found)
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
        let input = Input { body: body.map(str::to_owned), ..Input::default() };
        let first = self.probe(declared.as_ref(), &input).await?;
        let wants_input = matches!(first.report.status, 400 | 406 | 411 | 415 | 422 | 500);
        if wants_input && body.is_none() {
            return Ok(self.with_input(first).await);
        }
        let body = self.request.probe_body.clone().map(|body| (body, BodySource::Request));
        Ok(Looked { probe: first, body })
    }

    /// With what the listing, the refusal or the host says that it takes, if that brings the 402.
    async fn with_input(&mut self, first: Probe) -> Looked {
        let mut attempts = first.attempts.clone();
        for (source, input, method) in self.inputs(&first).await {
            let Ok(mut probe) = self.probe(Some(&method), &input).await else { continue };
            attempts.append(&mut probe.attempts);
            if probe.report.status == 402 {
                let body = input.body.map(|body| (body, source));
                return Looked { probe: Probe { attempts, ..probe }, body };
            }
        }
        Looked { probe: first, body: None }
    }

    /// What to try, what is known best first; two at most.
    async fn inputs(&self, first: &Probe) -> Vec<(BodySource, Input, Method)> {
        let method: Method = first.answer.method.parse().unwrap_or(Method::POST);
        let takes_body = method != Method::GET;
        let schema = self.request.input_schema.as_deref();
        let schema: Option<Value> = schema.and_then(|text| serde_json::from_str(text).ok());
        let listed = schema.and_then(|schema| of_schema(&schema, takes_body));
        let refused = of_refusal(&first.answer.body, takes_body);
        let mut inputs: Vec<_> = [(BodySource::Listing, listed), (BodySource::Refusal, refused)]
            .into_iter()
            .filter_map(|(source, input)| Some((source, input?, method.clone())))
            .collect();
        if inputs.is_empty() {
            let described = self.described(first).await;
            inputs.extend(described.map(|(method, body)| {
                let input = Input { body: Some(body), ..Input::default() };
                (BodySource::WellKnown, input, method)
            }));
        }
        inputs
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

    async fn probe(&self, method: Option<&Method>, input: &Input) -> Result<Probe, Stop> {
        let unusable =
            |error: farebox_buyer::RequestError| Stop::Error(ValidateError::Url(error.to_string()));
        let body = input.body.as_deref();
        let implied = if body.is_some() { Method::POST } else { Method::GET };
        let url = with_query(&self.request.url, &input.query);
        let request = Request::new(method.cloned().unwrap_or(implied), &url);
        let mut request = request.map_err(unusable)?;
        if let Some(body) = body {
            let with_type = request.with_header("content-type", "application/json");
            request = with_type.map_err(unusable)?.with_body(body.to_owned());
        }
        let options = ProbeOptions {
            is_method_declared: method.is_some() && !self.request.tries_other_methods,
            timeout: Duration::from_secs(10),
            retry_wait: Duration::from_secs(2),
            retry_timeout: Duration::from_secs(15),
        };
        Ok(probe(self.client, &request, &options, self.terms).await?)
    }
}

/// The address with further parameters; as it is where it cannot be read.
fn with_query(url: &str, parameters: &[(String, String)]) -> String {
    match Url::parse(url) {
        Ok(mut parsed) if !parameters.is_empty() => {
            parsed.query_pairs_mut().extend_pairs(parameters);
            parsed.into()
        }
        _ => url.to_owned(),
    }
}
