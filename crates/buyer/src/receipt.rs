//! Receipts: what was paid, to whom, and what came of it.

use crate::spend::Rail;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The hash before the first entry.
pub(crate) const GENESIS: [u8; 32] = [0; 32];

/// One entry of the log, as it is hashed. Fields are only ever added, as options.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// `paid`, `answered`, or `given_up` for a payment of which nobody knows whether it was made.
    pub event: String,
    /// Seconds since 1970.
    pub at: u64,
    /// The rail's name.
    pub rail: String,
    /// The request's method.
    pub method: String,
    /// The address that was paid for.
    pub url: String,
    /// Its host.
    pub host: String,
    /// Who got it, where the rail says so.
    pub payee: Option<String>,
    /// The money: `btc`, or a token.
    pub asset: String,
    /// How much of it, in its smallest unit; for `btc` in millisatoshis.
    pub units: String,
    /// What a token was worth, in millionths of a dollar.
    pub usd_micro: Option<u64>,
    /// The fee on top, in millisatoshis; known for what is paid.
    pub fee_msat: Option<u64>,
    /// The payment hash or the authorization's nonce.
    pub payment_key: String,
    /// The transaction that moved a token, as the chain or the seller says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction: Option<String>,
    /// The rule of the policy that it was paid under.
    pub rule: String,
    /// What came of it; with the event `answered`.
    pub answered: Option<Answered>,
}

/// What came of a payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// `delivered`; `credit` where the seller did not charge for an error; `undelivered`.
    pub outcome: String,
    /// The status of the seller's answer.
    pub status_code: u16,
    /// From the start of the run that got the answer to its end, the payment included where that
    /// run made it.
    pub latency_ms: Option<u64>,
}

/// One purchase: its payment and the last that is known of its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The rail.
    pub rail: Rail,
    /// The payment.
    pub entry: Entry,
    /// The answer; `None` while there is none.
    pub answered: Option<Answered>,
}

impl Receipt {
    /// How far it got, in one word.
    #[must_use]
    pub fn status(&self) -> &str {
        match &self.answered {
            Some(answered) => &answered.outcome,
            None => &self.entry.event,
        }
    }
}

/// Which receipts are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReceiptFilter {
    /// Paid from then on, in seconds since 1970.
    pub since: Option<u64>,
    /// Paid to this host.
    pub host: Option<String>,
    /// So many at most.
    pub limit: u32,
}

/// Where the log ends: whoever keeps this knows later that nothing before it was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// How many entries there are.
    pub entries: u64,
    /// The hash of the last one, which covers them all.
    pub hash: [u8; 32],
}

/// The hash of an entry: SHA-256 of the hash before it, its number in eight bytes, and its text.
pub(crate) fn chain(before: &[u8; 32], seq: u64, text: &str) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(before);
    hasher.update(seq.to_be_bytes());
    hasher.update(text);
    hasher.finalize().into()
}
