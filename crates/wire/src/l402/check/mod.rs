//! An L402 offer as a seller's own tests and a directory look at it: every fault, each with what to
//! do about it.

mod examples;
mod fault;
mod form;

use super::body::{BodyChallenge, body_challenge};
use super::offers::complete;
use super::{
    CREDENTIAL_LEN_MAX, Challenge, ForeignToken, Offer, Scheme, TokenForm, parse_challenges,
};
use crate::bolt11::{Invoice, Network, is_placeholder};
use crate::http_auth::{LINE_LEN_MAX, RawChallenge, challenges};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
pub use fault::{Fault, Severity};

/// Why the text of documentation cannot be read as an invoice.
pub(crate) const PLACEHOLDER: &str = "it is the text of an example";
/// An invoice that is good for less is worth a word.
const EXPIRY_MIN_S: u64 = 60;

/// The answer of a server with status 402.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// Every `WWW-Authenticate` value, in order.
    pub lines: &'a [&'a [u8]],
    /// The body, whatever it is.
    pub body: &'a [u8],
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What the token is made of; `None` without a token.
    pub token_form: Option<TokenForm>,
    /// The decoded invoice; `None` without one that can be read.
    pub invoice: Option<Invoice>,
    /// Every fault, those that matter most first.
    pub faults: Vec<Fault>,
}

impl Check {
    /// Whether a lenient client can pay and redeem the offer.
    #[must_use]
    pub fn is_payable(&self) -> bool {
        self.faults.iter().all(|fault| fault.severity() != Severity::Broken)
    }

    /// Whether every client in use can, strict ones included.
    #[must_use]
    pub fn is_strict(&self) -> bool {
        self.faults.iter().all(|fault| fault.severity() == Severity::Advice)
    }
}

/// Checks the L402 offer of an answer at `now`, seconds since 1970, for payers on `network` where it
/// is known. Of several challenges the first is checked, L402 before LSAT.
#[must_use]
pub fn check(answer: Answer<'_>, network: Option<Network>, now: u64) -> Check {
    let raw = challenges(answer.lines);
    let header = first_of(&raw);
    let body = body_challenge(answer.body);
    let mut faults = Vec::new();
    if answer.lines.iter().any(|line| line.len() > LINE_LEN_MAX) {
        faults.push(Fault::LineTooLong { len_max: LINE_LEN_MAX });
    }
    if header.is_none() && body.is_none() {
        faults.push(Fault::NoChallenge);
        return Check { token_form: None, invoice: None, faults };
    }
    match header {
        Some(header) => form::check(&raw, header, &mut faults),
        None => faults.push(Fault::BodyOnly),
    }
    let shown = parse_challenges(answer.lines).into_iter().next();
    let body = body.unwrap_or_default();
    let found = merge(shown, &body, header, &mut faults);
    let named = header.and_then(|header| header.value("invoice"));
    let text = found.invoice.as_deref().or(named);
    let invoice = check_invoice(text, network, now, &mut faults);
    let token_form = check_token(found.token.as_deref(), invoice.as_ref(), &mut faults);
    check_price(&body, invoice.as_ref(), &mut faults);
    faults.sort_by_key(Fault::severity);
    Check { token_form, invoice, faults }
}

/// The challenge that a client takes: L402, else LSAT.
fn first_of(raw: &[RawChallenge]) -> Option<&RawChallenge> {
    let named = |scheme: Scheme| raw.iter().find(|challenge| challenge.is(scheme.name()));
    named(Scheme::L402).or_else(|| named(Scheme::Lsat))
}

/// Headers and body together, and whether they fit.
fn merge(
    shown: Option<Challenge>,
    body: &BodyChallenge,
    header: Option<&RawChallenge>,
    faults: &mut Vec<Fault>,
) -> Challenge {
    let in_body = body.to_challenge();
    let Some(shown) = shown else {
        return in_body;
    };
    let is_unusable = shown.token.is_none() && header.is_some_and(form::names_a_token);
    if is_unusable {
        faults.push(Fault::UnusableToken);
    } else if shown.token.is_none() && in_body.token.is_some() {
        faults.push(Fault::TokenInBodyOnly);
    }
    if shown.invoice.is_none() && in_body.invoice.is_some() {
        faults.push(Fault::InvoiceInBodyOnly);
    }
    let other_invoice = differ(shown.invoice.as_ref(), in_body.invoice.as_ref());
    let tokens = [&body.macaroon, &body.token];
    let other_token = tokens.iter().all(|token| differ(shown.token.as_ref(), token.as_ref()));
    if other_invoice || other_token {
        faults.push(Fault::BodyDiffers);
    }
    // What a client takes; where it can take nothing, whatever there is.
    complete(shown.clone(), body).map_or(
        Challenge {
            scheme: shown.scheme,
            token: shown.token.or(in_body.token),
            invoice: shown.invoice.or(in_body.invoice),
        },
        |Offer { scheme, token, invoice }| Challenge {
            scheme,
            token: Some(token),
            invoice: Some(invoice),
        },
    )
}

fn differ(one: Option<&String>, other: Option<&String>) -> bool {
    matches!((one, other), (Some(one), Some(other)) if !one.eq_ignore_ascii_case(other))
}

fn check_invoice(
    text: Option<&str>,
    network: Option<Network>,
    now: u64,
    faults: &mut Vec<Fault>,
) -> Option<Invoice> {
    let Some(text) = text else {
        faults.push(Fault::NoInvoice);
        return None;
    };
    let invoice = match Invoice::decode(text) {
        Ok(invoice) => invoice,
        Err(error) => {
            let is_example = is_placeholder(text);
            let reason = if is_example { PLACEHOLDER.to_owned() } else { error.to_string() };
            faults.push(Fault::UnreadableInvoice(reason));
            faults.extend(check_prefix(text, network));
            return None;
        }
    };
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        faults.push(Fault::InvoiceCase);
    }
    if let Some(expected) = network.filter(|expected| *expected != invoice.network) {
        faults.push(Fault::WrongNetwork { found: invoice.network, expected });
    }
    match invoice.amount {
        None => faults.push(Fault::Amountless),
        Some(amount) if amount.is_zero() => faults.push(Fault::ZeroAmount),
        Some(_) => {}
    }
    match invoice.expires_at.saturating_sub(now) {
        0 => faults.push(Fault::Expired { at: invoice.expires_at }),
        left_s @ 1..EXPIRY_MIN_S => faults.push(Fault::ExpiresSoon { left_s }),
        _ => {}
    }
    Some(invoice)
}

/// What the first letters say of an invoice whose rest cannot be read.
fn check_prefix(text: &str, expected: Option<Network>) -> Option<Fault> {
    // Longer ones first: some begin with others.
    const PREFIXES: [(&str, Network); 5] = [
        ("lnbcrt", Network::Regtest),
        ("lntbs", Network::Signet),
        ("lnbc", Network::Bitcoin),
        ("lntb", Network::Testnet),
        ("lnsb", Network::Simnet),
    ];
    let text = text.trim().to_ascii_lowercase();
    let known = PREFIXES.iter().find(|(prefix, _)| text.starts_with(prefix));
    match (known, expected) {
        (Some(&(_, found)), Some(expected)) if found != expected => {
            Some(Fault::WrongNetwork { found, expected })
        }
        (None, _) if text.starts_with("ln") && !text.starts_with("lnurl") => {
            Some(Fault::ForeignNetwork)
        }
        _ => None,
    }
}

fn check_token(
    text: Option<&str>,
    invoice: Option<&Invoice>,
    faults: &mut Vec<Fault>,
) -> Option<TokenForm> {
    let Some(text) = text else {
        if !faults.contains(&Fault::UnusableToken) {
            faults.push(Fault::NoToken);
        }
        return None;
    };
    if text.contains(':') || text.len() > CREDENTIAL_LEN_MAX {
        faults.push(Fault::UnusableToken);
    }
    let token = ForeignToken::read(text);
    match (token.form, token.macaroon) {
        (TokenForm::V2Tlv, Err(error)) => faults.push(Fault::Macaroon(error)),
        (TokenForm::V2Tlv, Ok(_)) => {}
        (form, _) => faults.push(Fault::TokenForm { form: form.name() }),
    }
    // Hexadecimal digits are base64 digits as well.
    if STANDARD.decode(text).is_err() || hex::decode(text).is_ok() {
        faults.push(Fault::Base64Flavour);
    }
    match (token.commitment, invoice) {
        (None, _) => faults.push(Fault::NoCommitment),
        (Some(own), Some(invoice)) if own.payment_hash != invoice.payment_hash => {
            let (token, invoice) = (own.payment_hash, invoice.payment_hash);
            let mismatch = Fault::HashMismatch { token, invoice };
            faults.push(if own.is_stated { mismatch } else { Fault::HashDiffers });
        }
        _ => {}
    }
    Some(token.form)
}

fn check_price(body: &BodyChallenge, invoice: Option<&Invoice>, faults: &mut Vec<Fault>) {
    let asked = invoice.and_then(|invoice| invoice.amount).map(|amount| amount.get());
    if let (Some(said_sats), Some(asked_msat)) = (body.price_sats, asked)
        && said_sats.checked_mul(1_000) != Some(asked_msat)
    {
        faults.push(Fault::PriceDiffers { said_sats, asked_msat });
    }
}

#[cfg(test)]
mod tests;
