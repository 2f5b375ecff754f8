//! Challenges in the JSON body of a 402, where servers put what others put into the header.

use super::challenge::{Challenge, Scheme, VALUE_LEN_MAX, is_sendable};
use crate::bolt11::INVOICE_LEN_MAX;
use crate::lightning::PaymentHash;
use serde_json::{Map, Value};

/// A body longer than this is not read.
pub const BODY_LEN_MAX: usize = 256 * 1_024;
/// How deep in a body a challenge is looked for.
const DEPTH_MAX: usize = 4;
/// How many objects of a body are looked at.
const OBJECTS_MAX: usize = 128;

const MACAROON_FIELDS: [&str; 1] = ["macaroon"];
const TOKEN_FIELDS: [&str; 3] = ["token", "l402_token", "l402Token"];
const INVOICE_FIELDS: [&str; 6] =
    ["invoice", "payment_request", "paymentRequest", "bolt11", "pr", "lightning_invoice"];
const HASH_FIELDS: [&str; 3] = ["payment_hash", "paymentHash", "r_hash"];
const URL_FIELDS: [&str; 3] = ["payment_url", "paymentUrl", "pay_url"];
const SATS_FIELDS: [&str; 6] =
    ["price_sats", "priceSats", "amount_sats", "amountSats", "amount_sat", "sats"];
const EXPIRY_FIELDS: [&str; 2] = ["expires_at", "expiresAt"];

/// What a body says about its challenge: untrusted, and not compared with anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BodyChallenge {
    /// `macaroon`, fit to be sent back in a header.
    pub macaroon: Option<String>,
    /// `token`, fit to be sent back in a header.
    pub token: Option<String>,
    /// The BOLT 11 text.
    pub invoice: Option<String>,
    /// The payment that is asked for, as the server says.
    pub payment_hash: Option<PaymentHash>,
    /// A page to pay at.
    pub payment_url: Option<String>,
    /// The price that the server says; the invoice is what counts.
    pub price_sats: Option<u64>,
    /// Seconds since 1970.
    pub expires_at: Option<u64>,
}

impl BodyChallenge {
    /// The pair to pay and to answer with, under the new name.
    #[must_use]
    pub fn to_challenge(&self) -> Challenge {
        let token = self.macaroon.clone().or_else(|| self.token.clone());
        Challenge { scheme: Scheme::L402, token, invoice: self.invoice.clone() }
    }

    /// What one object says, by itself.
    fn of(object: &Map<String, Value>) -> Self {
        let text = |names: &[&str], len_max| first_text(object, names, len_max);
        let hash = HASH_FIELDS.iter().find_map(|name| object.get(*name)?.as_str()?.parse().ok());
        Self {
            macaroon: text(&MACAROON_FIELDS, VALUE_LEN_MAX),
            token: text(&TOKEN_FIELDS, VALUE_LEN_MAX),
            invoice: invoice(object),
            payment_hash: hash,
            payment_url: text(&URL_FIELDS, VALUE_LEN_MAX),
            price_sats: first_number(object, &SATS_FIELDS),
            expires_at: first_number(object, &EXPIRY_FIELDS).map(to_seconds),
        }
    }

    fn is_pair(&self) -> bool {
        self.invoice.is_some() && (self.macaroon.is_some() || self.token.is_some())
    }

    /// Whether the object says anything that is of a challenge. `token` alone is not: that is what
    /// a session is called as well.
    fn is_challenge(&self) -> bool {
        self.macaroon.is_some() || self.invoice.is_some() || self.payment_url.is_some()
    }

    /// Takes from another object what is not said here.
    fn or(self, other: Self) -> Self {
        Self {
            macaroon: self.macaroon.or(other.macaroon),
            token: self.token.or(other.token),
            invoice: self.invoice.or(other.invoice),
            payment_hash: self.payment_hash.or(other.payment_hash),
            payment_url: self.payment_url.or(other.payment_url),
            price_sats: self.price_sats.or(other.price_sats),
            expires_at: self.expires_at.or(other.expires_at),
        }
    }
}

/// Finds the challenge in a JSON body, at its top or in an object or a list below it. An object
/// that has token and invoice is preferred to two that have one each; what it leaves out is taken
/// from those around it. `None` where there is neither macaroon nor invoice nor a page to pay at.
#[must_use]
pub fn body_challenge(json: &[u8]) -> Option<BodyChallenge> {
    let value: Value = Some(json).filter(|json| json.len() <= BODY_LEN_MAX).and_then(|json| {
        // The parser has a limit on depth of its own.
        serde_json::from_slice(json).ok()
    })?;
    let objects = objects(&value);
    let pair = objects.iter().position(|(object, _)| BodyChallenge::of(object).is_pair());
    let found = if let Some(pair) = pair {
        with_those_around(&objects, pair)
    } else {
        let parts = objects.iter().map(|(object, _)| BodyChallenge::of(object));
        let parts = parts.filter(BodyChallenge::is_challenge);
        parts.fold(BodyChallenge::default(), BodyChallenge::or)
    };
    found.is_challenge().then_some(found)
}

/// Every object of a body with the place of the one around it, the outer ones first.
fn objects(root: &Value) -> Vec<(&Map<String, Value>, Option<usize>)> {
    let mut found = Vec::new();
    let mut level = vec![(root, None)];
    for _ in 0..=DEPTH_MAX {
        let mut next = Vec::new();
        for (value, parent) in level {
            match value {
                Value::Object(object) if found.len() < OBJECTS_MAX => {
                    found.push((object, parent));
                    let own = Some(found.len() - 1);
                    next.extend(containers(object.values()).map(|inner| (inner, own)));
                }
                Value::Array(items) => {
                    next.extend(containers(items.iter()).map(|inner| (inner, parent)));
                }
                _ => {}
            }
        }
        level = next;
    }
    found
}

fn containers<'a>(values: impl Iterator<Item = &'a Value>) -> impl Iterator<Item = &'a Value> {
    values.filter(|value| value.is_object() || value.is_array()).take(OBJECTS_MAX)
}

fn with_those_around(
    objects: &[(&Map<String, Value>, Option<usize>)],
    start: usize,
) -> BodyChallenge {
    let mut found = BodyChallenge::default();
    let mut place = objects.get(start);
    while let Some((object, parent)) = place {
        let own = BodyChallenge::of(object);
        // A token further out is not the one that belongs to this invoice.
        let own = if found.is_pair() {
            BodyChallenge { macaroon: None, token: None, ..own }
        } else {
            own
        };
        found = found.or(own);
        place = parent.and_then(|parent| objects.get(parent));
    }
    found
}

/// The invoice of an object: a text, or an object that has the text. One that looks like an
/// invoice is preferred to a name for one.
fn invoice(object: &Map<String, Value>) -> Option<String> {
    let direct = INVOICE_FIELDS.iter().filter_map(|name| object.get(*name));
    let texts = direct.filter_map(|value| match value {
        Value::String(text) => Some(&**text),
        Value::Object(inner) => {
            INVOICE_FIELDS.iter().find_map(|name| inner.get(*name).and_then(Value::as_str))
        }
        _ => None,
    });
    let sendable = |text: &&str| text.len() <= INVOICE_LEN_MAX && is_sendable(text);
    let texts: Vec<_> = texts.map(str::trim).filter(sendable).collect();
    let found = texts.iter().find(|text| looks_like_invoice(text)).or(texts.first());
    found.map(|text| (*text).to_owned())
}

fn looks_like_invoice(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.starts_with("ln") || text.starts_with("lightning:")
}

fn first_text(object: &Map<String, Value>, names: &[&str], len_max: usize) -> Option<String> {
    let texts = names.iter().filter_map(|name| object.get(*name)?.as_str());
    let mut texts = texts.filter(|text| text.len() <= len_max && is_sendable(text));
    texts.next().map(str::to_owned)
}

fn first_number(object: &Map<String, Value>, names: &[&str]) -> Option<u64> {
    names.iter().find_map(|name| match object.get(*name)? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    })
}

/// A time that is given in milliseconds by some.
fn to_seconds(time: u64) -> u64 {
    const SECONDS_MAX: u64 = 100_000_000_000;
    if time > SECONDS_MAX { time / 1_000 } else { time }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(json: &str) -> BodyChallenge {
        body_challenge(json.as_bytes()).unwrap_or_else(|| panic!("nothing in {json}"))
    }

    #[test]
    fn every_field_is_read() {
        let hash = "ab".repeat(32);
        let all = found(&format!(
            r#"{{"success":false,"error":"payment_required","invoice":"lnbc1","token":"T","macaroon":"M",
                "payment_hash":"{hash}","payment_url":"https://a.example/pay","price_sats":500,"expires_at":1700000000123}}"#
        ));
        assert_eq!(all.payment_hash.map(|hash| hash.to_string()), Some(hash));
        assert_eq!(all.payment_url.as_deref(), Some("https://a.example/pay"));
        assert_eq!((all.price_sats, all.expires_at), (Some(500), Some(1_700_000_000)));
        assert_eq!((all.token.as_deref(), all.macaroon.as_deref()), (Some("T"), Some("M")));
        let challenge = all.to_challenge();
        assert_eq!(challenge.token.as_deref(), Some("M"), "the macaroon is what is answered with");
    }

    #[test]
    fn shapes_in_use_are_read() {
        for json in [
            r#"{"token":"T","invoice":"lnbc1"}"#,
            r#"{"macaroon":"T","payment_request":"lnbc1"}"#,
            r#"{"l402":{"macaroon":"T","paymentRequest":"lnbc1"}}"#,
            r#"{"error":{"code":402,"payment":{"token":"T","bolt11":"lnbc1"}}}"#,
            r#"{"macaroon":"T","invoice":{"payment_request":"lnbc1","amount":1}}"#,
            r#"{"l402":{"macaroon":"T"},"invoice":{"pr":"lnbc1"}}"#,
            r#"{"methods":[{"type":"x402","token":"no"},{"type":"l402","token":"T","invoice":"lnbc1"}]}"#,
            r#"{"token":"session","challenge":{"token":"T","invoice":"lnbc1"}}"#,
            r#"[{"token":"T","invoice":"inv_1","bolt11":" LNBC1 "}]"#,
        ] {
            let challenge = found(json).to_challenge();
            assert_eq!(challenge.token.as_deref(), Some("T"), "{json}");
            let invoice = challenge.invoice.unwrap().to_lowercase();
            assert_eq!(invoice, "lnbc1", "{json}");
        }
    }

    #[test]
    fn what_an_object_leaves_out_is_taken_from_those_around_it() {
        let nested = found(
            r#"{"price_sats":"7","l402":{"token":"T","invoice":"lnbc1"},"x":{"price_sats":9}}"#,
        );
        assert_eq!(nested.price_sats, Some(7));
        let other = found(r#"{"macaroon":"no","l402":{"token":"T","invoice":"lnbc1"}}"#);
        assert_eq!(other.to_challenge().token.as_deref(), Some("T"));
    }

    #[test]
    fn bodies_without_a_challenge_have_none() {
        let deep = format!("{}{{\"invoice\":\"lnbc1\"}}{}", "[".repeat(20), "]".repeat(20));
        let deeper = "[".repeat(100_000);
        let long = format!("{{\"invoice\":\"lnbc1\",\"x\":\"{}\"}}", "a".repeat(BODY_LEN_MAX));
        let line = "{\"macaroon\":\"a\\r\\nX: y\"}";
        for json in [
            "",
            "{}",
            "null",
            r#"{"token":"session"}"#,
            r#"{"invoice":7}"#,
            &deep,
            &deeper,
            &long,
            line,
        ] {
            assert_eq!(body_challenge(json.as_bytes()), None, "{:.40}", json);
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bodies_never_panic(body in "[\\[\\]{}\",: a-z0-9]{0,300}") {
            let _ = body_challenge(body.as_bytes());
        }
    }
}
