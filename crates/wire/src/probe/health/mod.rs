//! Whether an endpoint can be paid, from everything that one look at it brought: healthy,
//! degraded, down or unknown, and why. A pure function: the time, the listing and the failures
//! before come from its caller, so that a directory, a command and a test come to the same result.

mod answer;
mod drift;
mod finding;
mod hosting;
mod marks;
mod mcp;
mod notes;
mod reason;
mod result;
mod seen;

pub use finding::{Cause, Effect, Finding};
pub use marks::facilitator_of;
pub use reason::Reason;
pub use result::{Classification, L402Marks, OfferHealth, RailHealth, State, X402Marks};
pub use seen::{Ending, Failure, Listed, Seen, Step};

use super::{Fault, Offer, Rail, RailReport, RecordedAnswer, Report, Severity, Terms};
use crate::l402::TokenForm;
use std::borrow::Cow;

/// Failures in a row, this one included, that make an endpoint down.
pub const FAILURES_MAX: u32 = 3;

/// Faults that leave an MPP challenge payable for lenient clients only: its draft's own refuse it.
const NOT_BY_THE_DRAFT: [&str; 2] = ["amount_only_in_invoice", "invoice_not_in_details"];
/// Faults for which an answer is too large for clients.
const TOO_LARGE: [&str; 4] =
    ["body_too_large", "header_too_large", "line_too_long", "request_too_long"];

/// Says what a look at an endpoint comes to.
#[must_use]
pub fn classify(seen: &Seen<'_>, listed: &Listed, terms: Terms) -> Classification {
    match seen.ending {
        Ending::NoAnswer(failure) => of_findings(&[failure.finding()], listed),
        Ending::Answer(answer) => of_answer(seen, answer, listed, terms),
    }
}

fn of_answer(
    seen: &Seen<'_>,
    answer: &RecordedAnswer,
    listed: &Listed,
    terms: Terms,
) -> Classification {
    let carried = mcp::as_402(answer);
    let asked = carried.as_ref().unwrap_or(answer);
    let report = match (carried.is_some(), seen.report) {
        (false, Some(report)) => Cow::Borrowed(report),
        _ => Cow::Owned(super::classify(asked, terms)),
    };
    if report.rails.is_empty() {
        return without_challenge(seen, answer, &report, listed);
    }
    let mut found = with_challenge(asked, &report, listed);
    let mut notes = notes::of_steps(seen, answer);
    notes.extend(notes::of_form(asked, &report));
    let format = found.l402.and_then(|marks| marks.format);
    notes.extend((format == Some(TokenForm::V2Tlv)).then_some(Finding::MacaroonV2));
    notes.extend(carried.is_some().then_some(Finding::McpTransport));
    let is_known =
        |found: &Classification, code: &str| found.reasons.iter().any(|r| r.code == code);
    for note in notes {
        if !is_known(&found, note.code()) {
            found.reasons.push(Reason::beside(note));
        }
    }
    sort(&mut found.reasons);
    found
}

/// An answer that asks for no payment, or in no known way.
fn without_challenge(
    seen: &Seen<'_>,
    answer: &RecordedAnswer,
    report: &Report,
    listed: &Listed,
) -> Classification {
    let findings = answer::findings(answer, seen);
    let mut found = of_findings(&findings, listed);
    let faults = report.faults.iter().map(|fault| Reason::of_fault(None, fault));
    found.reasons.extend(faults);
    sort(&mut found.reasons);
    found
}

/// The first finding decides; further ones explain it. None is a 402 without a challenge.
fn of_findings(findings: &[Finding], listed: &Listed) -> Classification {
    let effect = match findings {
        // A failure that has a reason other than the server's health.
        [first, ..] if findings.len() == 1 => first.effect(),
        _ => Effect::Degraded,
    };
    let cause = findings.first().map_or(Cause::NotPayable, |first| first.cause());
    let is_third = listed.failures_before.saturating_add(1) >= FAILURES_MAX;
    let state = match effect {
        Effect::None | Effect::Degraded => State::Degraded,
        Effect::Failing if is_third => State::Down,
        Effect::Failing => State::Degraded,
        Effect::Down => State::Down,
        Effect::Unknown => State::Unknown,
    };
    let reasons = findings.iter().map(|found| Reason::from(*found)).collect();
    Classification { state, cause, rails: Vec::new(), reasons, l402: None, x402: None }
}

fn with_challenge(answer: &RecordedAnswer, report: &Report, listed: &Listed) -> Classification {
    let mut reasons = Vec::new();
    let mut rails = Vec::new();
    for rail in &report.rails {
        let (health, drifted) = of_rail(rail, listed);
        reasons.extend(drifted);
        reasons.extend(rail.faults.iter().map(|fault| Reason::of_fault(Some(rail.rail), fault)));
        rails.push(health);
    }
    reasons.extend(report.faults.iter().map(|fault| Reason::of_fault(None, fault)));
    let is_listed_rail = |rail: &&RailHealth| listed.rail.is_none_or(|own| own == rail.rail);
    let is_payable = rails.iter().filter(is_listed_rail).any(|rail| rail.is_payable);
    if !rails.iter().any(|rail| is_listed_rail(&rail)) {
        reasons.push(Finding::RailNotOffered.into());
    }
    sort(&mut reasons);
    if is_payable {
        reasons.insert(0, Finding::ChallengeOk.into());
    }
    let l402 = marks::of_l402(answer, report);
    let is_too_large = !is_payable && reasons.iter().any(|own| TOO_LARGE.contains(&own.code));
    let cause = match (is_payable, is_too_large) {
        (true, _) => Cause::Payable,
        (false, true) => Cause::TooLarge,
        (false, false) => Cause::NotPayable,
    };
    let x402 = marks::of_x402(report);
    Classification { state: State::of_payable(is_payable), cause, rails, reasons, l402, x402 }
}

/// One rail, and what the listing has to say about it.
fn of_rail(rail: &RailReport, listed: &Listed) -> (RailHealth, Vec<Reason>) {
    let mut reasons = Vec::new();
    let mut offers = Vec::new();
    for offer in &rail.offers {
        let mut stops: Vec<&'static str> = Vec::new();
        let found = drift::of_offer(listed, rail.rail, offer, &rail.faults).into_iter();
        let odd = is_not_by_the_draft(rail, offer).then_some(Finding::MppRequestNonstandard);
        for finding in found.chain(odd) {
            let about = Reason::about(finding, rail.rail, Some(offer.index));
            stops.extend((finding.effect() != Effect::None).then_some(about.code));
            reasons.push(priced(about, finding, offer));
        }
        let is_payable = offer.is_payable && stops.is_empty();
        let own = rail.faults.iter().filter(|fault| stops_offer(fault, offer));
        stops.extend(own.map(|fault| Reason::of_fault(Some(rail.rail), fault).code));
        stops.dedup();
        let offer = Offer { is_payable, ..offer.clone() };
        offers.push(OfferHealth { offer, state: State::of_payable(is_payable), reasons: stops });
    }
    let is_payable = rail.is_payable && offers.iter().any(|offer| offer.offer.is_payable);
    let state = State::of_payable(is_payable);
    let clients = if is_payable { rail.clients.clone() } else { super::Clients::default() };
    (RailHealth { rail: rail.rail, state, is_payable, offers, clients }, reasons)
}

fn is_not_by_the_draft(rail: &RailReport, offer: &Offer) -> bool {
    let is_own = |fault: &&Fault| fault.offer.is_none_or(|index| index == offer.index);
    let mut own = rail.faults.iter().filter(is_own);
    rail.rail == Rail::Mpp && own.any(|fault| NOT_BY_THE_DRAFT.contains(&fault.code))
}

fn stops_offer(fault: &Fault, offer: &Offer) -> bool {
    fault.severity == Severity::Error && fault.offer.is_none_or(|index| index == offer.index)
}

/// A reason about a price says which.
fn priced(reason: Reason, finding: Finding, offer: &Offer) -> Reason {
    let price = offer.price.as_ref().map(|price| &price.text);
    match (finding, price, &offer.recipient) {
        (Finding::PriceChanged | Finding::PriceUpdated, Some(price), _) => {
            Reason { message: format!("{} It asks for {price}.", reason.message), ..reason }
        }
        (Finding::PaytoChanged, _, Some(payee)) => {
            Reason { message: format!("{} It is now {payee}.", reason.message), ..reason }
        }
        _ => reason,
    }
}

/// What matters most first; what the look itself found before what its challenge says.
fn sort(reasons: &mut [Reason]) {
    reasons.sort_by_key(|reason| (reason.code != Finding::ChallengeOk.code(), reason.severity));
}

#[cfg(test)]
mod tests;
