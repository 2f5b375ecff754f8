//! A payment in tokens as data.

use super::{PurchaseState, unreadable};
use crate::PaymentId;
use crate::approval::Parked;
use crate::request::Fingerprint;
use crate::rules::Denial;
use crate::spend::Charge;
use farebox_store::StoreError;
use farebox_wire::evm::{Address, AssetId, B256};
use http::{HeaderName, Method};
use url::Url;

/// How far a payment in tokens got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferState {
    /// Signed; whether the money moved or will is for the chain to say.
    Signed,
    /// The money moved, as the chain or the seller says, and the answer has not arrived in full.
    Settled,
    /// The answer is with its user.
    Delivered,
    /// Certain that the money did not move and never will.
    Dead,
    /// Given up, when the money may have moved.
    Abandoned,
}

impl TransferState {
    const ALL: [Self; 5] =
        [Self::Signed, Self::Settled, Self::Delivered, Self::Dead, Self::Abandoned];

    /// As stored and shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Signed => "signed",
            Self::Settled => "settled",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
            Self::Abandoned => "abandoned",
        }
    }

    pub(super) fn from_db(name: &str) -> Result<Self, StoreError> {
        let state = Self::ALL.into_iter().find(|state| state.name() == name);
        state.ok_or_else(|| unreadable("a payment's state"))
    }
}

impl From<TransferState> for PurchaseState {
    fn from(state: TransferState) -> Self {
        match state {
            TransferState::Signed => Self::Intended,
            TransferState::Settled => Self::Paid,
            TransferState::Delivered => Self::Delivered,
            TransferState::Dead => Self::Failed,
            TransferState::Abandoned => Self::Abandoned,
        }
    }
}

/// What ends a signed payment without its seller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Signed {
    /// An authorization; no contract takes it from this second on.
    Authorization { valid_before: u64 },
    /// A transaction, and its payer's count of those before it.
    Transaction { raw: Vec<u8>, account_nonce: u64 },
}

/// What is written down before anything is shown to the seller or the chain.
#[derive(Clone, Debug)]
pub(crate) struct TransferIntent {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) key: B256,
    pub(crate) way: &'static str,
    pub(crate) header: (HeaderName, String),
    pub(crate) token: AssetId,
    pub(crate) payer: Address,
    pub(crate) challenge_id: Option<String>,
    pub(crate) signed: Signed,
}

/// A payment in tokens that is not finished.
#[derive(Clone, Debug)]
pub(crate) struct Transfer {
    pub(crate) id: i64,
    pub(crate) state: TransferState,
    pub(crate) method: Method,
    pub(crate) url: Url,
    /// The authorization's nonce or the transaction's hash.
    pub(crate) key: B256,
    pub(crate) way: String,
    /// What is shown to the seller, letter by letter.
    pub(crate) header: (HeaderName, String),
    pub(crate) token: AssetId,
    pub(crate) payer: Address,
    pub(crate) payee: String,
    pub(crate) challenge_id: Option<String>,
    pub(crate) signed: Signed,
    pub(crate) charge: Charge,
    /// The transaction that moved the money, as the chain or the seller says.
    pub(crate) transaction: Option<String>,
}

/// What became of an intent.
#[derive(Debug)]
pub(crate) enum TransferClaim {
    /// It is on the disk.
    Made(Box<Transfer>),
    /// The same authorization was signed before, for this request or another.
    Taken(PaymentId),
    /// The money rules forbid it.
    Denied(Denial),
    /// A human is asked.
    Waiting(Parked),
}

impl Transfer {
    /// Its key as it is stored.
    pub(crate) fn payment_key(&self) -> String {
        hex::encode(self.key)
    }
}
