//! Texts that a Lightning node signed: `signmessage` of LND, Core Lightning and LDK.
//!
//! The signature is 65 bytes in z-base-32: 31 plus which of the possible keys it was (0 to 3), then
//! r and s. What is signed is the double SHA-256 of a prefix and the text. Source: LND's
//! `zbase32` and `SignMessage`; the specification of z-base-32 (P. O'Whielacronx).

use secp256k1::{Message, Secp256k1, ecdsa};
use sha2::{Digest, Sha256};

const PREFIX: &[u8] = b"Lightning Signed Message:";
const ALPHABET: &[u8; 32] = b"ybndrfg8ejkmcpqxot1uwisza345h769";
const SIGNATURE_LEN: usize = 65;
/// 65 bytes in groups of five bits.
const TEXT_LEN: usize = 104;

/// A text that is not a node's signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NodeSignatureError {
    /// Not 104 characters of z-base-32.
    #[error("not the signature of a node: 104 characters of z-base-32, as signmessage prints them")]
    Form,
    /// No key makes it.
    #[error("the signature fits no key")]
    NoKey,
}

/// The key of the node that signed `message`, in hexadecimal, as invoices name their payee.
///
/// # Errors
/// [`NodeSignatureError`] when the text is not a signature.
pub fn recover_node(message: &str, signature: &str) -> Result<String, NodeSignatureError> {
    let bytes = decode(signature.trim()).ok_or(NodeSignatureError::Form)?;
    let [first, compact @ ..] = &bytes;
    let which = first.checked_sub(31).filter(|which| *which < 4);
    let which = i32::from(which.ok_or(NodeSignatureError::Form)?);
    let no_key = |_| NodeSignatureError::NoKey;
    let which = ecdsa::RecoveryId::from_i32(which).map_err(no_key)?;
    let signature = ecdsa::RecoverableSignature::from_compact(compact, which).map_err(no_key)?;
    let message = Message::from_digest(digest(message));
    let key = Secp256k1::verification_only().recover_ecdsa(&message, &signature);
    Ok(key.map_err(no_key)?.to_string())
}

fn digest(message: &str) -> [u8; 32] {
    let once = Sha256::new().chain_update(PREFIX).chain_update(message).finalize();
    Sha256::digest(once).into()
}

fn decode(text: &str) -> Option<[u8; SIGNATURE_LEN]> {
    if text.len() != TEXT_LEN {
        return None;
    }
    let mut bytes = Vec::with_capacity(SIGNATURE_LEN);
    let (mut pending, mut pending_bits) = (0_u16, 0_u32);
    for character in text.bytes() {
        let value = ALPHABET.iter().position(|letter| *letter == character)?;
        pending = pending << 5 | u16::try_from(value).ok()?;
        pending_bits += 5;
        if pending_bits >= 8 {
            pending_bits -= 8;
            bytes.push(u8::try_from(pending >> pending_bits & 0xff).ok()?);
            pending &= (1 << pending_bits) - 1;
        }
    }
    bytes.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encode(bytes: &[u8]) -> String {
        let bit = |place: usize| bytes[place / 8] >> (7 - place % 8) & 1;
        let groups = (0..bytes.len() * 8 / 5).map(|group| {
            let value = (0..5).fold(0, |value, place| value << 1 | bit(group * 5 + place));
            char::from(ALPHABET[usize::from(value)])
        });
        groups.collect()
    }

    fn sign(secret: [u8; 32], message: &str) -> (String, String) {
        let context = Secp256k1::new();
        let key = secp256k1::SecretKey::from_slice(&secret).unwrap();
        let message = Message::from_digest(digest(message));
        let signed = context.sign_ecdsa_recoverable(&message, &key);
        let (which, compact) = signed.serialize_compact();
        let first = 31 + u8::try_from(which.to_i32()).unwrap();
        let text = encode(&[&[first], &compact[..]].concat());
        (text, key.public_key(&context).to_string())
    }

    #[test]
    fn the_published_signature_names_its_node() {
        // From the tests of rust-lightning, which took it from LND.
        let signature = "rbgfioj114mh48d8egqx8o9qxqw4fmhe8jbeeabdioxnjk8z3t1ma1hu1fiswpakgucwwzwo6ofycffbsqusqdimugbh41n1g698hr9t";
        assert_eq!(
            recover_node("is this compatible?", signature).unwrap(),
            "02b80cabdf82638aac86948e4c06e82064f547768dcef977677b9ea931ea75bab5"
        );
    }

    #[test]
    fn another_text_is_another_key() {
        let (signature, key) = sign([7; 32], "one");
        assert_eq!(recover_node("one", &signature), Ok(key.clone()));
        assert_eq!(recover_node("one", &format!(" {signature}\n")), Ok(key.clone()));
        assert_ne!(recover_node("two", &signature), Ok(key));
    }

    #[test]
    fn what_is_no_signature_is_refused() {
        let (signature, _) = sign([7; 32], "one");
        for text in ["", "abc", &signature[1..], &signature.to_uppercase(), &"l".repeat(104)] {
            assert_eq!(recover_node("one", text), Err(NodeSignatureError::Form), "{text}");
        }
        let zeros = encode(&[&[31][..], &[0; 64]].concat());
        assert_eq!(recover_node("one", &zeros), Err(NodeSignatureError::NoKey));
    }

    proptest! {
        #[test]
        fn every_key_is_recovered(secret in any::<[u8; 32]>(), message in "\\PC{0,80}") {
            prop_assume!(secp256k1::SecretKey::from_slice(&secret).is_ok());
            let (signature, key) = sign(secret, &message);
            prop_assert_eq!(recover_node(&message, &signature), Ok(key));
        }

        #[test]
        fn arbitrary_text_never_panics(text in "[ybndrfg8ejkmcpqxot1uwisza345h769]{104}") {
            let _ = recover_node("x", &text);
        }
    }
}
