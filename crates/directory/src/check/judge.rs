//! What was seen at an endpoint, as a verdict on its listing. Pure.

use crate::validate::{ValidateError, Validation};
use crate::{HealthStatus, Listing, Outcome};
use farebox_buyer::ProbeError;
use farebox_wire::probe::{self, Severity};

/// Failures in a row, this one included, that make an endpoint down.
const FAILURES_MAX: u32 = 3;

/// A verdict on a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) status: HealthStatus,
    /// What the history remembers.
    pub(crate) outcome: Outcome,
    /// What is wrong, in one line.
    pub(crate) message: Option<String>,
    pub(crate) http_status: Option<u16>,
    /// Until the first byte of the answer.
    pub(crate) response_time_ms: Option<u32>,
}

/// Judges what was seen at the endpoint of a listing by the listing's own rail.
pub(crate) fn judge(listing: &Listing, found: Result<&Validation, &ValidateError>) -> Verdict {
    let verdict = |status, outcome, message: Option<String>| Verdict {
        status,
        outcome,
        message,
        http_status: None,
        response_time_ms: None,
    };
    let found = match found {
        Ok(found) => found,
        // Our own guard refused: that says nothing about the endpoint.
        Err(refused) => {
            return verdict(HealthStatus::Unknown, Outcome::Refused, Some(refused.to_string()));
        }
    };
    let probe = match &found.seen {
        Ok(probe) => probe,
        Err(error) => {
            let status = unreachable(listing, error);
            return verdict(status, outcome_of_error(error), Some(error.to_string()));
        }
    };
    let (status, message) = answered(listing, found, &probe.report);
    Verdict {
        http_status: Some(probe.report.status),
        response_time_ms: response_time_ms(probe),
        ..verdict(status, outcome_of_answer(status, &probe.report), message)
    }
}

fn response_time_ms(probe: &farebox_buyer::Probe) -> Option<u32> {
    let time = probe.attempts.last()?.time_to_headers?;
    u32::try_from(time.as_millis()).ok()
}

/// A name that leads nowhere and a certificate that is not valid stay so; anything else may have
/// been an accident.
fn unreachable(listing: &Listing, error: &ProbeError) -> HealthStatus {
    match error {
        ProbeError::Dns { .. } | ProbeError::Tls { .. } => HealthStatus::Down,
        ProbeError::Credential(_) | ProbeError::Refused(_) => HealthStatus::Unknown,
        _ => after_failures(listing),
    }
}

fn outcome_of_error(error: &ProbeError) -> Outcome {
    match error {
        ProbeError::Dns { .. } => Outcome::Dns,
        ProbeError::Tls { .. } => Outcome::Tls,
        ProbeError::Credential(_) | ProbeError::Refused(_) => Outcome::Refused,
        ProbeError::Timeout { .. } => Outcome::Timeout,
        _ => Outcome::Connect,
    }
}

fn outcome_of_answer(status: HealthStatus, report: &probe::Report) -> Outcome {
    match report.verdict {
        probe::Verdict::Payable | probe::Verdict::NotPayable => match status {
            HealthStatus::Healthy => Outcome::Payable,
            _ => Outcome::NotPayable,
        },
        probe::Verdict::NotFound | probe::Verdict::Gone => Outcome::Gone,
        probe::Verdict::BotWall => Outcome::Wall,
        probe::Verdict::ServerError => Outcome::ServerError,
        _ => match report.status {
            200..=299 => Outcome::Free,
            300..=399 => Outcome::Redirect,
            429 => Outcome::RateLimited,
            400 | 401 | 403 | 422 => Outcome::NeedsMore,
            _ => Outcome::ClientError,
        },
    }
}

fn answered(
    listing: &Listing,
    found: &Validation,
    report: &probe::Report,
) -> (HealthStatus, Option<String>) {
    use HealthStatus::{Degraded, Down, Healthy, Unknown};
    let said = || Some(report.message.to_owned());
    match report.verdict {
        probe::Verdict::Payable | probe::Verdict::NotPayable => {
            let protocol = listing.facts.protocol;
            if found.is_payable_by(protocol) {
                return (Healthy, None);
            }
            (Degraded, Some(first_fault(listing, report)))
        }
        probe::Verdict::NotFound | probe::Verdict::Gone => (Down, said()),
        probe::Verdict::BotWall => (Unknown, said()),
        probe::Verdict::ServerError => (after_failures(listing), said()),
        _ => (Degraded, said()),
    }
}

/// Degraded for the first failures, down from the third in a row on.
fn after_failures(listing: &Listing) -> HealthStatus {
    let before = listing.health.consecutive_failures;
    match before + 1 < FAILURES_MAX {
        true => HealthStatus::Degraded,
        false => HealthStatus::Down,
    }
}

/// The worst that is wrong with the listing's own rail.
fn first_fault(listing: &Listing, report: &probe::Report) -> String {
    let protocol = listing.facts.protocol;
    let mut rails = report.rails.iter().filter(|rail| crate::Protocol::from(rail.rail) == protocol);
    let Some(rail) = rails.next() else {
        return format!("It asks for payment, but not by {}.", protocol.name());
    };
    let worst = rail.faults.iter().find(|fault| fault.severity == Severity::Error);
    worst.map_or_else(|| report.message.to_owned(), |fault| fault.message.clone())
}
