//! What a seller asks for in a 402, read from headers and body: untrusted, and decoded.

use crate::policy;
use crate::printable::printable;
use crate::request::Outgoing;
use bytes::Bytes;
use farebox_money::Msat;
use farebox_wire::bolt11::{Invoice, InvoiceError, Network};
use farebox_wire::l402::{self, Grant, Identifier, Scheme, TokenKind};
use farebox_wire::lightning::PaymentHash;
use farebox_wire::macaroon::Macaroon;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, HeaderValue};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Where a body has its token.
const TOKEN_FIELDS: [&str; 2] = ["macaroon", "token"];
/// Where a body has its invoice.
const INVOICE_FIELDS: [&str; 2] = ["invoice", "payment_request"];

/// The rail, the token and the decoded invoice of one 402.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) scheme: Scheme,
    pub(crate) token: String,
    /// As the seller wrote it.
    pub(crate) invoice_text: String,
    pub(crate) invoice: Invoice,
    /// What the seller says outside the invoice and what the invoice contradicts.
    pub(crate) contradictions: Vec<String>,
}

/// Every offer of one 402 that can be answered; one at least.
#[derive(Clone, Debug)]
pub(crate) struct Offers {
    first: Offer,
    others: Vec<Offer>,
}

/// A 402 that cannot be answered by L402.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoOffer {
    /// No token and invoice; the names of what else was offered.
    OtherRails(Vec<String>),
    /// There is a token, and it cannot be sent back.
    UnusableToken,
    /// The invoice cannot be read.
    Invoice(InvoiceError),
    /// The token could never be redeemed with this invoice's preimage.
    ForeignToken {
        /// What the token commits to.
        token: PaymentHash,
        /// What the invoice asks for.
        invoice: PaymentHash,
    },
    /// The token would not be taken for the request; says why.
    UselessToken(String),
}

impl Offers {
    /// Reads every challenge that the answer to `sent` makes and that can be answered at `now`.
    /// The body counts where the headers lack a token or an invoice.
    pub(crate) fn read(
        headers: &HeaderMap,
        body: &Bytes,
        sent: &Outgoing,
        now: u64,
    ) -> Result<Self, NoOffer> {
        let json: Value = serde_json::from_slice(body).unwrap_or_default();
        let values = headers.get_all(WWW_AUTHENTICATE).iter();
        let lines: Vec<_> = values.map(HeaderValue::as_bytes).collect();
        let mut refusal = unusable_token(&lines, body, &json);
        let mut offers = Vec::new();
        for found in l402::offers(&lines, body) {
            match Offer::decode(found, sent, now) {
                Ok(mut offer) => {
                    offer.contradictions = contradictions(&offer.invoice, headers, &json);
                    offers.push(offer);
                }
                Err(error) => refusal = refusal.or(Some(error)),
            }
        }
        let mut offers = offers.into_iter();
        let first = offers.next().ok_or_else(|| {
            refusal.unwrap_or_else(|| NoOffer::OtherRails(other_rails(headers, &json)))
        })?;
        Ok(Self { first, others: offers.collect() })
    }

    /// Whether the wallet's chain has a say in which is the best.
    pub(crate) fn differ_in_network(&self) -> bool {
        self.others.iter().any(|other| other.invoice.network != self.first.invoice.network)
    }

    /// The cheapest that can be paid at `now`, on `network` where it is known. At one price the
    /// scheme's new name comes before the old one, and what the seller named first before the
    /// rest.
    pub(crate) fn best(self, network: Option<Network>, now: u64) -> Offer {
        let rank = |offer: &Offer| {
            let Invoice { amount, network: own, .. } = offer.invoice;
            let payable = amount.is_some_and(|amount| !amount.is_zero())
                && network.is_none_or(|network| network == own)
                && policy::is_payable(&offer.invoice, now);
            (!payable, amount, offer.scheme == Scheme::Lsat)
        };
        self.others
            .into_iter()
            .fold(self.first, |best, other| if rank(&other) < rank(&best) { other } else { best })
    }
}

impl Offer {
    fn decode(found: l402::Offer, sent: &Outgoing, now: u64) -> Result<Self, NoOffer> {
        let l402::Offer { scheme, token, invoice: invoice_text } = found;
        if token.contains(':') {
            // In a credential, the preimage follows the first colon.
            return Err(NoOffer::UnusableToken);
        }
        let invoice = Invoice::decode(&invoice_text).map_err(NoOffer::Invoice)?;
        if let Ok((macaroon, _)) = Macaroon::decode(&token) {
            check_commitment(&macaroon, &invoice)?;
            check_grant(&macaroon, sent, now)?;
        }
        Ok(Self { scheme, token, invoice_text, invoice, contradictions: Vec::new() })
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
    let digest = <[u8; 32]>::from(Sha256::digest(&sent.body));
    // A proxy in front of the seller may add or take a prefix of the path.
    let same_path = path.ends_with(&grant.path) || grant.path.ends_with(path);
    let is_head = method == "HEAD" && grant.kind == TokenKind::TimeBounded;
    let same_method = grant.method == method || (is_head && grant.method == "GET");
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
    Err(NoOffer::UselessToken(format!("the token offered {objection}")))
}

/// Whether an answer names a token but none that can stand in a header of ours.
fn unusable_token(lines: &[&[u8]], body: &[u8], json: &Value) -> Option<NoOffer> {
    let is_named = |line: &&[u8]| {
        let text = String::from_utf8_lossy(line).to_ascii_lowercase();
        let ours = text.contains("l402") || text.contains("lsat");
        ours && (text.contains("macaroon") || text.contains("token"))
    };
    let in_header = lines.iter().any(is_named);
    let has_text = |name: &&str| json.get(name).is_some_and(Value::is_string);
    let in_body = TOKEN_FIELDS.iter().any(has_text) && INVOICE_FIELDS.iter().any(has_text);
    let in_body_usable = || l402::body_challenge(body).and_then(|body| body.to_challenge().token);
    let usable = l402::parse_challenges(lines).iter().any(|challenge| challenge.token.is_some())
        || in_body_usable().is_some();
    (!usable && (in_header || in_body)).then_some(NoOffer::UnusableToken)
}

/// The decision is made on the invoice; a seller that says something else is worth a word.
fn contradictions(invoice: &Invoice, headers: &HeaderMap, json: &Value) -> Vec<String> {
    const SATS_FIELDS: [&str; 4] = ["amount_sats", "amountSats", "price_sats", "priceSats"];
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
        compare(field, json.get(field).and_then(Value::as_u64).map(sats));
    }
    let msat = json.get("amount_msat").and_then(Value::as_u64);
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

/// The names of the other ways to pay that an answer shows.
fn other_rails(headers: &HeaderMap, json: &Value) -> Vec<String> {
    let mut rails = Vec::new();
    let x402_body = json.get("x402Version").is_some() || json.get("accepts").is_some();
    if headers.contains_key("payment-required") || x402_body {
        rails.push("x402".to_owned());
    }
    let challenges = headers.get_all(WWW_AUTHENTICATE).iter();
    let challenges = challenges.filter_map(|value| value.to_str().ok());
    for challenge in challenges {
        let scheme = challenge.split([' ', ',']).next().unwrap_or_default();
        let name = match scheme.to_ascii_lowercase().as_str() {
            "" => continue,
            "payment" => "MPP (Payment)".to_owned(),
            "l402" | "lsat" => "L402 without a token or an invoice".to_owned(),
            _ => printable(scheme, 32),
        };
        if !rails.contains(&name) {
            rails.push(name);
        }
    }
    if headers.contains_key("x-cashu") {
        rails.push("Cashu".to_owned());
    }
    rails
}
