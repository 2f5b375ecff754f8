//! The hash chain over the log: a changed, missing or reordered transfer shows.

use crate::Transfer;
use sha2::{Digest, Sha256};
use std::fmt;

/// The digest of the log up to a transfer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ChainHash([u8; 32]);

/// The digest of the empty log.
pub const GENESIS: ChainHash = ChainHash([0; 32]);

impl ChainHash {
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

    /// The digest after one more transfer. Every field of it counts, each with its length, so
    /// that no two different transfers hash the same text.
    #[must_use]
    pub fn then(self, transfer: &Transfer) -> Self {
        let asked = &transfer.asked;
        let (debit, credit) = (asked.debit.to_string(), asked.credit.to_string());
        let fields: [&[u8]; 8] = [
            &transfer.seq.to_be_bytes(),
            debit.as_bytes(),
            credit.as_bytes(),
            &asked.amount.get().to_be_bytes(),
            asked.code.name().as_bytes(),
            asked.reference.as_bytes(),
            &[asked.leg],
            &transfer.at_ms.to_be_bytes(),
        ];
        let mut hasher = Sha256::new();
        hasher.update(self.0);
        for field in fields {
            hasher.update((field.len() as u64).to_be_bytes());
            hasher.update(field);
        }
        Self(hasher.finalize().into())
    }
}

impl fmt::Display for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChainHash({self})")
    }
}
