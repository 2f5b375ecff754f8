//! Management keys: who holds a service's key may change what is said about it.

use super::rows;
use crate::Change;
use farebox_store::StoreError;
use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;

/// Bytes of a key.
const KEY_LEN: usize = 32;

/// The key of a service, shown to its holder once; the directory keeps its SHA-256.
///
/// It is drawn at random here. The preimage of the payment would not do: everybody who carried the
/// payment knows it, the payer's wallet provider and the routing nodes included.
#[derive(Clone, PartialEq, Eq)]
pub struct ManagementKey([u8; KEY_LEN]);

impl ManagementKey {
    /// A new key.
    fn draw() -> Result<Self, StoreError> {
        let bytes = random()?;
        Ok(Self(bytes))
    }

    /// Reads 64 hexadecimal digits.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; KEY_LEN];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }

    /// The key as its holder keeps it: 64 hexadecimal digits.
    #[must_use]
    pub fn reveal_hex(&self) -> String {
        hex::encode(self.0)
    }

    pub(super) fn sha256_hex(&self) -> String {
        hex::encode(Sha256::digest(self.0))
    }

    /// Whether it is the key with this digest, in a time that tells nothing.
    pub(super) fn has_digest(&self, sha256_hex: &str) -> bool {
        self.sha256_hex().as_bytes().ct_eq(sha256_hex.as_bytes()).into()
    }
}

impl fmt::Debug for ManagementKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ManagementKey(secret)")
    }
}

/// Gives a service a new management key; one that it had before is good for nothing any more. The
/// caller has made sure that whoever gets the key may have it.
///
/// # Errors
/// [`StoreError`] when it cannot be kept, or when the system has no random bytes.
pub fn issue_management_key(
    change: &Change<'_>,
    service_id: &str,
) -> Result<ManagementKey, StoreError> {
    let key = ManagementKey::draw()?;
    rows::set_key(change, service_id, &key.sha256_hex())?;
    Ok(key)
}

/// Random bytes of the system.
pub(super) fn random<const LEN: usize>() -> Result<[u8; LEN], StoreError> {
    let mut bytes = [0; LEN];
    let filled = getrandom::fill(&mut bytes);
    filled.map_err(|error| StoreError::Unreadable(format!("no random bytes: {error}")))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_by_its_digest_alone() {
        let (key, other) = (ManagementKey([1; 32]), ManagementKey([2; 32]));
        let digest = key.sha256_hex();
        assert!(key.has_digest(&digest) && !other.has_digest(&digest));
        assert_eq!(ManagementKey::parse(&key.reveal_hex()), Some(key.clone()));
        assert!(!format!("{key:?}").contains(&key.reveal_hex()));
        for text in ["", "00", &"0".repeat(63), &"g".repeat(64), &"0".repeat(66)] {
            assert_eq!(ManagementKey::parse(text), None, "{text}");
        }
    }
}
