//! An invoice, and what its preimage is shown with: an L402 token, or a challenge of MPP.

use super::NoOffer;
use crate::policy::{self, Limits, Refusal};
use crate::printable::printable;
use crate::request::Outgoing;
use crate::spend::Rail;
use farebox_money::Msat;
use farebox_wire::bolt11::Invoice;
use farebox_wire::l402::{self, BodyChallenge, Grant, Identifier, Scheme, TokenKind};
use farebox_wire::macaroon::Macaroon;
use farebox_wire::mpp::{Challenge, CredentialHeader};
use http::HeaderMap;
use sha2::{Digest, Sha256};

/// A challenge that ends sooner is not paid any more.
const EXPIRY_MARGIN_S: u64 = 5;

/// What a preimage is shown with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LightningScheme {
    /// `L402 <token>:<preimage>`
    L402,
    /// The same under its name until 2023.
    Lsat,
    /// `Payment`, with the challenge (MPP).
    Payment,
}

impl LightningScheme {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::L402 => Scheme::L402.name(),
            Self::Lsat => Scheme::Lsat.name(),
            Self::Payment => farebox_wire::mpp::SCHEME,
        }
    }

    /// That of a token that may be good for more than one request; a challenge of MPP is not.
    pub(crate) const fn of_token(self) -> Option<Scheme> {
        match self {
            Self::L402 => Some(Scheme::L402),
            Self::Lsat => Some(Scheme::Lsat),
            Self::Payment => None,
        }
    }

    pub(crate) const fn rail(self) -> Rail {
        match self {
            Self::L402 | Self::Lsat => Rail::L402,
            Self::Payment => Rail::Mpp,
        }
    }
}

impl From<Scheme> for LightningScheme {
    fn from(scheme: Scheme) -> Self {
        match scheme {
            Scheme::L402 => Self::L402,
            Scheme::Lsat => Self::Lsat,
        }
    }
}

/// The decoded invoice and what belongs to it.
#[derive(Clone, Debug)]
pub(crate) struct LightningOffer {
    pub(crate) scheme: LightningScheme,
    /// The token as the seller wrote it, or the challenge as JSON.
    pub(crate) token: String,
    /// As the seller wrote it.
    pub(crate) invoice_text: String,
    pub(crate) invoice: Invoice,
    /// From then on the seller does not take the proof, where it says so beside the invoice; in
    /// seconds since 1970.
    pub(crate) challenge_expires_at: Option<u64>,
    /// What the seller says outside the invoice and what the invoice contradicts.
    pub(crate) contradictions: Vec<String>,
}

impl LightningOffer {
    /// The amount, if the offer is within the limits at `now`, the wallet aside.
    pub(crate) fn check(&self, limits: &Limits, now: u64) -> Result<Msat, Refusal> {
        let amount = policy::check_invoice(&self.invoice, limits, now)?;
        let is_over = |expires| now.saturating_add(EXPIRY_MARGIN_S) >= expires;
        if self.challenge_expires_at.is_some_and(is_over) {
            return Err(Refusal::ChallengeExpired);
        }
        Ok(amount)
    }

    /// Whether the proof goes where a user's own `Authorization` would.
    pub(crate) fn takes_authorization(&self) -> bool {
        let challenge = serde_json::from_str::<Challenge>(&self.token);
        !challenge
            .is_ok_and(|own| own.credential_header() == CredentialHeader::PaymentAuthorization)
    }

    /// Reads an offer of L402 that would be taken for `sent` at `now`.
    pub(super) fn read(offer: l402::Offer, sent: &Outgoing, now: u64) -> Result<Self, NoOffer> {
        if offer.token.contains(':') {
            // In a credential, the preimage follows the first colon.
            return Err(NoOffer::UnusableToken);
        }
        let invoice = Invoice::decode(&offer.invoice).map_err(NoOffer::Invoice)?;
        if let Ok((macaroon, _)) = Macaroon::decode(&offer.token) {
            check_commitment(&macaroon, &invoice)?;
            check_grant(&macaroon, sent, now)?;
        }
        Ok(Self {
            scheme: offer.scheme.into(),
            token: offer.token,
            invoice_text: offer.invoice,
            invoice,
            challenge_expires_at: None,
            contradictions: Vec::new(),
        })
    }
}

/// A token that commits to a payment, as far as its form is known, is for this one.
fn check_commitment(macaroon: &Macaroon, invoice: &Invoice) -> Result<(), NoOffer> {
    let invoice = invoice.payment_hash;
    match Identifier::decode(&macaroon.identifier).map(|identifier| identifier.payment_hash) {
        Some(token) if token != invoice => Err(NoOffer::ForeignToken { token, invoice }),
        _ => Ok(()),
    }
}

/// A token that says what it is good for is good for this request. One of another make may be.
fn check_grant(macaroon: &Macaroon, sent: &Outgoing, now: u64) -> Result<(), NoOffer> {
    let Ok(grant) = Grant::read(&macaroon.caveats, "") else {
        return Ok(());
    };
    let (method, path) = (sent.method.as_str(), sent.url.path());
    let is_for_all = grant.is_server_wide();
    let digest = <[u8; 32]>::from(Sha256::digest(&sent.body));
    // A proxy in front of the seller may add or take a prefix of the path.
    let same_path = is_for_all || path.ends_with(&grant.path) || grant.path.ends_with(path);
    let is_head = method == "HEAD" && grant.kind == TokenKind::TimeBounded;
    let same_method = is_for_all || grant.method == method || (is_head && grant.method == "GET");
    let objection = if !same_method || !same_path {
        let bought = printable(&format!("{} {}", grant.method, grant.path), 200);
        format!("is for {bought}, not {method} {path}")
    } else if grant.body_sha256.is_some_and(|bought| bought != digest) {
        "is for another request body".to_owned()
    } else if grant.expires_at <= now {
        "has expired".to_owned()
    } else {
        return Ok(());
    };
    Err(NoOffer::Useless(format!("the token offered {objection}")))
}

/// The decision is made on the invoice; a seller that says something else is worth a word.
pub(super) fn contradictions(invoice: &Invoice, headers: &HeaderMap, body: &[u8]) -> Vec<String> {
    const SATS_FIELDS: [&str; 4] = ["amount_sats", "amountSats", "price_sats", "priceSats"];
    let json: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let mut found = Vec::new();
    let asked = invoice.amount.unwrap_or_default();
    let mut compare = |place: &str, claimed: Option<Msat>| {
        if let Some(claimed) = claimed.filter(|claimed| *claimed != asked) {
            found.push(format!(
                "the seller's {place} says {claimed} but its invoice asks for {asked}"
            ));
        }
    };
    for field in SATS_FIELDS {
        compare(field, json.get(field).and_then(serde_json::Value::as_u64).map(sats));
    }
    let msat = json.get("amount_msat").and_then(serde_json::Value::as_u64);
    compare("amount_msat", msat.map(Msat::new));
    let header = headers.get("x-price-sats").and_then(|v| v.to_str().ok());
    let header = header.and_then(|text| text.trim().parse().ok());
    compare("X-Price-Sats", header.map(sats));
    found
}

/// A claim; one too large for an amount is as wrong as the largest.
fn sats(claimed: u64) -> Msat {
    Msat::new(claimed.saturating_mul(1_000))
}

/// Whether an answer names a token but none that can stand in a header of ours.
pub(super) fn unusable_token(headers: &HeaderMap, body: &[u8]) -> Option<NoOffer> {
    let is_named = |value: &http::HeaderValue| {
        let text = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
        let ours = text.contains("l402") || text.contains("lsat");
        ours && (text.contains("macaroon") || text.contains("token"))
    };
    let lines = || headers.get_all(http::header::WWW_AUTHENTICATE).iter();
    let in_header = lines().any(is_named);
    let json: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let has_text = |name: &&str| json.get(name).is_some_and(serde_json::Value::is_string);
    let in_body = ["macaroon", "token"].iter().any(has_text)
        && ["invoice", "payment_request"].iter().any(has_text);
    let read = l402::body_challenge(body).unwrap_or_default();
    let BodyChallenge { macaroon, token, .. } = read;
    let challenges = l402::parse_challenges(lines().map(http::HeaderValue::as_bytes));
    let usable = challenges.iter().any(|challenge| challenge.token.is_some())
        || macaroon.or(token).is_some();
    (!usable && (in_header || in_body)).then_some(NoOffer::UnusableToken)
}
