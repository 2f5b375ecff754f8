//! Why an endpoint has the health that it has.

use super::super::{Fault, Rail, Severity};
use super::Finding;
use crate::l402::PLACEHOLDER;
use serde::Serialize;

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The stable name.
    pub code: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The rail that it is about; `None` for the endpoint.
    #[serde(serialize_with = "rail_name")]
    pub rail: Option<Rail>,
    /// The offer of the rail that it is about, by its place.
    pub offer: Option<usize>,
    /// What was found, in one line.
    pub message: String,
    /// What the seller does about it, in one line; empty where there is nothing to do.
    pub fix: String,
}

fn rail_name<S: serde::Serializer>(rail: &Option<Rail>, to: S) -> Result<S::Ok, S::Error> {
    rail.map(Rail::name).serialize(to)
}

/// Faults of one kind that have one name as reasons.
type Named = (Rail, &'static str, &'static str);

/// Where the name of a reason is not that of the fault: reasons are named alike on every rail.
const NAMES: [Named; 26] = [
    (Rail::L402, "invoice_network", "testnet_only"),
    (Rail::L402, "invoice_foreign_network", "unsupported_invoice_network"),
    (Rail::L402, "invoice_unreadable", "invoice_checksum_failed"),
    (Rail::L402, "invoice_zero", "amount_zero"),
    (Rail::L402, "legacy_scheme", "legacy_lsat_scheme"),
    (Rail::L402, "separators", "params_without_comma"),
    (Rail::L402, "unquoted", "unquoted_params"),
    (Rail::L402, "identifier_differs", "macaroon_identifier_nonstandard"),
    (Rail::L402, "token_without_payment_hash", "macaroon_identifier_nonstandard"),
    (Rail::L402, "line_too_long", "header_too_large"),
    (Rail::Mpp, "id_missing", "missing_field"),
    (Rail::Mpp, "realm_missing", "missing_field"),
    (Rail::Mpp, "method_missing", "missing_field"),
    (Rail::Mpp, "intent_missing", "missing_field"),
    (Rail::Mpp, "request_missing", "missing_field"),
    (Rail::Mpp, "folded_line", "header_syntax"),
    (Rail::Mpp, "line_too_long", "header_too_large"),
    (Rail::Mpp, "request_too_long", "header_too_large"),
    (Rail::Mpp, "parameter_too_long", "header_too_large"),
    (Rail::Mpp, "request_too_deep", "json_too_deep"),
    (Rail::Mpp, "request_invalid", "mpp_request_nonstandard"),
    (Rail::Mpp, "invoice_unreadable", "invoice_checksum_failed"),
    (Rail::Mpp, "challenge_joined", "multi_challenge_joined"),
    (Rail::Mpp, "recipient_missing", "payto_empty"),
    (Rail::Mpp, "recipient_invalid", "payto_invalid"),
    (Rail::Mpp, "token_unknown", "asset_unknown"),
];

/// What the decoder of invoices says where the payment secret is missing, without which today's
/// wallets do not pay.
const NO_SECRET: &str = "ayment secret";

/// Forms of L402 tokens, as the message of the fault `token_form` ends, and their reasons.
const TOKEN_FORMS: [(&str, &str); 4] = [
    ("v1_binary.", "macaroon_v1"),
    ("v0_text.", "macaroon_v0_text"),
    ("json.", "token_is_json_not_macaroon"),
    ("unknown.", "macaroon_format_unknown"),
];

impl Reason {
    pub(super) fn of_fault(rail: Option<Rail>, fault: &Fault) -> Self {
        Self {
            code: name(rail, fault),
            severity: fault.severity,
            rail,
            offer: fault.offer,
            message: fault.message.clone(),
            fix: fault.fix.clone(),
        }
    }

    pub(super) fn about(finding: Finding, rail: Rail, offer: Option<usize>) -> Self {
        Self { rail: Some(rail), offer, ..finding.into() }
    }

    /// A finding that did not decide.
    pub(super) fn beside(finding: Finding) -> Self {
        let severity = finding.severity().max(Severity::Warning);
        Self { severity, ..finding.into() }
    }

    /// Every fault whose reason has another name: the rail, the fault, the reason.
    #[must_use]
    pub const fn renamed() -> &'static [(Rail, &'static str, &'static str)] {
        &NAMES
    }
}

impl From<Finding> for Reason {
    fn from(finding: Finding) -> Self {
        Self {
            code: finding.code(),
            severity: finding.severity(),
            rail: None,
            offer: None,
            message: finding.message().to_owned(),
            fix: finding.fix().to_owned(),
        }
    }
}

fn name(rail: Option<Rail>, fault: &Fault) -> &'static str {
    let Some(rail) = rail else {
        return fault.code;
    };
    if rail == Rail::L402 && fault.code == "token_form" {
        let form = TOKEN_FORMS.iter().find(|(end, _)| fault.message.ends_with(end));
        return form.map_or(fault.code, |(_, name)| *name);
    }
    if fault.code == "invoice_unreadable" && fault.message.contains(PLACEHOLDER) {
        return "invoice_placeholder";
    }
    if fault.code == "invoice_unreadable" && fault.message.contains(NO_SECRET) {
        return "invoice_no_payment_secret";
    }
    let named = NAMES.iter().find(|(own, code, _)| *own == rail && *code == fault.code);
    named.map_or(fault.code, |(_, _, name)| *name)
}
