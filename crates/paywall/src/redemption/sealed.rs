//! Answers as they are kept: sealed. What was sold is for its payer alone, keys and tokens among it,
//! and whoever reads the database or a backup of it is somebody else.

use crate::answer::KeptAnswer;
use crate::keys::Secret;
use crate::payment::PaymentKey;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

const PURPOSE: &str = "kept answers";
const NONCE_LEN: usize = 24;

/// Seals answers with a key that is derived from the server's secret.
#[derive(Clone)]
pub(crate) struct AnswerSeal(XChaCha20Poly1305);

impl AnswerSeal {
    pub(crate) fn new(secret: &Secret) -> Self {
        Self(XChaCha20Poly1305::new(&secret.derive(PURPOSE).into()))
    }

    /// Seals the answer of a payment, for that payment alone; fresh random bytes stand in front of
    /// what is sealed. `None` when the system has no random bytes: then the answer is not kept.
    pub(super) fn seal(&self, key: PaymentKey, answer: &KeptAnswer) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).ok()?;
        let head_len = u32::try_from(answer.headers.len()).ok()?;
        let plain = [
            &answer.status.to_be_bytes()[..],
            &head_len.to_be_bytes(),
            answer.headers.as_bytes(),
            &answer.body,
        ];
        let plain = plain.concat();
        let payload = Payload { msg: &plain, aad: key.as_bytes() };
        let sealed = self.0.encrypt(&XNonce::from(nonce), payload).ok()?;
        Some([&nonce[..], &sealed].concat())
    }

    /// Opens it again; `None` when it was sealed with another secret, for another payment, or
    /// changed: it is as good as not kept.
    pub(super) fn open(&self, key: PaymentKey, sealed: &[u8]) -> Option<KeptAnswer> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let payload = Payload { msg: sealed, aad: key.as_bytes() };
        let plain = self.0.decrypt(&XNonce::from(*nonce), payload).ok()?;
        let (status, rest) = plain.split_first_chunk::<2>()?;
        let (head_len, rest) = rest.split_first_chunk::<4>()?;
        let head_len = usize::try_from(u32::from_be_bytes(*head_len)).ok()?;
        let (headers, body) = rest.split_at_checked(head_len)?;
        Some(KeptAnswer {
            status: u16::from_be_bytes(*status),
            headers: String::from_utf8(headers.to_vec()).ok()?,
            body: body.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::{Payment, Rail};
    use proptest::prelude::*;

    fn key(unique: &str) -> PaymentKey {
        Payment::of_asset(Rail::Evm, &[unique], "usd".to_owned(), "1".to_owned()).key
    }

    #[test]
    fn what_is_kept_says_nothing_without_the_secret() {
        let seal = AnswerSeal::new(&Secret::new([1; 32]));
        let answer = KeptAnswer {
            status: 201,
            headers: r#"[["set-cookie","a secret cookie"]]"#.to_owned(),
            body: b"a secret key".to_vec(),
        };
        let sealed = seal.seal(key("a"), &answer).unwrap();
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
        assert_ne!(seal.seal(key("a"), &answer).unwrap(), sealed, "never twice with one nonce");
        assert_eq!(seal.open(key("a"), &sealed), Some(answer));
        assert_eq!(seal.open(key("b"), &sealed), None, "another payment's");
        assert_eq!(AnswerSeal::new(&Secret::new([2; 32])).open(key("a"), &sealed), None);
        for place in [0, NONCE_LEN, sealed.len() - 1] {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert_eq!(seal.open(key("a"), &changed), None);
        }
        assert_eq!(seal.open(key("a"), &[]), None);
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_again(
            status in any::<u16>(), headers in ".{0,40}",
            body in proptest::collection::vec(any::<u8>(), 0..100),
        ) {
            let seal = AnswerSeal::new(&Secret::new([7; 32]));
            let answer = KeptAnswer { status, headers, body };
            let sealed = seal.seal(key("a"), &answer).unwrap();
            prop_assert_eq!(seal.open(key("a"), &sealed), Some(answer));
        }
    }
}
