//! The secret that a webhook and this server share: sealed where it is kept, and what it signs.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Characters of a secret at least.
pub const SECRET_LEN_MIN: usize = 16;
/// Characters of a secret at most.
pub const SECRET_LEN_MAX: usize = 256;
const NONCE_LEN: usize = 24;
/// What a secret begins with that is a key in base64, as Standard Webhooks writes it.
const KEY_PREFIX: &str = "whsec_";

/// A shared secret. `Debug` hides it.
#[derive(Clone)]
pub struct WebhookSecret(Zeroizing<String>);

/// Seals secrets where they are kept; from a key of the server's.
#[derive(Clone)]
pub struct SecretSeal(XChaCha20Poly1305);

impl WebhookSecret {
    /// Takes 16 to 256 printable ASCII characters, which a header can carry.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        let fits = (SECRET_LEN_MIN..=SECRET_LEN_MAX).contains(&text.len());
        // A header loses spaces at its ends.
        (is_plain && fits && text.trim() == text).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// Whether somebody shows the same; takes the same time wherever they differ.
    #[must_use]
    pub fn is(&self, shown: &str) -> bool {
        let (own, shown) = (Sha256::digest(self.0.as_bytes()), Sha256::digest(shown));
        own.ct_eq(&shown).into()
    }

    /// `sha256=` and the HMAC of the body in hexadecimal, with the characters of the secret as its
    /// key: `X-402Index-Signature`.
    #[must_use]
    pub fn body_signature(&self, body: &[u8]) -> String {
        format!("sha256={}", hex::encode(hmac(self.0.as_bytes(), &[body])))
    }

    /// `v1,` and the HMAC of id, time and body in base64: `webhook-signature` of Standard Webhooks.
    /// Its key is what follows `whsec_` in base64; of another secret, the secret's characters, so
    /// that `whsec_` and the secret in base64 is what its libraries take.
    #[must_use]
    pub fn standard_signature(&self, id: &str, timestamp_s: i64, body: &[u8]) -> String {
        let head = format!("{id}.{timestamp_s}.");
        let signature = hmac(&self.key(), &[head.as_bytes(), body]);
        format!("v1,{}", STANDARD.encode(signature))
    }

    fn key(&self) -> Zeroizing<Vec<u8>> {
        let key = self.0.strip_prefix(KEY_PREFIX).and_then(|text| STANDARD.decode(text).ok());
        Zeroizing::new(key.unwrap_or_else(|| self.0.as_bytes().to_vec()))
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(***)")
    }
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "an HMAC takes keys of any length")]
    let mut hmac = Hmac::<Sha256>::new_from_slice(key).expect("any length");
    parts.iter().for_each(|part| hmac.update(part));
    hmac.finalize().into_bytes().into()
}

impl SecretSeal {
    /// With 32 bytes that only this server knows.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(key.into()))
    }

    /// Seals the secret of a webhook, for that webhook alone. `nonce` is fresh random bytes, which
    /// stand in front of what is sealed.
    #[must_use]
    pub fn seal(
        &self,
        webhook_id: &str,
        secret: &WebhookSecret,
        nonce: [u8; NONCE_LEN],
    ) -> Option<Vec<u8>> {
        let payload = Payload { msg: secret.0.as_bytes(), aad: webhook_id.as_bytes() };
        let sealed = self.0.encrypt(&XNonce::from(nonce), payload).ok()?;
        Some([&nonce[..], &sealed].concat())
    }

    /// Opens it again; `None` when it was sealed with another key, for another webhook, or changed.
    #[must_use]
    pub fn open(&self, webhook_id: &str, sealed: &[u8]) -> Option<WebhookSecret> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let payload = Payload { msg: sealed, aad: webhook_id.as_bytes() };
        let text = self.0.decrypt(&XNonce::from(*nonce), payload).ok()?;
        WebhookSecret::parse(&String::from_utf8(text).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn signatures_are_those_of_the_standard() {
        // The example of the Standard Webhooks libraries.
        let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = secret.standard_signature(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let bytes = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        assert_eq!(*secret.key(), bytes);
    }

    #[test]
    fn another_secret_is_its_own_key() {
        let secret = WebhookSecret::parse("your-secret-min-16-chars").unwrap();
        let written = format!("whsec_{}", STANDARD.encode("your-secret-min-16-chars"));
        let standard = WebhookSecret::parse(&written).unwrap();
        let sign = |secret: &WebhookSecret| secret.standard_signature("msg_1", 5, b"{}");
        assert_eq!(sign(&secret), sign(&standard));
        assert_ne!(secret.body_signature(b"{}"), standard.body_signature(b"{}"));
    }

    #[test]
    fn a_secret_has_its_length_and_fits_a_header() {
        for good in ["0123456789abcdef", "with a space in it", &"x".repeat(256)] {
            assert!(WebhookSecret::parse(good).is_some(), "{good}");
        }
        for bad in ["0123456789abcde", " 0123456789abcdef", "0123456789abcdeé", &"x".repeat(257)] {
            assert!(WebhookSecret::parse(bad).is_none(), "{bad}");
        }
        assert!(WebhookSecret::parse("0123456789\nabcdef").is_none());
    }

    #[test]
    fn what_is_kept_says_nothing_without_the_key() {
        let seal = SecretSeal::new(&[1; 32]);
        let secret = WebhookSecret::parse("0123456789abcdef").unwrap();
        let sealed = seal.seal("wh_1", &secret, [2; NONCE_LEN]).unwrap();
        assert!(!sealed.windows(8).any(|window| window == b"01234567"));
        assert!(seal.open("wh_1", &sealed).unwrap().is("0123456789abcdef"));
        assert!(seal.open("wh_2", &sealed).is_none(), "another webhook's");
        assert!(SecretSeal::new(&[3; 32]).open("wh_1", &sealed).is_none());
        for place in [0, 24, sealed.len() - 1] {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert!(seal.open("wh_1", &changed).is_none());
        }
        assert!(seal.open("wh_1", &[]).is_none());
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_again(text in "[!-~]{16,256}", nonce in any::<[u8; 24]>()) {
            let seal = SecretSeal::new(&[7; 32]);
            let secret = WebhookSecret::parse(&text).unwrap();
            let sealed = seal.seal("wh_1", &secret, nonce).unwrap();
            prop_assert!(seal.open("wh_1", &sealed).unwrap().is(&text));
        }
    }
}
