//! A validation as the API writes it.

use super::{BodySource, Diagnostic, Validation};
use crate::text::clean::{NAME_LEN_MAX, clean_text};
use crate::{Offer, Protocol};
use farebox_wire::probe::{self, Rail, RailReport, field_of};
use serde::Serialize;
use utoipa::ToSchema;

/// Characters of a fault's message, which can hold a word of the endpoint's own.
const MESSAGE_LEN_MAX: usize = 400;

/// What was found at an endpoint.
#[derive(Serialize, ToSchema)]
#[schema(as = Validation)]
pub(super) struct View {
    /// The endpoint as it was asked last.
    url: String,
    http_method: String,
    /// The JSON that was sent, where any was.
    probe_body: Option<String>,
    /// Where it came from.
    probe_body_source: Option<BodySource>,
    /// What it comes to, or why nothing answered.
    verdict: &'static str,
    /// Whether some client can pay now.
    payable: bool,
    /// The verdict in one sentence.
    message: String,
    /// What to do about it.
    fix: Option<String>,
    /// A protocol that it speaks in place of the one that was named.
    suggested_protocol: Option<&'static str>,
    #[serde(flatten)]
    diagnostic: Diagnostic,
    /// Where it redirects to, if that was not followed.
    redirect: Option<String>,
    /// The protocols by which it asks for payment, well or badly.
    rails: Vec<RailView>,
    /// What is wrong or worth knowing beside them.
    faults: Vec<FaultView>,
    /// What each family of clients makes of it.
    clients: Vec<ClientView>,
    /// Every request that was sent.
    attempts: Vec<AttemptView>,
}

/// One protocol of an answer.
#[derive(Serialize, ToSchema)]
#[schema(as = ValidatedRail)]
struct RailView {
    protocol: &'static str,
    payable: bool,
    /// The price of the first offer that can be paid, or else of the first with a price.
    price: Option<String>,
    /// The ways to pay, in the seller's order.
    offers: Vec<OfferView>,
    /// Everything that is wrong or worth knowing, what matters most first.
    faults: Vec<FaultView>,
}

/// A way to pay.
#[derive(Serialize, ToSchema)]
#[schema(as = ValidatedOffer)]
struct OfferView {
    /// Its place, counted from zero.
    index: usize,
    /// For people: `10 sats`, `0.01 USDC`.
    price: Option<String>,
    /// Seconds since 1970 from when on it cannot be paid any more.
    expires_at: Option<u64>,
    #[serde(flatten)]
    offer: Offer,
}

/// A fault.
#[derive(Serialize, ToSchema)]
#[schema(as = ValidationFault)]
struct FaultView {
    /// `error`, `warning` or `note`.
    severity: &'static str,
    /// Stable; unique within a protocol.
    code: &'static str,
    /// The parameter, path or header that it is about.
    field: &'static str,
    /// What is wrong.
    message: String,
    /// What the seller does about it, in one line.
    fix: String,
    /// The offer that it is about, by its place; none for the whole.
    offer: Option<usize>,
}

/// What a family of clients makes of it.
#[derive(Serialize, ToSchema)]
#[schema(as = ClientVerdict)]
struct ClientView {
    /// `lnget`, `l402`, `x402_v1`, `x402_v2`, `mppx` or `mpp_lightning`.
    client: &'static str,
    /// For people.
    name: &'static str,
    protocol: &'static str,
    /// With the right wallet and money in it.
    can_pay: bool,
    /// The first reason why not.
    reason: Option<FaultView>,
}

/// A request that was sent.
#[derive(Serialize, ToSchema)]
#[schema(as = ValidationAttempt)]
struct AttemptView {
    method: String,
    url: String,
    /// None when nothing answered.
    status: Option<u16>,
    /// Milliseconds from sending it to the headers of the answer.
    time_ms: Option<u64>,
}

impl View {
    pub(super) fn of(found: &Validation) -> Self {
        let probe = found.seen.as_ref().ok();
        let report = found.report();
        let (verdict, message, fix) = match (&found.seen, report) {
            (Ok(_), Some(report)) => {
                (report.verdict.code(), report.message.to_owned(), report.fix.map(str::to_owned))
            }
            (Ok(_), None) => ("unexpected_status", String::new(), None),
            (Err(error), _) => (error.code(), error.to_string(), Some(error.hint().to_owned())),
        };
        let body = found.probe_body.as_ref();
        let rails = report.map(|report| report.rails.as_slice()).unwrap_or_default();
        let faults = report.map(|report| report.faults.as_slice()).unwrap_or_default();
        Self {
            url: probe.map_or(&found.request.url, |probe| &probe.answer.url).clone(),
            http_method: found.method().to_owned(),
            probe_body: body.map(|(text, _)| text.clone()),
            probe_body_source: body.map(|(_, source)| *source),
            verdict,
            payable: found.is_payable(),
            message: clean_text(&message, MESSAGE_LEN_MAX),
            fix,
            suggested_protocol: found.suggested_protocol().map(Protocol::name),
            diagnostic: found.diagnostic(),
            redirect: probe.and_then(|probe| probe.redirect.clone()),
            rails: rails.iter().map(RailView::of).collect(),
            faults: faults.iter().map(|fault| FaultView::of(None, fault)).collect(),
            clients: found.families.iter().map(ClientView::of).collect(),
            attempts: probe
                .into_iter()
                .flat_map(|probe| &probe.attempts)
                .map(AttemptView::of)
                .collect(),
        }
    }
}

impl RailView {
    fn of(rail: &RailReport) -> Self {
        let payable = rail.offers.iter().find(|offer| offer.is_payable);
        let priced = payable.or_else(|| rail.offers.iter().find(|offer| offer.price.is_some()));
        let faults = rail.faults.iter();
        Self {
            protocol: rail.rail.name(),
            payable: rail.is_payable,
            price: priced.and_then(price),
            offers: rail.offers.iter().take(crate::OFFERS_MAX).map(OfferView::of).collect(),
            faults: faults.map(|fault| FaultView::of(Some(rail.rail), fault)).collect(),
        }
    }
}

impl OfferView {
    fn of(offer: &probe::Offer) -> Self {
        let (index, expires_at) = (offer.index, offer.expires_at);
        Self { index, price: price(offer), expires_at, offer: Offer::from(offer) }
    }
}

fn price(offer: &probe::Offer) -> Option<String> {
    offer.price.as_ref().map(|price| clean_text(&price.text, NAME_LEN_MAX))
}

impl FaultView {
    fn of(rail: Option<Rail>, fault: &probe::Fault) -> Self {
        Self {
            severity: fault.severity.name(),
            code: fault.code,
            field: field_of(rail, fault.code),
            message: clean_text(&fault.message, MESSAGE_LEN_MAX),
            fix: fault.fix.clone(),
            offer: fault.offer,
        }
    }
}

impl ClientView {
    fn of(found: &probe::FamilyReport) -> Self {
        Self {
            client: found.family.code(),
            name: found.name,
            protocol: found.rail.name(),
            can_pay: found.can_pay,
            reason: found.reason.as_ref().map(|fault| FaultView::of(Some(found.rail), fault)),
        }
    }
}

impl AttemptView {
    fn of(attempt: &farebox_buyer::Attempt) -> Self {
        let time = attempt.time_to_headers.map(|time| time.as_millis());
        Self {
            method: attempt.method.clone(),
            url: attempt.url.to_string(),
            status: attempt.status,
            time_ms: time.and_then(|time| u64::try_from(time).ok()),
        }
    }
}
