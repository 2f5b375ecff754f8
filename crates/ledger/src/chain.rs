//! The hash chain over the log: a changed, missing or reordered transfer shows.

use crate::{NewTransfer, Transfer};
use sha2::{Digest, Sha256};
use std::fmt;

/// The digest of the log up to a transfer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ChainHash([u8; 32]);

/// What a transfer adds to the chain.
pub(crate) struct Link<'a> {
    pub(crate) seq: u64,
    /// The text of the account that is debited.
    pub(crate) debit: &'a str,
    /// The text of the account that is credited.
    pub(crate) credit: &'a str,
    pub(crate) asked: &'a NewTransfer,
    pub(crate) at_ms: i64,
}

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
        self.then_link(&Link {
            seq: transfer.seq,
            debit: &debit,
            credit: &credit,
            asked,
            at_ms: transfer.at_ms,
        })
    }

    /// As [`Self::then`], for whoever has the accounts' texts at hand.
    pub(crate) fn then_link(self, link: &Link<'_>) -> Self {
        let Link { seq, debit, credit, asked, at_ms } = link;
        let fields: [&[u8]; 8] = [
            &seq.to_be_bytes(),
            debit.as_bytes(),
            credit.as_bytes(),
            &asked.amount.get().to_be_bytes(),
            asked.code.name().as_bytes(),
            asked.reference.as_bytes(),
            &[asked.leg],
            &at_ms.to_be_bytes(),
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
