//! What was found at an endpoint.

use super::ValidateRequest;
use crate::text::clean::{SHORT_LEN_MAX, clean_text};
use crate::{Offer, Protocol};
use farebox_buyer::{Probe, ProbeError};
use farebox_wire::probe::{FamilyReport, Rail, RecordedAnswer, Report, Terms, families};
use serde::Serialize;
use url::Url;
use utoipa::ToSchema;

/// Bytes of a body that are looked at for a snippet of it.
const SNIPPET_SOURCE_LEN_MAX: usize = 4 * 1_024;
/// Characters of the snippet.
const SNIPPET_LEN_MAX: usize = 500;
/// Header names that are told.
const HEADERS_MAX: usize = 64;

/// Where the body that was sent came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BodySource {
    /// From whoever asked.
    Request,
    /// Made from what the host says in `/.well-known/l402-services`.
    WellKnown,
    /// Made from what the listing says that it takes.
    Listing,
    /// Made from what the endpoint's refusal names as missing.
    Refusal,
}

/// An endpoint that answered.
pub(super) struct Looked {
    pub(super) probe: Probe,
    pub(super) body: Option<(String, BodySource)>,
}

/// What was found at an endpoint.
#[derive(Clone, Debug)]
pub struct Validation {
    /// What was asked.
    pub request: ValidateRequest,
    /// What was sent and found; the error when nothing answered.
    pub seen: Result<Probe, ProbeError>,
    /// The body that brought these findings, where one was sent, and where it came from.
    pub probe_body: Option<(String, BodySource)>,
    /// What each family of clients makes of it; empty when nothing answered.
    pub families: Vec<FamilyReport>,
    /// What it was judged by.
    pub(crate) terms: Terms,
    /// Whether it redirects to where this server may not go.
    pub(crate) is_redirect_refused: bool,
    /// Whether the facilitator that x402 requirements name answers, where somebody looked.
    pub(crate) facilitator_reachable: Option<bool>,
}

/// An answer in short, for whoever has to find out why an endpoint was not taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Diagnostic {
    /// The status; none when nothing answered.
    pub http_status: Option<u16>,
    /// The names of its header lines, in lower case.
    pub headers_present: Vec<String>,
    /// The beginning of its body, cleaned; from a stranger.
    pub body_snippet: String,
    /// The protocols by which it asks for payment, well or badly.
    #[schema(value_type = Vec<String>)]
    pub detected_protocols: Vec<&'static str>,
}

impl Validation {
    pub(super) fn new(
        request: ValidateRequest,
        looked: Result<Looked, ProbeError>,
        terms: Terms,
    ) -> Self {
        let (seen, probe_body) = match looked {
            Ok(Looked { probe, body }) => (Ok(probe), body),
            Err(error) => (Err(error), None),
        };
        let is_local = seen.as_ref().is_ok_and(|probe| probe.answer.is_local());
        let terms = Terms { accepts_test_money: terms.accepts_test_money || is_local, ..terms };
        let of = |probe: &Probe| families(&probe.answer, &probe.report, terms);
        let families = seen.as_ref().map(of).unwrap_or_default();
        let (is_redirect_refused, facilitator_reachable) = (false, None);
        Self {
            request,
            seen,
            probe_body,
            families,
            terms,
            is_redirect_refused,
            facilitator_reachable,
        }
    }

    /// A validation of what was seen, for tests.
    #[cfg(test)]
    pub(crate) fn of_answer(
        request: ValidateRequest,
        seen: Result<Probe, ProbeError>,
        now: jiff::Timestamp,
    ) -> Self {
        let now_s = u64::try_from(now.as_second()).unwrap_or_default();
        let terms = Terms { now_s, accepts_test_money: false };
        Self::new(request, seen.map(|probe| Looked { probe, body: None }), terms)
    }

    /// Where the answer leads that was not followed.
    pub(super) fn redirect_to(&self) -> Option<Url> {
        let probe = self.seen.as_ref().ok()?;
        Url::parse(&probe.answer.url).ok()?.join(probe.redirect.as_deref()?).ok()
    }

    /// What the answer says; `None` when there was none.
    #[must_use]
    pub fn report(&self) -> Option<&Report> {
        self.seen.as_ref().ok().map(|probe| &probe.report)
    }

    /// Whether some client can pay now.
    #[must_use]
    pub fn is_payable(&self) -> bool {
        self.report().is_some_and(|report| report.is_payable)
    }

    /// Whether some client can pay now by this protocol.
    #[must_use]
    pub fn is_payable_by(&self, protocol: Protocol) -> bool {
        let rails = self.report().into_iter().flat_map(|report| &report.rails);
        rails.into_iter().any(|rail| rail.is_payable && Protocol::from(rail.rail) == protocol)
    }

    /// The method that the findings are about.
    #[must_use]
    pub fn method(&self) -> &str {
        let asked = self.request.method.as_ref().map_or("GET", http::Method::as_str);
        self.seen.as_ref().map_or(asked, |probe| probe.answer.method.as_str())
    }

    /// The protocols by which it asks for payment, well or badly, in the order of
    /// [`Protocol::ALL`].
    #[must_use]
    pub fn detected_protocols(&self) -> Vec<Protocol> {
        let rails = self.report().map(|report| report.rails.as_slice()).unwrap_or_default();
        let is_there =
            |protocol: &Protocol| rails.iter().any(|rail| Protocol::from(rail.rail) == *protocol);
        Protocol::ALL.into_iter().filter(is_there).collect()
    }

    /// A protocol that it speaks in place of the one that was named: one that can be paid, or else
    /// one that is offered at all.
    #[must_use]
    pub fn suggested_protocol(&self) -> Option<Protocol> {
        let asked = self.request.protocol?;
        let found = self.detected_protocols();
        if found.contains(&asked) {
            return None;
        }
        let payable = found.iter().find(|protocol| self.is_payable_by(**protocol));
        payable.or(found.first()).copied()
    }

    /// The ways to pay, by protocol, cleaned.
    #[must_use]
    pub fn offers(&self) -> Vec<(Protocol, Vec<Offer>)> {
        let rails = self.report().into_iter().flat_map(|report| &report.rails);
        let offers = rails.map(|rail| {
            let offers = rail.offers.iter().take(crate::OFFERS_MAX).map(Offer::from);
            (Protocol::from(rail.rail), offers.collect())
        });
        offers.collect()
    }

    /// The answer in short.
    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        let Ok(probe) = &self.seen else { return Diagnostic::default() };
        let detected = self.detected_protocols();
        Diagnostic {
            http_status: Some(probe.answer.status),
            headers_present: header_names(&probe.answer),
            body_snippet: snippet(&probe.answer.body),
            detected_protocols: detected.into_iter().map(Protocol::name).collect(),
        }
    }
}

impl From<Rail> for Protocol {
    fn from(rail: Rail) -> Self {
        match rail {
            Rail::L402 => Self::L402,
            Rail::X402 => Self::X402,
            Rail::Mpp => Self::Mpp,
        }
    }
}

fn header_names(answer: &RecordedAnswer) -> Vec<String> {
    let mut names = Vec::new();
    for (name, _) in &answer.headers {
        let name = clean_text(&name.to_ascii_lowercase(), SHORT_LEN_MAX);
        if names.len() < HEADERS_MAX && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn snippet(body: &[u8]) -> String {
    let start = body.get(..SNIPPET_SOURCE_LEN_MAX).unwrap_or(body);
    clean_text(&String::from_utf8_lossy(start), SNIPPET_LEN_MAX)
}
