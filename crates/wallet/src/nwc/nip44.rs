//! NIP-44, version 2: ChaCha20 with an HMAC, and padding that hides the length.

use super::keys::random;
use crate::WalletError;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const VERSION: u8 = 2;
const SALT: &[u8] = b"nip44-v2";
const NONCE_LEN: usize = 32;
const MAC_LEN: usize = 32;
const PLAINTEXT_LEN_MAX: usize = 65_535;
/// Base64 characters of the longest text.
const PAYLOAD_LEN_MAX: usize = 87_472;

/// The keys of one message.
struct MessageKeys {
    stream: ChaCha20,
    mac: Hmac<Sha256>,
}

impl MessageKeys {
    fn derive(shared_x: &[u8; 32], nonce: &[u8]) -> Result<Self, WalletError> {
        let (conversation, _) = Hkdf::<Sha256>::extract(Some(SALT), shared_x);
        let expander = Hkdf::<Sha256>::from_prk(&conversation).map_err(|_| unreadable())?;
        let mut bytes = [0; 76];
        expander.expand(nonce, &mut bytes).map_err(|_| unreadable())?;
        let (key, rest) = bytes.split_at(32);
        let (iv, mac) = rest.split_at(12);
        Ok(Self {
            stream: ChaCha20::new_from_slices(key, iv).map_err(|_| unreadable())?,
            mac: Hmac::new_from_slice(mac).map_err(|_| unreadable())?,
        })
    }
}

/// Encrypts a text for whoever knows `shared_x`.
pub(super) fn encrypt(shared_x: &[u8; 32], text: &str) -> Result<String, WalletError> {
    encrypt_with(shared_x, text, random()?)
}

fn encrypt_with(
    shared_x: &[u8; 32],
    text: &str,
    nonce: [u8; NONCE_LEN],
) -> Result<String, WalletError> {
    let mut keys = MessageKeys::derive(shared_x, &nonce)?;
    let mut ciphertext = pad(text)?;
    keys.stream.apply_keystream(&mut ciphertext);
    let mac = keys.mac.chain_update(nonce).chain_update(&ciphertext).finalize();
    let payload = [&[VERSION], &nonce[..], &ciphertext, &mac.into_bytes()].concat();
    Ok(BASE64_STANDARD.encode(payload))
}

/// Decrypts what was encrypted by whoever knows `shared_x`.
pub(super) fn decrypt(shared_x: &[u8; 32], payload: &str) -> Result<String, WalletError> {
    if payload.len() > PAYLOAD_LEN_MAX {
        return Err(unreadable());
    }
    let bytes = BASE64_STANDARD.decode(payload).map_err(|_| unreadable())?;
    let (version, rest) = bytes.split_first().ok_or_else(unreadable)?;
    let (nonce, rest) = rest.split_at_checked(NONCE_LEN).ok_or_else(unreadable)?;
    let mac_at = rest.len().checked_sub(MAC_LEN).filter(|_| *version == VERSION);
    let (ciphertext, mac) = rest.split_at(mac_at.ok_or_else(unreadable)?);
    let mut keys = MessageKeys::derive(shared_x, nonce)?;
    let expected = keys.mac.chain_update(nonce).chain_update(ciphertext);
    expected.verify_slice(mac).map_err(|_| unreadable())?;
    let mut padded = ciphertext.to_vec();
    keys.stream.apply_keystream(&mut padded);
    unpad(&padded)
}

/// The text with its length before it and zeros after it.
fn pad(text: &str) -> Result<Vec<u8>, WalletError> {
    let too_long = || WalletError::Refused("the request is too long to be encrypted".into());
    let len = u16::try_from(text.len()).ok().filter(|len| *len > 0).ok_or_else(too_long)?;
    let mut padded = len.to_be_bytes().to_vec();
    padded.extend_from_slice(text.as_bytes());
    padded.resize(2 + padded_len(text.len()), 0);
    Ok(padded)
}

fn unpad(padded: &[u8]) -> Result<String, WalletError> {
    let (len, rest) = padded.split_first_chunk::<2>().ok_or_else(unreadable)?;
    let len = usize::from(u16::from_be_bytes(*len));
    let (text, _) = rest.split_at_checked(len).ok_or_else(unreadable)?;
    if len == 0 || rest.len() != padded_len(len) {
        return Err(unreadable());
    }
    String::from_utf8(text.to_vec()).map_err(|_| unreadable())
}

/// Up to the next multiple of a length that grows with the text.
fn padded_len(len: usize) -> usize {
    let len = len.min(PLAINTEXT_LEN_MAX);
    if len <= 32 {
        return 32;
    }
    let chunk = (len.next_power_of_two() / 8).max(32);
    len.next_multiple_of(chunk)
}

fn unreadable() -> WalletError {
    WalletError::Unreadable("a message that cannot be decrypted".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nwc::keys::Keys;

    fn bytes(hex: &str) -> [u8; 32] {
        hex::decode(hex).unwrap().try_into().unwrap()
    }

    /// From the vectors of NIP-44: sec1 = 1, sec2 = 2, nonce = 1, "a".
    #[test]
    fn the_published_vector_is_met() {
        let (one, two) = ("0".repeat(63) + "1", "0".repeat(63) + "2");
        let other = Keys::new(&two.parse().unwrap()).public();
        let shared_x = Keys::new(&one.parse().unwrap()).shared_x(&other);
        let payload = "AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABee0G5VSK0/9YypIObAtDKfYEAjD35uVkHyB0F4DwrcNaCXlCWZKaArsGrY6M9wnuTMxWfp1RTN9Xga8no+kF5Vsb";
        assert_eq!(encrypt_with(&shared_x, "a", bytes(&one)).unwrap(), payload);
        assert_eq!(decrypt(&shared_x, payload).unwrap(), "a");
    }

    #[test]
    fn padding_grows_as_published() {
        for (len, padded) in [
            (16, 32),
            (32, 32),
            (33, 64),
            (65, 96),
            (100, 128),
            (250, 256),
            (320, 320),
            (384, 384),
            (400, 448),
            (1_000, 1_024),
            (65_535, 65_536),
        ] {
            assert_eq!(padded_len(len), padded, "{len}");
        }
    }

    #[test]
    fn a_changed_message_is_refused() {
        let shared_x = [7; 32];
        let payload = encrypt(&shared_x, "{\"result\":1}").unwrap();
        assert_eq!(decrypt(&shared_x, &payload).unwrap(), "{\"result\":1}");
        let sound = BASE64_STANDARD.decode(&payload).unwrap();
        for position in 0..sound.len() {
            let mut changed = sound.clone();
            changed[position] ^= 1;
            assert!(decrypt(&shared_x, &BASE64_STANDARD.encode(changed)).is_err(), "{position}");
        }
        for len in 0..sound.len() {
            assert!(decrypt(&shared_x, &BASE64_STANDARD.encode(&sound[..len])).is_err(), "{len}");
        }
        assert!(decrypt(&[8; 32], &payload).is_err());
        assert!(encrypt(&shared_x, "").is_err());
        assert!(encrypt(&shared_x, &"x".repeat(65_536)).is_err());
    }
}
