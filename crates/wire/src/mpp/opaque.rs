//! The data that a seller puts into a challenge for itself.

use super::{
    PARAMETER_LEN_MAX, base64url,
    jcs::{self, JsonError},
};
use serde::{Deserialize, Deserializer, de::Error};
use std::collections::BTreeMap;

/// More entries than this are refused.
const ENTRIES_MAX: usize = 16;
const NONCE: &str = "n";
const ROUTE: &str = "r";

/// A flat map of texts, signed with the challenge and repeated by the client.
///
/// The nonce makes each challenge unique: without it two buyers who ask for the same thing in the
/// same second get one id, and with it one nonce for both of their payments. The route ties the
/// challenge to the place that issued it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opaque(BTreeMap<String, String>);

/// Data that cannot be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpaqueError {
    /// Longer than [`PARAMETER_LEN_MAX`] when encoded, or more than 16 entries.
    #[error("the challenge's data for the seller is too large")]
    TooLarge,
    /// Not a flat object of texts.
    #[error("the challenge's data for the seller cannot be read: {0}")]
    Invalid(JsonError),
}

impl Opaque {
    /// A nonce of 128 random bits, never used before, and the route that the challenge is for.
    #[must_use]
    pub fn new(nonce: [u8; 16], route: &str) -> Self {
        Self::default().with(NONCE, &base64url::encode(nonce)).with(ROUTE, route)
    }

    /// With one more entry; an entry of that name is replaced.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.0.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The entry of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The route that [`Opaque::new`] was given.
    #[must_use]
    pub fn route(&self) -> Option<&str> {
        self.get(ROUTE)
    }

    /// As a challenge carries it: canonical JSON, base64url.
    ///
    /// # Errors
    /// When it is too large.
    pub fn encode(&self) -> Result<String, OpaqueError> {
        let encoded = jcs::encode(&self.0).map_err(OpaqueError::Invalid)?;
        if self.0.len() > ENTRIES_MAX || encoded.len() > PARAMETER_LEN_MAX {
            return Err(OpaqueError::TooLarge);
        }
        Ok(encoded)
    }

    /// Reads what [`Opaque::encode`] wrote.
    ///
    /// # Errors
    /// When it is too large or not a flat object of texts.
    pub fn decode(encoded: &str) -> Result<Self, OpaqueError> {
        if encoded.len() > PARAMETER_LEN_MAX {
            return Err(OpaqueError::TooLarge);
        }
        let entries: BTreeMap<_, _> = jcs::decode(encoded).map_err(OpaqueError::Invalid)?;
        if entries.len() > ENTRIES_MAX {
            return Err(OpaqueError::TooLarge);
        }
        Ok(Self(entries))
    }
}

/// A credential repeats the encoded text; older clients send the object that it stands for.
pub(super) fn deserialize_echo<'de, D>(deserializer: D) -> Result<Option<String>, D::Error>
where
    D: Deserializer<'de>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Echo {
        Encoded(String),
        Object(BTreeMap<String, String>),
    }
    match Option::deserialize(deserializer)? {
        None => Ok(None),
        Some(Echo::Encoded(encoded)) => Ok(Some(encoded)),
        Some(Echo::Object(entries)) => Opaque(entries).encode().map(Some).map_err(D::Error::custom),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nonce_and_route_are_kept_in_canonical_order() {
        let opaque = Opaque::new([0; 16], "/paid").with("a", "1");
        let encoded = opaque.encode().unwrap();
        let json = String::from_utf8(base64url::decode(&encoded).unwrap()).unwrap();
        assert_eq!(json, r#"{"a":"1","n":"AAAAAAAAAAAAAAAAAAAAAA","r":"/paid"}"#);
        let read = Opaque::decode(&encoded).unwrap();
        assert_eq!((read.route(), read.get("a"), read.get("b")), (Some("/paid"), Some("1"), None));
    }

    #[test]
    fn only_flat_and_small_maps_are_taken() {
        for json in [r#"{"a":1}"#, r#"{"a":{"b":"c"}}"#, "[]", "null", "{"] {
            assert!(Opaque::decode(&base64url::encode(json)).is_err(), "{json} was taken");
        }
        let large = Opaque::default().with("a", &"x".repeat(PARAMETER_LEN_MAX));
        assert_eq!(large.encode(), Err(OpaqueError::TooLarge));
        let many = (0..17).fold(Opaque::default(), |many, name| many.with(&name.to_string(), ""));
        assert_eq!(many.encode(), Err(OpaqueError::TooLarge));
        let many = base64url::encode(serde_json::to_string(&many.0).unwrap());
        assert_eq!(Opaque::decode(&many), Err(OpaqueError::TooLarge));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(entries in prop::collection::btree_map("\\PC{0,9}", "\\PC{0,9}", 0..9)) {
            let opaque = Opaque(entries);
            prop_assert_eq!(Opaque::decode(&opaque.encode().unwrap()), Ok(opaque));
        }

        #[test]
        fn arbitrary_text_never_panics(text in "\\PC{0,60}") {
            let _ = Opaque::decode(&text);
        }
    }
}
