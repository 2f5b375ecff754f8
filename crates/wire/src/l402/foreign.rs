//! Tokens of other issuers, as far as a buyer can look into what it is to pay for.
//!
//! To a client a token is opaque: whatever is found here is a reason to warn, and what is not found
//! is none to refuse.

use super::Identifier;
use crate::lightning::PaymentHash;
use crate::macaroon::{
    BINARY_V1, DecodeError, Macaroon, base64_of_any_flavour, leading_identifier, text_bytes,
};
use serde_json::Value;

/// A token longer than this is not looked into.
const TOKEN_LEN_MAX: usize = 16 * 1_024;
/// Parts of a token with dots between them: a signed JSON text has two or three.
const PARTS_MAX: usize = 3;
/// Where a JSON token has its payment hash.
const HASH_FIELDS: [&str; 5] = ["payment_hash", "paymentHash", "hash", "r_hash", "rHash"];
/// Where a JSON token has an identifier that can be a payment hash.
const IDENTIFIER_FIELDS: [&str; 2] = ["identifier", "id"];
/// Caveats of a JSON token that are looked at.
const JSON_CAVEATS_MAX: usize = 64;

/// What a token is made of, by the names that directories use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenForm {
    /// Tagged fields: what macaroon libraries call version 2, and the form every client takes.
    V2Tlv,
    /// A binary form that begins with the number 1.
    V1Binary,
    /// Packets of text with a hexadecimal length: what macaroon libraries call version 1.
    V0Text,
    /// A JSON object, with or without a signature after it.
    Json,
    /// None of these.
    Unknown,
}

impl TokenForm {
    /// The name that directories use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::V2Tlv => "v2_tlv",
            Self::V1Binary => "v1_binary",
            Self::V0Text => "v0_text",
            Self::Json => "json",
            Self::Unknown => "unknown",
        }
    }

    fn of_bytes(bytes: &[u8]) -> Self {
        let digits = bytes.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let keys: [&[u8]; 4] = [b"location ", b"identifier ", b"cid ", b"signature "];
        let packet = bytes.get(4..).unwrap_or_default();
        match bytes.first() {
            Some(2) => Self::V2Tlv,
            Some(b'{') => Self::Json,
            _ if bytes.starts_with(&BINARY_V1) => Self::V1Binary,
            _ if digits >= 4 && keys.iter().any(|key| packet.starts_with(key)) => Self::V0Text,
            _ => Self::Unknown,
        }
    }
}

/// The payment that a token says it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commitment {
    /// The hash that was found.
    pub payment_hash: PaymentHash,
    /// Whether the place it was found in is one for payment hashes; else it is 32 bytes that some
    /// issuers use for something else.
    pub is_stated: bool,
}

/// A token, looked into as far as its form is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignToken {
    /// What it is made of.
    pub form: TokenForm,
    /// The macaroon, or why it is none that this program reads.
    pub macaroon: Result<Macaroon, DecodeError>,
    /// The payment that it is for, where it says so.
    pub commitment: Option<Commitment>,
}

impl ForeignToken {
    /// Looks into the text of a token. Never fails: what is not understood is left out.
    #[must_use]
    pub fn read(text: &str) -> Self {
        if text.len() > TOKEN_LEN_MAX {
            let macaroon = Err(DecodeError::TooLong);
            return Self { form: TokenForm::Unknown, macaroon, commitment: None };
        }
        let parts = text.split('.').take(PARTS_MAX);
        let objects: Vec<_> = parts.filter_map(json_object).collect();
        let macaroon = Macaroon::decode(text).map(|(macaroon, _)| macaroon);
        if !objects.is_empty() && macaroon.is_err() {
            let commitment = objects.iter().find_map(of_json);
            return Self { form: TokenForm::Json, macaroon, commitment };
        }
        let bytes = innermost(text);
        let form = TokenForm::of_bytes(&bytes);
        let commitment = match &macaroon {
            Ok(macaroon) => of_macaroon(&macaroon.identifier, &macaroon.caveats),
            Err(_) => leading_identifier(&bytes).and_then(|id| of_macaroon(id, &[])),
        };
        let commitment = commitment.or_else(|| of_hex(text));
        Self { form, macaroon, commitment }
    }
}

/// The bytes of a text that may have been encoded twice.
fn innermost(text: &str) -> Vec<u8> {
    let outer: Vec<_> = [hex::decode(text).ok(), base64_of_any_flavour(text)].into();
    let inner = |bytes: &Vec<u8>| std::str::from_utf8(bytes).ok().and_then(text_bytes);
    let outer = outer.into_iter().flatten();
    let all: Vec<_> = outer.flat_map(|bytes| [inner(&bytes), Some(bytes)]).flatten().collect();
    let known = all.iter().position(|bytes| TokenForm::of_bytes(bytes) != TokenForm::Unknown);
    all.into_iter().nth(known.unwrap_or_default()).unwrap_or_else(|| leading_bytes(text))
}

/// What can be read of a text that was cut off or has something else after it.
fn leading_bytes(text: &str) -> Vec<u8> {
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
    let digits = text.bytes().take_while(is_digit).count();
    let whole = text.get(..digits - digits % 4).unwrap_or_default();
    base64_of_any_flavour(whole).unwrap_or_default()
}

fn json_object(text: &str) -> Option<Value> {
    let outer = base64_of_any_flavour(text)?;
    let inner = std::str::from_utf8(&outer).ok().and_then(base64_of_any_flavour);
    let read = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).ok().filter(Value::is_object);
    read(&outer).or_else(|| inner.and_then(|inner| read(&inner)))
}

fn of_macaroon(identifier: &[u8], caveats: &[Vec<u8>]) -> Option<Commitment> {
    stated_identifier(identifier)
        .or_else(|| caveats.iter().find_map(|caveat| of_caveat(std::str::from_utf8(caveat).ok()?)))
        .or_else(|| of_raw(identifier))
        .or_else(|| of_hex(std::str::from_utf8(identifier).ok()?))
}

/// An identifier of L402, as bytes or in hexadecimal.
fn stated_identifier(identifier: &[u8]) -> Option<Commitment> {
    let decoded = Identifier::decode(identifier)
        .or_else(|| Identifier::decode(&hex::decode(identifier).ok()?))?;
    Some(Commitment { payment_hash: decoded.payment_hash, is_stated: true })
}

/// `payment_hash=<hex>`, with or without spaces around the sign.
fn of_caveat(text: &str) -> Option<Commitment> {
    let (key, value) = text.split_once('=')?;
    let payment_hash = value.trim().parse().ok().filter(|_| key.trim() == "payment_hash")?;
    Some(Commitment { payment_hash, is_stated: true })
}

/// 32 bytes, or 33 of which one end is a mark.
fn of_raw(identifier: &[u8]) -> Option<Commitment> {
    const MARK: u8 = 0xff;
    let bytes = match identifier {
        [MARK, .., MARK] if identifier.len() == 33 => return None,
        [MARK, rest @ ..] if rest.len() == 32 => rest,
        [rest @ .., MARK] if rest.len() == 32 => rest,
        other => other,
    };
    let payment_hash = PaymentHash::new(bytes.try_into().ok()?);
    Some(Commitment { payment_hash, is_stated: false })
}

fn of_hex(text: &str) -> Option<Commitment> {
    Some(Commitment { payment_hash: text.parse().ok()?, is_stated: false })
}

fn of_json(object: &Value) -> Option<Commitment> {
    let text = |name: &&str| object.get(name)?.as_str();
    let stated = HASH_FIELDS.iter().filter_map(text).find_map(|hash| hash.parse().ok());
    let stated = stated.map(|payment_hash| Commitment { payment_hash, is_stated: true });
    let caveats = || {
        let caveats = object.get("caveats")?.as_array()?.iter().take(JSON_CAVEATS_MAX);
        caveats.filter_map(Value::as_str).find_map(of_caveat)
    };
    let identifiers = || IDENTIFIER_FIELDS.iter().filter_map(text).find_map(of_hex);
    stated.or_else(caveats).or_else(identifiers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE};
    use proptest::prelude::*;

    const HASH: [u8; 32] = [0xab; 32];

    fn v2(identifier: Vec<u8>, caveats: &[&str]) -> String {
        let macaroon = Macaroon::issue(b"key", None, identifier);
        let macaroon = caveats.iter().fold(macaroon, |m, caveat| m.with_caveat(*caveat));
        STANDARD.encode(macaroon.encode_v2())
    }

    fn v1(identifier: &str, caveats: &[&str]) -> Vec<u8> {
        let key = libmacaroon::MacaroonKey::generate(b"key");
        let mut macaroon = libmacaroon::Macaroon::create(None::<&str>, &key, identifier).unwrap();
        for caveat in caveats {
            macaroon.add_first_party_caveat(*caveat).unwrap();
        }
        base64_of_any_flavour(&macaroon.serialize(libmacaroon::Format::V1).unwrap()).unwrap()
    }

    fn l402_identifier() -> Vec<u8> {
        Identifier { payment_hash: PaymentHash::new(HASH), token_id: [2; 32] }.encode()
    }

    #[test]
    fn every_form_is_named_and_its_payment_found() {
        use TokenForm::{Json, Unknown, V0Text, V1Binary, V2Tlv};
        let hex_hash = hex::encode(HASH);
        let caveat = format!("payment_hash = {hex_hash}");
        let signed = [&*l402_identifier(), &[7; 32]].concat();
        let odd_v2 = [&[2, 2, 66], &*l402_identifier(), &[0, 6, 32], &[7; 32], &[0]].concat();
        let marked = [&[0xff], &HASH[..]].concat();
        let json = |text: String| URL_SAFE.encode(text);
        for (name, token, form, commitment) in [
            ("l402 identifier", v2(l402_identifier(), &[]), V2Tlv, Some(true)),
            (
                "identifier in hexadecimal",
                v2(hex::encode(l402_identifier()).into(), &[]),
                V2Tlv,
                Some(true),
            ),
            ("the hash itself", v2(HASH.to_vec(), &[]), V2Tlv, Some(false)),
            ("the hash with a mark before", v2(marked.clone(), &[]), V2Tlv, Some(false)),
            (
                "the hash with a mark behind",
                v2([&HASH[..], &[0xff]].concat(), &[]),
                V2Tlv,
                Some(false),
            ),
            ("the hash in hexadecimal", v2(hex_hash.clone().into(), &[]), V2Tlv, Some(false)),
            ("a caveat", v2(b"id".to_vec(), &["kid = 1", &caveat]), V2Tlv, Some(true)),
            ("no hash", v2(b"\0\0id644188id\0".to_vec(), &["kid = 1"]), V2Tlv, None),
            ("a later identifier", v2([&[0, 1][..], &[9; 64]].concat(), &[]), V2Tlv, None),
            ("end of sections missing", STANDARD.encode(odd_v2), V2Tlv, Some(true)),
            ("packets", STANDARD.encode(v1(&hex_hash, &[])), V0Text, Some(false)),
            ("packets with a caveat", URL_SAFE.encode(v1("x", &[&caveat])), V0Text, Some(true)),
            (
                "encoded twice",
                STANDARD.encode(URL_SAFE.encode(v1(&hex_hash, &[]))),
                V0Text,
                Some(false),
            ),
            (
                "binary with a number",
                STANDARD.encode([&[0, 0, 0, 1, 66], &*signed].concat()),
                V1Binary,
                Some(true),
            ),
            ("json", json(format!(r#"{{"hash":"{hex_hash}","exp":1}}"#)), Json, Some(true)),
            (
                "json with a signature",
                json(format!(r#"{{"paymentHash":"{hex_hash}"}}"#)) + ".9a77",
                Json,
                Some(true),
            ),
            (
                "json with caveats",
                json(format!(r#"{{"id":"a","caveats":["{caveat}"]}}"#)),
                Json,
                Some(true),
            ),
            (
                "json with an identifier",
                json(format!(r#"{{"identifier":"{hex_hash}"}}"#)),
                Json,
                Some(false),
            ),
            (
                "packets that are cut off",
                STANDARD.encode(v1("x", &[]))[..61].to_owned(),
                V0Text,
                None,
            ),
            (
                "json that is cut off",
                json(r#"{"hash":"ab","exp":1}"#.to_owned())[..17].to_owned(),
                Json,
                None,
            ),
            ("json without a hash", json(r#"{"id":1}"#.to_owned()), Json, None),
            ("the hash alone", hex_hash.clone(), Unknown, Some(false)),
            ("bytes", "//4AQkJC".to_owned(), Unknown, None),
            ("a text", "not-base64!".to_owned(), Unknown, None),
            ("nothing", String::new(), Unknown, None),
        ] {
            let found = ForeignToken::read(&token);
            assert_eq!(found.form, form, "{name}: {}", found.form.name());
            let payment_hash = PaymentHash::new(HASH);
            let expected = commitment.map(|is_stated| Commitment { payment_hash, is_stated });
            assert_eq!(found.commitment, expected, "{name}");
        }
        assert_eq!(of_raw(&[0xff; 33]), None, "either end may be the mark");
    }

    #[test]
    fn a_long_token_is_not_looked_into() {
        let found = ForeignToken::read(&"A".repeat(TOKEN_LEN_MAX + 1));
        assert_eq!((found.form, found.commitment), (TokenForm::Unknown, None));
    }

    proptest! {
        #[test]
        fn arbitrary_tokens_never_panic(text in "\\PC{0,200}", bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = ForeignToken::read(&text);
            let _ = ForeignToken::read(&STANDARD.encode(bytes));
        }
    }
}
