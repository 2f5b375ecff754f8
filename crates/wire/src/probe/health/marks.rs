//! What directories say of an L402 or x402 challenge beside its health.

use super::super::{Fault, Rail, RailReport, RecordedAnswer, Report, Severity, families};
use super::{L402Marks, X402Marks};
use crate::l402::{ForeignToken, TokenForm, parse_challenges};
use crate::x402::{BODY_LEN_MAX, PAYMENT_REQUIRED, decode_header, parse_json_object};
use serde_json::{Map, Value};

/// Bytes of a facilitator's address.
const FACILITATOR_LEN_MAX: usize = 2_048;
/// Faults that leave nothing for a client to send back or to pay.
const NOTHING_TO_READ: [&str; 4] =
    ["token_missing", "token_unusable", "invoice_missing", "line_too_long"];
/// Faults by which a requirement is in no token that clients know.
const NO_KNOWN_ASSET: [&str; 3] = ["asset_unknown", "asset_empty", "asset_invalid"];

pub(super) fn of_l402(answer: &RecordedAnswer, report: &Report) -> Option<L402Marks> {
    let rail = rail(report, Rail::L402)?;
    let shown = parse_challenges(answer.challenge_lines()).into_iter().next();
    let token = shown.and_then(|challenge| challenge.token);
    let format: Option<TokenForm> = token.map(|token| ForeignToken::read(&token).form);
    let is_readable = !rail.faults.iter().any(|fault| NOTHING_TO_READ.contains(&fault.code));
    let counts = |fault: &&Fault| fault.severity != Severity::Note;
    let worst = rail.faults.iter().find(counts).map(|fault| fault.code);
    Some(L402Marks {
        format,
        is_lnget_compatible: is_readable && families::is_in_one_form(answer, rail),
        is_compliant: worst.is_none(),
        degrade_reason: worst,
    })
}

pub(super) fn of_x402(report: &Report) -> Option<X402Marks> {
    let rail = rail(report, Rail::X402)?;
    let is_unknown = |index: usize| {
        let mut faults = rail.faults.iter();
        faults.any(|fault| fault.offer == Some(index) && NO_KNOWN_ASSET.contains(&fault.code))
    };
    Some(X402Marks {
        is_payment_valid: rail.is_payable,
        is_asset_known: rail.offers.iter().any(|offer| !is_unknown(offer.index)),
    })
}

fn rail(report: &Report, wanted: Rail) -> Option<&RailReport> {
    report.rails.iter().find(|found| found.rail == wanted)
}

/// The address of the facilitator that the x402 terms of an answer name. Requirements have no field
/// for it; some sellers name it in `extra` or beside `accepts`.
#[must_use]
pub fn facilitator_of(answer: &RecordedAnswer) -> Option<String> {
    let header = answer.text(PAYMENT_REQUIRED).and_then(|value| decode_header(value).ok());
    let terms = header.or_else(|| parse_json_object(&answer.body, BODY_LEN_MAX).ok())?;
    let accepts = terms.get("accepts").and_then(Value::as_array);
    let entries = accepts.map(Vec::as_slice).unwrap_or_default().iter();
    let of_entry = |entry: &Value| {
        let entry = entry.as_object()?;
        entry.get("extra").and_then(Value::as_object).and_then(named).or_else(|| named(entry))
    };
    entries.take(crate::x402::ACCEPTS_MAX).find_map(of_entry).or_else(|| named(&terms))
}

fn named(fields: &Map<String, Value>) -> Option<String> {
    let names = ["facilitator", "facilitatorUrl", "facilitator_url"];
    let mut texts = names.iter().filter_map(|name| fields.get(*name)?.as_str());
    let is_url = |text: &&str| text.starts_with("https://") && text.len() <= FACILITATOR_LEN_MAX;
    texts.find(is_url).map(str::to_owned)
}
