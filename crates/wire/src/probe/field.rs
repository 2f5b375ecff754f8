//! Which field of a challenge a fault is about.

use super::Rail;

/// Beginnings of codes and the field that they are about, the longer ones first.
type Table = &'static [(&'static str, &'static str)];

const OF_L402: Table = &[
    ("invoice_in_body", "body"),
    ("invoice", "invoice"),
    ("token_parameter_missing", "token"),
    ("token_in_body", "body"),
    ("tokens_differ", "token"),
    ("token", "macaroon"),
    ("macaroon", "macaroon"),
    ("identifier", "macaroon"),
    ("payment_hash", "macaroon"),
    ("price", "body"),
    ("challenge_in_body", "body"),
    ("body", "body"),
    ("", "WWW-Authenticate"),
];

const OF_X402: Table = &[
    ("amount", "amount"),
    ("price", "amount"),
    ("decimals", "asset"),
    ("asset", "asset"),
    ("payto", "payTo"),
    ("network", "network"),
    ("nonstandard_network", "network"),
    ("unsupported_network", "network"),
    ("testnet", "network"),
    ("scheme", "scheme"),
    ("unsupported_scheme", "scheme"),
    ("timeout", "maxTimeoutSeconds"),
    ("domain_name", "extra.name"),
    ("domain_version", "extra.version"),
    ("domain", "extra"),
    ("fee_payer", "extra.feePayer"),
    ("facilitator_address", "extra.facilitatorAddress"),
    ("resource", "resource.url"),
    ("version", "x402Version"),
    ("option", "accepts"),
    ("some_options", "accepts"),
    ("too_many_options", "accepts"),
    ("accepts", "accepts"),
    ("body", "body"),
    ("v1_body", "body"),
    ("v2_in_body", "body"),
    ("v2_with_v1", "amount"),
    ("terms_conflict", "body"),
    ("status", "status"),
    ("", "PAYMENT-REQUIRED"),
];

const OF_MPP: Table = &[
    ("header_unsupported", "header"),
    ("id_", "id"),
    ("realm", "realm"),
    ("method", "method"),
    ("unsupported_method", "method"),
    ("intent", "intent"),
    ("unsupported_intent", "intent"),
    ("session_intent", "intent"),
    ("subscription_intent", "intent"),
    ("request", "request"),
    ("expires", "expires"),
    ("challenge_expired", "expires"),
    ("outlives_invoice", "expires"),
    ("opaque", "opaque"),
    ("digest", "digest"),
    ("amount", "request.amount"),
    ("proof_only", "request.amount"),
    ("currency", "request.currency"),
    ("token_unknown", "request.currency"),
    ("recipient", "request.recipient"),
    ("splits", "request.splits"),
    ("two_invoices", "request.methodDetails.invoice"),
    ("invoice", "request.methodDetails.invoice"),
    ("payment_hash", "request.methodDetails.paymentHash"),
    ("network", "request.methodDetails.network"),
    ("testnet", "request.methodDetails"),
    ("chain", "request.methodDetails.chainId"),
    ("credential_types", "request.methodDetails.credentialTypes"),
    ("no_authorization", "request.methodDetails.credentialTypes"),
    ("modes", "request.methodDetails.supportedModes"),
    ("push_only", "request.methodDetails.supportedModes"),
    ("pull_only", "request.methodDetails.supportedModes"),
    ("account", "request.methodDetails.networkId"),
    ("payment_types", "request.methodDetails.paymentMethodTypes"),
    ("", "WWW-Authenticate"),
];

const OF_ANSWER: Table = &[
    ("cache_control", "Cache-Control"),
    ("challenge_cached", "Cache-Control"),
    ("challenge_without", "status"),
    ("not_encrypted", "url"),
    ("body", "body"),
    ("mcp", "body"),
    ("headers", "headers"),
    ("", "WWW-Authenticate"),
];

/// The field that a fault of a rail, or of the answer as a whole, is about: a parameter of the
/// challenge, a path in its JSON, a header, or `status`, `url`, `headers` or `body`.
#[must_use]
pub fn field_of(rail: Option<Rail>, code: &str) -> &'static str {
    let table = match rail {
        Some(Rail::L402) => OF_L402,
        Some(Rail::X402) => OF_X402,
        Some(Rail::Mpp) => OF_MPP,
        None => OF_ANSWER,
    };
    let found = table.iter().find(|(start, _)| code.starts_with(start));
    found.map_or("", |(_, field)| *field)
}
