//! What was seen at an endpoint, as a verdict on its listing. Pure.

use super::reason::{REASONS_MAX, Reason};
use super::taken::Taken;
use crate::text::clean::{NAME_LEN_MAX, clean_text};
use crate::validate::{ValidateError, Validation};
use crate::{Check, HealthStatus, Listing, Outcome, Protocol};
use farebox_buyer::{Attempt, Probe, ProbeError};
use farebox_wire::probe::health::{
    self, Cause, Classification, Ending, Failure, Listed, Seen, State, Step, classify,
};
use farebox_wire::probe::{Rail, Severity, Terms};
use jiff::Timestamp;

/// A verdict on a listing.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Verdict {
    pub(crate) status: HealthStatus,
    /// What the look came to, for the history.
    pub(crate) outcome: Outcome,
    /// Why, what matters most first.
    pub(crate) reasons: Vec<Reason>,
    /// What is wrong, in one line.
    pub(crate) message: Option<String>,
    pub(crate) http_status: Option<u16>,
    /// Until the first byte of the answer.
    pub(crate) response_time_ms: Option<u32>,
    /// What the listing takes over.
    pub(crate) taken: Taken,
}

impl Verdict {
    /// What is recorded of it.
    pub(crate) fn check(&self, checked_at: Timestamp) -> Check {
        Check {
            checked_at,
            healthy: self.status,
            outcome: self.outcome,
            response_time_ms: self.response_time_ms,
            http_status: self.http_status,
            error_message: self.message.clone(),
            reasons: self.reasons.clone(),
        }
    }
}

/// Judges what was seen at the endpoint of a listing by the listing's own rail.
pub(crate) fn judge(listing: &Listing, found: Result<&Validation, &ValidateError>) -> Verdict {
    let listed = listed(listing);
    let failure = match found {
        _ if listing.is_template() => Failure::Template,
        // Our own guard refused: that says nothing about the endpoint.
        Err(_) => Failure::Refused,
        Ok(found) => match &found.seen {
            Ok(probe) => return answered(listing, found, probe, &listed),
            Err(error) => failure_of(error),
        },
    };
    let seen = Seen {
        steps: &[],
        ending: Ending::NoAnswer(failure),
        report: None,
        is_redirect_refused: false,
    };
    let terms = Terms { now_s: 0, accepts_test_money: false };
    let mut verdict = verdict(&classify(&seen, &listed, terms));
    let said = found.map_or_else(
        |error| Some(error.to_string()),
        |found| found.seen.as_ref().err().map(ToString::to_string),
    );
    verdict.message = said.or(verdict.message);
    verdict
}

fn answered(listing: &Listing, found: &Validation, probe: &Probe, listed: &Listed) -> Verdict {
    let steps: Vec<Step> = probe.attempts.iter().map(step).collect();
    let seen = Seen {
        steps: &steps,
        ending: Ending::Answer(&probe.answer),
        report: Some(&probe.report),
        is_redirect_refused: found.is_redirect_refused,
    };
    let judged = classify(&seen, listed, found.terms);
    Verdict {
        http_status: Some(probe.report.status),
        response_time_ms: response_time_ms(probe),
        taken: Taken::of(listing.facts.protocol, found, &judged),
        ..verdict(&judged)
    }
}

fn verdict(judged: &Classification) -> Verdict {
    let is_wrong = |reason: &&health::Reason| reason.severity == Severity::Error;
    let wrong = judged.reasons.iter().find(is_wrong);
    let status = status_of(judged.state);
    let is_good = status == HealthStatus::Healthy;
    Verdict {
        status,
        outcome: outcome_of(judged.cause),
        reasons: judged.reasons.iter().take(REASONS_MAX).map(Reason::from).collect(),
        message: wrong.filter(|_| !is_good).map(|reason| cleaned(&reason.message)),
        http_status: None,
        response_time_ms: None,
        taken: Taken::default(),
    }
}

impl From<&health::Reason> for Reason {
    fn from(reason: &health::Reason) -> Self {
        let (message, fix) = (cleaned(&reason.message), cleaned(&reason.fix));
        Self { code: reason.code.to_owned(), message, fix }
    }
}

/// A message can hold words of the endpoint's own.
fn cleaned(text: &str) -> String {
    clean_text(text, NAME_LEN_MAX)
}

/// What the listing says: its price and those that were seen last; so a new price or payee counts
/// from the second look on that sees it.
fn listed(listing: &Listing) -> Listed {
    let facts = &listing.facts;
    let sats = facts.price_sats.and_then(|sats| sats.to_msat()).map(|msat| msat.get());
    let offers = listing.offers.iter();
    let seen_msat = offers.clone().filter_map(|offer| offer.price_msat);
    let seen_micro_usd = offers.clone().filter_map(|offer| offer.price_micro_usd);
    let micro_usd = facts.price_usd.map(|usd| usd.get());
    Listed {
        rail: Some(Rail::from(facts.protocol)),
        prices_msat: sats.into_iter().chain(seen_msat).collect(),
        prices_micro_usd: micro_usd.into_iter().chain(seen_micro_usd).collect(),
        pay_to: offers.filter_map(|offer| offer.pay_to.clone()).collect(),
        failures_before: listing.health.consecutive_failures,
    }
}

fn step(attempt: &Attempt) -> Step {
    let (method, url) = (attempt.method.clone(), attempt.url.to_string());
    Step { method, url, status: attempt.status }
}

fn response_time_ms(probe: &Probe) -> Option<u32> {
    let time = probe.attempts.last()?.time_to_headers?;
    u32::try_from(time.as_millis()).ok()
}

/// Only a name that its servers say does not exist is gone; a server without an answer may be an
/// accident.
fn failure_of(error: &ProbeError) -> Failure {
    let says = |reason: &str, words: &[&str]| {
        let reason = reason.to_ascii_lowercase();
        words.iter().any(|word| reason.contains(word))
    };
    let unknown = ["does not exist", "no addresses", "not known", "no record"];
    match error {
        ProbeError::Dns { reason, .. } if says(reason, &unknown) => Failure::NameUnknown,
        ProbeError::Dns { .. } => Failure::NameUnanswered,
        ProbeError::Tls { .. } => Failure::Tls,
        ProbeError::Connect { reason, .. } if says(reason, &["refused"]) => Failure::ConnectRefused,
        ProbeError::Connect { .. } => Failure::Connect,
        ProbeError::Timeout { .. } => Failure::Timeout,
        ProbeError::Answer { reason, .. } if says(reason, &["bytes of header"]) => {
            Failure::HeadersTooLarge
        }
        ProbeError::Answer { .. } => Failure::Malformed,
        ProbeError::Credential(_) => Failure::NotAsked,
        ProbeError::Refused(_) => Failure::Refused,
    }
}

const fn status_of(state: State) -> HealthStatus {
    match state {
        State::Healthy => HealthStatus::Healthy,
        State::Degraded => HealthStatus::Degraded,
        State::Down => HealthStatus::Down,
        State::Unknown => HealthStatus::Unknown,
    }
}

const fn outcome_of(cause: Cause) -> Outcome {
    match cause {
        Cause::Payable => Outcome::Payable,
        Cause::NotPayable => Outcome::NotPayable,
        Cause::Timeout => Outcome::Timeout,
        Cause::Dns => Outcome::Dns,
        Cause::Connect => Outcome::Connect,
        Cause::Tls => Outcome::Tls,
        Cause::ServerError => Outcome::ServerError,
        Cause::ClientError => Outcome::ClientError,
        Cause::Free => Outcome::Free,
        Cause::Redirect => Outcome::Redirect,
        Cause::TooLarge => Outcome::TooLarge,
        Cause::Gone => Outcome::Gone,
        Cause::RateLimited => Outcome::RateLimited,
        Cause::NeedsMore => Outcome::NeedsMore,
        Cause::Wall => Outcome::Wall,
        Cause::NotAsked => Outcome::Refused,
    }
}

impl From<Protocol> for Rail {
    fn from(protocol: Protocol) -> Self {
        match protocol {
            Protocol::L402 => Self::L402,
            Protocol::X402 => Self::X402,
            Protocol::Mpp => Self::Mpp,
        }
    }
}

#[cfg(test)]
mod tests;
