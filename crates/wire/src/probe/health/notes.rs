//! What is worth knowing about how a challenge was found and how it is written.

use super::super::{BODY_LEN_MAX, Rail, RecordedAnswer, Report};
use super::{Finding, Seen};
use crate::http_auth::{Quoting, RawChallenge, challenges};
use crate::x402::{PAYMENT_REQUIRED, parse_json_object};
use serde_json::{Map, Value};

/// What the requests before the last one say, where the last one met the paywall.
pub(super) fn of_steps(seen: &Seen<'_>, answer: &RecordedAnswer) -> Vec<Finding> {
    let Some((_, earlier)) = seen.steps.split_last() else {
        return Vec::new();
    };
    let any = |met: &dyn Fn(u16) -> bool| earlier.iter().any(|step| step.status.is_some_and(met));
    let first = earlier.first();
    let is_head = first.is_some_and(|step| step.method == "HEAD" && step.status == Some(402));
    let changed = first.is_some_and(|step| !step.method.eq_ignore_ascii_case(&answer.method));
    let wanted_input = any(&|status| matches!(status, 400 | 411 | 413 | 415 | 422));
    let has_query = answer.parsed_url().is_some_and(|url| url.query().is_some());
    let was_slow = earlier.iter().any(|step| step.status.is_none_or(|status| status >= 500));
    let found = [
        (any(&|status| (300..400).contains(&status)), Finding::Redirected),
        (changed && any(&|status| matches!(status, 404 | 405 | 501)), Finding::MethodCorrected),
        (wanted_input && has_query && answer.request_body.is_empty(), Finding::NeedsParameters),
        (wanted_input && !has_query, Finding::NeedsRequestBody),
        (any(&|status| status == 406), Finding::NeedsAcceptHeader),
        (was_slow, Finding::SlowStart),
    ];
    let mut found: Vec<_> =
        found.into_iter().filter(|(is_so, _)| *is_so).map(|(_, found)| found).collect();
    found.extend(is_head.then_some(Finding::HeadLacksChallenge));
    found
}

/// What the form of the challenges says.
pub(super) fn of_form(answer: &RecordedAnswer, report: &Report) -> Vec<Finding> {
    let raw = challenges(answer.challenge_lines());
    let has = |rail: Rail| report.rails.iter().any(|found| found.rail == rail);
    let body = parse_json_object(&answer.body, BODY_LEN_MAX).ok();
    let found = [
        (raw.iter().any(|challenge| challenge.place > 0), Finding::MultiChallengeJoined),
        (shares_invoice(&raw), Finding::DuplicateChallenge),
        (raw.iter().any(has_foreign_token), Finding::TokenInOtherChallenge),
        (raw.iter().any(is_single_quoted), Finding::SingleQuotes),
        (body.as_ref().is_some_and(|body| is_preview(answer, body)), Finding::BodyIsPreview),
        (
            !has(Rail::X402) && body.as_ref().is_some_and(names_protocols),
            Finding::BodyNamesOtherProtocols,
        ),
    ];
    found.into_iter().filter(|(is_so, _)| *is_so).map(|(_, found)| found).collect()
}

fn is_l402(challenge: &RawChallenge) -> bool {
    challenge.is("L402") || challenge.is("LSAT")
}

fn shares_invoice(raw: &[RawChallenge]) -> bool {
    let mut invoices: Vec<_> =
        raw.iter().filter(|own| is_l402(own)).filter_map(|own| own.value("invoice")).collect();
    let count = invoices.len();
    invoices.sort_unstable();
    invoices.dedup();
    invoices.len() < count
}

fn has_foreign_token(challenge: &RawChallenge) -> bool {
    challenge.is("Payment")
        && ["token", "macaroon"].iter().any(|name| challenge.value(name).is_some())
}

fn is_single_quoted(challenge: &RawChallenge) -> bool {
    is_l402(challenge) && challenge.params.iter().any(|param| param.quoting == Quoting::Single)
}

fn is_preview(answer: &RecordedAnswer, body: &Map<String, Value>) -> bool {
    let has_terms = ["accepts", "payTo", "x402Version"].iter().any(|key| body.contains_key(*key));
    answer.has(PAYMENT_REQUIRED) && !body.is_empty() && !has_terms
}

fn names_protocols(body: &Map<String, Value>) -> bool {
    let is_list = body.get("protocols").is_some_and(Value::is_array);
    !body.contains_key("accepts") && (is_list || body.contains_key("x402Version"))
}
