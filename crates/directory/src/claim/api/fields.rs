//! Fields of requests, and the answer that a new token goes out in.

use crate::claim::proof::record_name;
use crate::claim::{Begun, ClaimError, Claims, Hostname, ProofMethod};
use serde_json::{Map, Value, json};

const EMAIL_LEN_MAX: usize = 254;
/// Longer texts of a field are refused; the longest is a signature.
const TEXT_LEN_MAX: usize = 10_000;

/// A text; `None` when it is absent or null.
pub(super) fn text<'a>(
    fields: &'a Map<String, Value>,
    parameter: &'static str,
) -> Result<Option<&'a str>, ClaimError> {
    match fields.get(parameter) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.len() <= TEXT_LEN_MAX => Ok(Some(text)),
        Some(_) => Err(ClaimError::Parameter { parameter, what: "a text is expected" }),
    }
}

/// A text that must be there.
pub(super) fn required<'a>(
    fields: &'a Map<String, Value>,
    parameter: &'static str,
) -> Result<&'a str, ClaimError> {
    let text = text(fields, parameter)?.filter(|text| !text.trim().is_empty());
    text.ok_or(ClaimError::Parameter { parameter, what: "this field is required" })
}

/// The claimed host.
pub(super) fn domain(claims: &Claims, fields: &Map<String, Value>) -> Result<Hostname, ClaimError> {
    claims.hostname(required(fields, "domain")?)
}

/// An address that could be one.
pub(super) fn email(fields: &Map<String, Value>) -> Result<Option<String>, ClaimError> {
    let Some(text) = text(fields, "contact_email")? else { return Ok(None) };
    let text = text.trim();
    let parts = text.rsplit_once('@');
    let is_plain = |c: char| !c.is_whitespace() && !farebox_wire::text::is_hidden(c);
    let is_address = parts.is_some_and(|(user, host)| !user.is_empty() && host.contains('.'));
    if is_address && text.len() <= EMAIL_LEN_MAX && text.chars().all(is_plain) {
        return Ok(Some(text.to_owned()));
    }
    let what = "an address such as you@example.com is expected, or leave it out";
    Err(ClaimError::Parameter { parameter: "contact_email", what })
}

/// What a new token goes out with: the token, and every way to prove the claim.
pub(super) async fn begun(claims: &Claims, begun: &Begun) -> Result<Value, ClaimError> {
    let url = claims.verification_url(&begun.domain).await?;
    let (domain, hash) = (&begun.domain, begun.token.hash());
    let message = claims.message(domain, &hash, begun.expires_at);
    let record = record_name(domain);
    let verify = format!(r#"POST /api/v1/claim/verify with {{"domain":"{domain}"}}"#);
    Ok(json!({
        "domain": domain.as_str(),
        "status": "pending",
        "verification_token": begun.token.reveal(),
        "verification_hash": hash.to_string(),
        "verification_url": url.as_str(),
        "expires_at": begun.expires_at,
        "instructions": [
            "Keep verification_token secret: it will change and delete your listings.",
            format!("Publish verification_hash, as plain text and nothing else, at {url}"),
            format!("Then {verify}, before {}.", begun.expires_at),
        ],
        "other_methods": [
            {
                "method": ProofMethod::Dns.name(),
                "record": record,
                "type": "TXT",
                "value": hash.to_string(),
            },
            {
                "method": ProofMethod::Wallet.name(),
                "sign": "personal_sign (EIP-191) by the account that all active listings of the \
                         domain are paid to",
                "message": message,
            },
            {
                "method": ProofMethod::Node.name(),
                "sign": "signmessage by the Lightning node whose invoices all active listings of \
                         the domain ask with",
                "message": message,
            },
        ],
    }))
}
