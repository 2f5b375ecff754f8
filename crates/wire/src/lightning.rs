//! Payment hashes and preimages.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};

/// The SHA-256 of a [`Preimage`]: names one Lightning payment. May be shown to anyone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PaymentHash([u8; 32]);

/// The secret that a payee reveals to whoever pays: proof of payment. Shown to nobody else, so
/// it has no `Display` and its `Debug` hides it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Preimage([u8; 32]);

/// A text that is not 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not 64 hexadecimal digits")]
pub struct ParseHexError;

impl PaymentHash {
    /// From its 32 bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Preimage {
    /// From its 32 bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The payment hash that this preimage proves.
    #[must_use]
    pub fn hash(&self) -> PaymentHash {
        PaymentHash(Sha256::digest(self.0).into())
    }

    /// As 64 lower-case hexadecimal digits. Named so that a leak is easy to search for.
    #[must_use]
    pub fn reveal_hex(&self) -> String {
        hex::encode(self.0)
    }
}

fn from_hex(text: &str) -> Result<[u8; 32], ParseHexError> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| ParseHexError)?;
    Ok(bytes)
}

impl FromStr for PaymentHash {
    type Err = ParseHexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        from_hex(text).map(Self)
    }
}

impl FromStr for Preimage {
    type Err = ParseHexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        from_hex(text).map(Self)
    }
}

impl TryFrom<String> for PaymentHash {
    type Error = ParseHexError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<PaymentHash> for String {
    fn from(hash: PaymentHash) -> Self {
        hash.to_string()
    }
}

impl fmt::Display for PaymentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for PaymentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PaymentHash({self})")
    }
}

impl fmt::Debug for Preimage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Preimage(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preimage_proves_its_hash_and_is_never_printed() {
        let preimage: Preimage = "00".repeat(32).parse().unwrap();
        assert_eq!(
            preimage.hash().to_string(),
            "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925"
        );
        assert_eq!(format!("{preimage:?}"), "Preimage(hidden)");
        assert!("AB".repeat(32).parse::<Preimage>().is_ok(), "upper case is hexadecimal too");
        for text in ["", "00", "zz", &"0".repeat(63), &"0".repeat(66), &"é".repeat(32)] {
            assert!(text.parse::<Preimage>().is_err(), "{text:?} was taken");
        }
    }
}
