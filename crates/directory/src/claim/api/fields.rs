//! Fields of requests, and the answer that a new token goes out in.

use crate::claim::proof::record_name;
use crate::claim::{Begun, ClaimError, Claims, Hostname, ProofMethod};
use serde::Serialize;
use utoipa::ToSchema;

const EMAIL_LEN_MAX: usize = 254;

/// A text that must be there.
pub(super) fn required(
    text: Option<String>,
    parameter: &'static str,
) -> Result<String, ClaimError> {
    let text = text.filter(|text| !text.trim().is_empty());
    text.ok_or(ClaimError::Parameter { parameter, what: "this field is required" })
}

/// The claimed host.
pub(super) fn domain(claims: &Claims, text: Option<String>) -> Result<Hostname, ClaimError> {
    claims.hostname(&required(text, "domain")?)
}

/// An address that could be one.
pub(super) fn email(text: Option<String>) -> Result<Option<String>, ClaimError> {
    let Some(text) = text else { return Ok(None) };
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

/// A claim that waits for its proof.
#[derive(Serialize, ToSchema)]
pub(super) struct PendingClaim {
    domain: String,
    /// `pending`
    status: &'static str,
    /// Secret: changes the domain's listings once the claim is verified.
    verification_token: String,
    /// Public: the SHA-256 of the token's 64 digits.
    verification_hash: String,
    /// Where the hash is published.
    verification_url: String,
    /// Until when the claim can be proven.
    #[schema(value_type = String, format = DateTime)]
    expires_at: jiff::Timestamp,
    instructions: Vec<String>,
    /// Other ways to prove the claim.
    other_methods: Vec<OtherMethod>,
}

/// Another way to prove a claim.
#[derive(Serialize, ToSchema)]
struct OtherMethod {
    /// What `method` says in `/api/v1/claim/verify`.
    method: &'static str,
    /// What to do.
    instruction: String,
    /// The name of the TXT record.
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<String>,
    /// What to sign, exactly.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

impl PendingClaim {
    /// What a new token goes out with: the token, and every way to prove the claim.
    pub(super) async fn of(claims: &Claims, begun: &Begun) -> Result<Self, ClaimError> {
        let (domain, hash, expires_at) = (&begun.domain, begun.token.hash(), begun.expires_at);
        let url = claims.verification_url(domain).await?;
        Ok(Self {
            domain: domain.to_string(),
            status: "pending",
            verification_token: begun.token.reveal(),
            verification_hash: hash.to_string(),
            verification_url: url.to_string(),
            expires_at,
            instructions: vec![
                "Keep verification_token secret: it will change and delete your listings."
                    .to_owned(),
                format!("Publish verification_hash, as plain text and nothing else, at {url}"),
                format!(
                    r#"Then POST /api/v1/claim/verify with {{"domain":"{domain}"}}, before {expires_at}."#
                ),
            ],
            other_methods: other_methods(claims, begun),
        })
    }
}

fn other_methods(claims: &Claims, begun: &Begun) -> Vec<OtherMethod> {
    let (domain, hash) = (&begun.domain, begun.token.hash());
    let message = claims.message(domain, &hash, begun.expires_at);
    let record = record_name(domain);
    let signed = |method: ProofMethod, how: &str| OtherMethod {
        method: method.name(),
        instruction: format!(
            "Sign the message {how}, and send verification_hash and signature to \
             /api/v1/claim/verify. Every active listing of the domain must be paid to the signer."
        ),
        record: None,
        message: Some(message.clone()),
    };
    vec![
        OtherMethod {
            method: ProofMethod::Dns.name(),
            instruction: format!("Publish verification_hash as a TXT record of {record}"),
            record: Some(record),
            message: None,
        },
        signed(ProofMethod::Wallet, "with the account that is paid (personal_sign, EIP-191)"),
        signed(ProofMethod::Node, "with the Lightning node that is paid (signmessage)"),
    ]
}
