//! What a seller asks for in a 402, read from headers and body: untrusted, and decoded.

use bytes::Bytes;
use farebox_money::Msat;
use farebox_wire::bolt11::{INVOICE_LEN_MAX, Invoice, InvoiceError};
use farebox_wire::l402::{CREDENTIAL_LEN_MAX, Identifier, Scheme, parse_challenges};
use farebox_wire::lightning::PaymentHash;
use farebox_wire::macaroon::Macaroon;
use http::HeaderMap;
use http::header::WWW_AUTHENTICATE;
use serde_json::Value;

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

/// A 402 that cannot be answered by L402.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoOffer {
    /// No token and invoice; the names of what else was offered.
    OtherRails(Vec<String>),
    /// The invoice cannot be read.
    Invoice(InvoiceError),
    /// The token could never be redeemed with this invoice's preimage.
    ForeignToken {
        /// What the token commits to.
        token: PaymentHash,
        /// What the invoice asks for.
        invoice: PaymentHash,
    },
}

impl Offer {
    /// Reads the first challenge that can be answered. The body counts where the headers lack
    /// a token or an invoice.
    pub(crate) fn read(headers: &HeaderMap, body: &Bytes) -> Result<Self, NoOffer> {
        let json: Value = serde_json::from_slice(body).unwrap_or_default();
        let mut refusal = None;
        for (scheme, token, invoice_text) in candidates(headers, &json) {
            match Self::decode(scheme, token, invoice_text) {
                Ok(mut offer) => {
                    offer.contradictions = contradictions(&offer.invoice, headers, &json);
                    return Ok(offer);
                }
                Err(error) => refusal = refusal.or(Some(error)),
            }
        }
        Err(refusal.unwrap_or_else(|| NoOffer::OtherRails(other_rails(headers, &json))))
    }

    fn decode(scheme: Scheme, token: String, invoice_text: String) -> Result<Self, NoOffer> {
        let invoice = Invoice::decode(&invoice_text).map_err(NoOffer::Invoice)?;
        if let Some(hash) = committed_hash(&token).filter(|hash| *hash != invoice.payment_hash) {
            return Err(NoOffer::ForeignToken { token: hash, invoice: invoice.payment_hash });
        }
        Ok(Self { scheme, token, invoice_text, invoice, contradictions: Vec::new() })
    }
}

/// Each pair of token and invoice that the answer gives.
fn candidates(headers: &HeaderMap, json: &Value) -> Vec<(Scheme, String, String)> {
    let body_token = body_text(json, &["macaroon", "token"], CREDENTIAL_LEN_MAX);
    let body_invoice = body_text(json, &["invoice", "payment_request"], INVOICE_LEN_MAX);
    let values = headers.get_all(WWW_AUTHENTICATE).iter();
    let challenges = parse_challenges(values.filter_map(|value| value.to_str().ok()));
    let mut found: Vec<_> = challenges
        .into_iter()
        .filter_map(|challenge| {
            let token = challenge.token.or_else(|| body_token.clone())?;
            let invoice = challenge.invoice.or_else(|| body_invoice.clone())?;
            Some((challenge.scheme, token, invoice))
        })
        .collect();
    if found.is_empty()
        && let (Some(token), Some(invoice)) = (body_token, body_invoice)
    {
        found.push((Scheme::L402, token, invoice));
    }
    found
}

/// The first of these fields that can stand in a header.
fn body_text(json: &Value, names: &[&str], len_max: usize) -> Option<String> {
    let texts = names.iter().filter_map(|name| json.get(name)?.as_str());
    let sendable = |text: &&str| {
        let graphic = text.bytes().all(|byte| byte.is_ascii_graphic());
        !text.is_empty() && text.len() <= len_max && graphic
    };
    texts.into_iter().find(sendable).map(str::to_owned)
}

/// The payment hash that a token commits to, where its form is known.
fn committed_hash(token: &str) -> Option<PaymentHash> {
    let (macaroon, _) = Macaroon::decode(token).ok()?;
    Identifier::decode(&macaroon.identifier).map(|identifier| identifier.payment_hash)
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
            _ => crate::printable::printable(scheme, 32),
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
