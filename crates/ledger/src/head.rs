//! A place of the log and the digest there: noted down elsewhere, it shows later that the log was
//! not cut off or written anew.

use crate::{ChainHash, GENESIS};
use farebox_store::{StoreError, Transaction, params};
use std::fmt;
use std::str::FromStr;

/// How far the log reaches, and the digest over all of it; written `SEQ:DIGEST`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The last transfer's place; 0 for the empty log.
    pub seq: u64,
    /// The digest over the log up to there.
    pub digest: ChainHash,
}

impl Head {
    /// Whether the log has this digest at this place.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read.
    pub fn is_in(&self, transaction: &Transaction<'_>) -> Result<bool, StoreError> {
        if self.seq == 0 {
            return Ok(self.digest == GENESIS);
        }
        let sql = "SELECT chain FROM ledger_transfer WHERE seq = ?1";
        let read = |row: &farebox_store::Row<'_>| row.get::<[u8; 32]>(0);
        let found = transaction.optional(sql, params![self.seq], read)?;
        Ok(found.map(ChainHash::new) == Some(self.digest))
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, self.digest)
    }
}

/// A text that is no head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a head is written SEQ:DIGEST, a number and 64 hexadecimal digits")]
pub struct ParseHeadError;

impl FromStr for Head {
    type Err = ParseHeadError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (seq, digest) = text.split_once(':').ok_or(ParseHeadError)?;
        let mut bytes = [0; 32];
        hex::decode_to_slice(digest, &mut bytes).map_err(|_| ParseHeadError)?;
        Ok(Self { seq: seq.parse().map_err(|_| ParseHeadError)?, digest: ChainHash::new(bytes) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_back_from_its_text() {
        let head = Head { seq: 12, digest: ChainHash::new([7; 32]) };
        assert_eq!(head.to_string().parse(), Ok(head));
        for text in ["", "12", "12:", "x:00", "12:0707", "-1:".to_owned().as_str()] {
            assert_eq!(text.parse::<Head>(), Err(ParseHeadError), "{text:?}");
        }
    }
}
