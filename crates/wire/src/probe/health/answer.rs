//! What an answer without a challenge says.

use super::super::{RecordedAnswer, fault};
use super::{Finding, Seen, hosting};
use url::Url;

/// Redirects of one look, the last one included, that are too many.
const REDIRECTS_MAX: usize = 4;
/// Words by which servers say which input they miss.
const MISSING_WORDS: [&str; 4] = ["required", "missing", "must ", "invalid"];
/// Words by which servers say that parameters of the address are missing.
const PARAMETER_WORDS: [&str; 4] = ["\"query\"", "query param", "querystring", "query string"];

/// Everything but a 402 with a challenge.
pub(super) fn findings(answer: &RecordedAnswer, seen: &Seen<'_>) -> Vec<Finding> {
    if let Some(found) = hosting::somebody_else(answer) {
        return vec![found];
    }
    match answer.status {
        // The faults of the answer say what is missing.
        402 => Vec::new(),
        200..300 | 511 if hosting::is_interstitial(answer) => vec![Finding::Interstitial],
        200..300 => vec![Finding::Free],
        300..400 => vec![of_redirect(answer, seen)],
        401 | 403 | 407 => vec![Finding::AuthRequired],
        400 | 411 | 413 | 415 | 422 => vec![of_input(answer)],
        404 | 410 => vec![Finding::NotFound],
        405 | 501 => vec![Finding::MethodNotAllowed],
        406 => vec![Finding::NeedsAcceptHeader],
        408 => vec![Finding::Timeout],
        429 => vec![Finding::RateLimited],
        500.. => of_server_error(answer, seen),
        _ => vec![Finding::UnexpectedStatus],
    }
}

fn of_redirect(answer: &RecordedAnswer, seen: &Seen<'_>) -> Finding {
    let from = answer.parsed_url();
    let to = from.as_ref().zip(answer.text("location").map(str::trim));
    let to = to.filter(|(_, to)| !to.is_empty()).and_then(|(from, to)| from.join(to).ok());
    let Some((from, to)) = from.zip(to) else {
        return Finding::RedirectNoLocation;
    };
    if seen.is_redirect_refused {
        return Finding::BlockedByGuard;
    }
    if from.host() != to.host() {
        let is_parked = to.host_str().is_some_and(hosting::is_parking_host);
        return if is_parked { Finding::Parked } else { Finding::RedirectCrossOrigin };
    }
    if from.scheme() == "https" && to.scheme() == "http" {
        return Finding::RedirectDowngrade;
    }
    if is_circle(&from, &to, seen) { Finding::RedirectLoop } else { Finding::RedirectUnfollowed }
}

fn is_circle(from: &Url, to: &Url, seen: &Seen<'_>) -> bool {
    let redirects = seen
        .steps
        .iter()
        .filter(|step| step.status.is_some_and(|status| (300..400).contains(&status)));
    let was_there = seen.steps.iter().any(|step| Url::parse(&step.url).ok().as_ref() == Some(to));
    from == to || was_there || redirects.count() >= REDIRECTS_MAX
}

fn of_input(answer: &RecordedAnswer) -> Finding {
    let body = String::from_utf8_lossy(&answer.body).to_ascii_lowercase();
    let is_query = PARAMETER_WORDS.iter().any(|words| body.contains(words));
    if is_query { Finding::NeedsParameters } else { Finding::NeedsRequestBody }
}

/// A server that fails for want of input, and says so or answers 402 with it, is not down however
/// often it fails.
fn of_server_error(answer: &RecordedAnswer, seen: &Seen<'_>) -> Vec<Finding> {
    let answers_402 = seen.steps.iter().any(|step| step.status == Some(402));
    if answers_402 || (answer.status == 500 && names_missing_input(answer)) {
        return vec![Finding::ServerError, Finding::NeedsRequestBody];
    }
    vec![Finding::ServerError]
}

fn names_missing_input(answer: &RecordedAnswer) -> bool {
    let body = String::from_utf8_lossy(&answer.body).to_ascii_lowercase();
    fault::is_json_object(answer) && MISSING_WORDS.iter().any(|words| body.contains(words))
}
