//! The secret key of an account.

use super::{Address, B256, Signature, keccak256};
use alloy_primitives::Bytes;
use secp256k1::{All, Message, PublicKey, Secp256k1, SecretKey};
use std::{fmt, sync::LazyLock};
use zeroize::Zeroizing;

pub(super) static CONTEXT: LazyLock<Secp256k1<All>> = LazyLock::new(Secp256k1::new);

/// A text or bytes that are no secret key. Says nothing of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a secret key: 32 bytes, in text 64 hexadecimal digits with or without 0x, not zero")]
pub struct KeyError;

/// The secret key of an account: whoever has it can spend all that the account holds. Wiped from
/// memory when dropped; `Debug` shows the address alone.
pub struct EvmKey {
    secret: Zeroizing<[u8; 32]>,
    address: Address,
}

impl EvmKey {
    /// From 32 secret bytes. Zero, and numbers past the order of the curve, are no keys.
    pub fn new(bytes: [u8; 32]) -> Result<Self, KeyError> {
        Self::from_secret(Zeroizing::new(bytes))
    }

    fn from_secret(secret: Zeroizing<[u8; 32]>) -> Result<Self, KeyError> {
        let mut key = SecretKey::from_slice(secret.as_slice()).map_err(|_| KeyError)?;
        let address = address_of(&PublicKey::from_secret_key(&CONTEXT, &key));
        key.non_secure_erase();
        Ok(Self { secret, address })
    }

    /// Reads 64 hexadecimal digits, with or without `0x` before them.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut secret = Zeroizing::new([0; 32]);
        let digits = text.strip_prefix("0x").unwrap_or(text);
        hex::decode_to_slice(digits, secret.as_mut_slice()).map_err(|_| KeyError)?;
        Self::from_secret(secret)
    }

    /// The account.
    #[must_use]
    pub const fn address(&self) -> Address {
        self.address
    }

    /// Signs 32 bytes: r, s and v of 27 or 28, with low s. Deterministic (RFC 6979).
    #[must_use]
    pub fn sign(&self, digest: B256) -> Signature {
        let mut bytes = Vec::with_capacity(65);
        let (parity, compact) = self.sign_parity(digest);
        bytes.extend_from_slice(&compact);
        bytes.push(27 + u8::from(parity));
        #[expect(clippy::expect_used, reason = "65 bytes are within the limits")]
        Signature::new(Bytes::from(bytes)).expect("65 bytes")
    }

    /// Signs 32 bytes as transactions are signed: whether y is odd, then r and s, 32 bytes each.
    #[must_use]
    pub fn sign_parity(&self, digest: B256) -> (bool, [u8; 64]) {
        #[expect(clippy::expect_used, reason = "checked when the key was made")]
        let mut key = SecretKey::from_slice(self.secret.as_slice()).expect("a valid key");
        let signature = CONTEXT.sign_ecdsa_recoverable(&Message::from_digest(digest.0), &key);
        key.non_secure_erase();
        let (recovery, compact) = signature.serialize_compact();
        (recovery.to_i32() & 1 == 1, compact)
    }
}

/// The account of a public key: the last 20 bytes of the hash of its coordinates.
pub(super) fn address_of(key: &PublicKey) -> Address {
    let point = key.serialize_uncompressed();
    let [_, coordinates @ ..] = point;
    Address::from_word(keccak256(coordinates))
}

impl fmt::Debug for EvmKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EvmKey").field("address", &self.address).finish_non_exhaustive()
    }
}
