//! Macaroons: bearer tokens whose holder can narrow but not widen them.
//!
//! The format is that of libmacaroons, in its binary versions 1 and 2, with first-party
//! caveats only. Every library derives the root key with a fixed generator before the first
//! HMAC; a text that leaves that out describes tokens that nobody can verify.

mod decode;
mod encode;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::sync::LazyLock;
use subtle::ConstantTimeEq;

pub(crate) use decode::{BINARY_V1, base64_of_any_flavour, leading_identifier, text_bytes};
pub use decode::{DecodeError, Encoding};

/// The key under which every macaroon library derives its signing key from a root key.
const KEY_GENERATOR: &[u8; 32] = b"macaroons-key-generator\0\0\0\0\0\0\0\0\0";
/// More caveats than this are refused.
pub const CAVEATS_MAX: usize = 64;
/// A binary macaroon longer than this is refused.
pub const MACAROON_LEN_MAX: usize = 6 * 1_024;

/// A macaroon with first-party caveats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Macaroon {
    /// A hint where it is of use; not signed.
    pub location: Option<Vec<u8>>,
    /// What the issuer knows it by.
    pub identifier: Vec<u8>,
    /// Conditions, the issuer's first.
    pub caveats: Vec<Vec<u8>>,
    /// The end of the HMAC chain.
    pub signature: [u8; 32],
}

/// A macaroon that takes no further condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttenuateError {
    /// It has [`CAVEATS_MAX`] caveats.
    #[error("the macaroon has {CAVEATS_MAX} caveats already; none can be added")]
    TooManyCaveats,
    /// It would be longer than [`MACAROON_LEN_MAX`].
    #[error("with this caveat the macaroon would be longer than {MACAROON_LEN_MAX} bytes")]
    TooLong,
}

impl Macaroon {
    /// Issues a macaroon without caveats.
    #[must_use]
    pub fn issue(root_key: &[u8], location: Option<&str>, identifier: Vec<u8>) -> Self {
        let signature = chain(root_key, &identifier, &[]);
        let location = location.map(|text| text.as_bytes().to_vec());
        Self { location, identifier, caveats: Vec::new(), signature }
    }

    /// Adds a condition. Whoever holds a macaroon can do this; nobody can undo it.
    #[must_use]
    pub fn with_caveat(mut self, caveat: impl Into<Vec<u8>>) -> Self {
        let caveat = caveat.into();
        self.signature = hmac(&self.signature, &caveat);
        self.caveats.push(caveat);
        self
    }

    /// Adds a condition to a macaroon that others will read, within the limits that they have.
    ///
    /// # Errors
    /// [`AttenuateError`] when it could not be read any more.
    pub fn attenuate(&self, caveat: impl Into<Vec<u8>>) -> Result<Self, AttenuateError> {
        if self.caveats.len() >= CAVEATS_MAX {
            return Err(AttenuateError::TooManyCaveats);
        }
        let narrower = self.clone().with_caveat(caveat);
        if narrower.encode_v2().len() > MACAROON_LEN_MAX {
            return Err(AttenuateError::TooLong);
        }
        Ok(narrower)
    }

    /// Whether the issuer who knows `root_key` issued this macaroon and nobody took a caveat
    /// away. Constant in time over the signature.
    #[must_use]
    pub fn is_signed_with(&self, root_key: &[u8]) -> bool {
        chain(root_key, &self.identifier, &self.caveats).ct_eq(&self.signature).into()
    }
}

/// HMAC with the generator as its key, before the message: it is the same for every macaroon.
static GENERATOR: LazyLock<Hmac<Sha256>> = LazyLock::new(|| keyed(KEY_GENERATOR));

fn chain(root_key: &[u8], identifier: &[u8], caveats: &[Vec<u8>]) -> [u8; 32] {
    let signing_key = finish(GENERATOR.clone(), root_key);
    let start = hmac(&signing_key, identifier);
    caveats.iter().fold(start, |signature, caveat| hmac(&signature, caveat))
}

/// HMAC-SHA-256.
#[must_use]
pub(crate) fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    finish(keyed(key), message)
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    Hmac::new_from_slice(key).expect("any key length")
}

fn finish(mut mac: Hmac<Sha256>, message: &[u8]) -> [u8; 32] {
    mac.update(message);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine, engine::general_purpose::STANDARD};
    use proptest::prelude::*;

    fn ours(key: &[u8], id: &[u8], caveats: &[Vec<u8>]) -> Macaroon {
        let start = Macaroon::issue(key, Some("here"), id.to_vec());
        caveats.iter().fold(start, |macaroon, caveat| macaroon.with_caveat(caveat.clone()))
    }

    fn theirs(key: &[u8], id: &[u8], caveats: &[Vec<u8>]) -> libmacaroon::Macaroon {
        let key = libmacaroon::MacaroonKey::generate(key);
        let mut macaroon = libmacaroon::Macaroon::create(Some("here"), &key, id).unwrap();
        for caveat in caveats {
            macaroon.add_first_party_caveat(caveat.clone()).unwrap();
        }
        macaroon
    }

    proptest! {
        #[test]
        fn the_same_bytes_as_another_library_in_both_formats(
            key in proptest::collection::vec(any::<u8>(), 1..64),
            id in proptest::collection::vec(any::<u8>(), 1..80),
            caveats in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..300), 0..6),
        ) {
            let (ours, theirs) = (ours(&key, &id, &caveats), theirs(&key, &id, &caveats));
            let v2 = theirs.serialize(libmacaroon::Format::V2).unwrap();
            prop_assert_eq!(STANDARD.encode(ours.encode_v2()), standard(&v2));
            prop_assert_eq!(&Macaroon::decode(&v2).unwrap().0, &ours);
            let v1 = theirs.serialize(libmacaroon::Format::V1).unwrap();
            let (decoded, encoding) = Macaroon::decode(&v1).unwrap();
            prop_assert_eq!(&decoded, &ours);
            prop_assert_eq!(encoding, Encoding::V1);
            prop_assert!(decoded.is_signed_with(&key));
        }

        #[test]
        fn arbitrary_text_never_panics(text in "\\PC{0,400}") {
            let _ = Macaroon::decode(&text);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = Macaroon::decode_binary(&bytes);
        }

        #[test]
        fn a_changed_byte_is_noticed(position in 0usize..100, flip in 1u8..=255) {
            let macaroon = ours(b"key", b"identifier", &[b"path=/a".to_vec()]);
            let mut bytes = macaroon.encode_v2();
            let position = position % bytes.len();
            bytes[position] ^= flip;
            if let Ok((changed, _)) = Macaroon::decode_binary(&bytes) {
                let only_the_hint = Macaroon { location: macaroon.location.clone(), ..changed.clone() };
                prop_assert!(!changed.is_signed_with(b"key") || only_the_hint == macaroon);
            }
        }
    }

    fn standard(text: &str) -> String {
        text.replace('-', "+").replace('_', "/").trim_end_matches('=').to_owned()
            + &"=".repeat((4 - text.trim_end_matches('=').len() % 4) % 4)
    }

    #[test]
    fn what_is_attenuated_can_still_be_read() {
        let mut macaroon = Macaroon::issue(b"key", None, b"id".to_vec());
        for _ in 0..CAVEATS_MAX {
            macaroon = macaroon.attenuate("a=b").unwrap();
        }
        assert!(Macaroon::decode_binary(&macaroon.encode_v2()).unwrap().0.is_signed_with(b"key"));
        assert_eq!(macaroon.attenuate("a=b"), Err(AttenuateError::TooManyCaveats));
        let long = vec![b'a'; MACAROON_LEN_MAX];
        let short = Macaroon::issue(b"key", None, b"id".to_vec());
        assert_eq!(short.attenuate(long), Err(AttenuateError::TooLong));
    }

    #[test]
    fn a_caveat_cannot_be_taken_away() {
        let narrowed = Macaroon::issue(b"key", None, b"id".to_vec()).with_caveat("expires_at=1");
        let widened = Macaroon { caveats: Vec::new(), ..narrowed.clone() };
        assert!(narrowed.is_signed_with(b"key"));
        assert!(!widened.is_signed_with(b"key"));
        assert!(!narrowed.is_signed_with(b"kez"));
    }
}
