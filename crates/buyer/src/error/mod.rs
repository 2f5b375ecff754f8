//! Why a get did not end as its user wanted, and what to do next.

use crate::PaymentId;
mod codes;
mod facts;
mod hint;

pub use facts::{PaidFacts, TransferFacts};

use crate::approval::Parked;
use crate::policy::Refusal;
use crate::request::RequestError;
use crate::rules::Denial;
use crate::spend::{Charge, Rail};
use farebox_money::Msat;
use farebox_store::{OpenError, StoreError};
use farebox_wallet::WalletError;
use farebox_wire::lightning::PaymentHash;
use std::io;

/// A buyer that cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The folder of the locks cannot be used.
    #[error("cannot use the folder {folder}: {source}")]
    Folder {
        /// The folder.
        folder: String,
        /// What the system said.
        source: io::Error,
    },
    /// The database cannot be opened.
    #[error("{0}")]
    Database(#[from] OpenError),
}

/// Why a get failed. [`BuyError::exit_code`] and [`BuyError::code`] are for programs,
/// [`BuyError::hint`] says what to do next.
#[derive(Debug, thiserror::Error)]
pub enum BuyError {
    /// The request cannot be sent as it is.
    #[error("{0}")]
    Request(#[from] RequestError),
    /// The answer cannot be written where it should go.
    #[error("cannot write the answer: {source}")]
    Output {
        /// What the system said.
        source: io::Error,
        /// The payment, where one was made.
        paid: Option<PaidFacts>,
    },
    /// The answer is longer than its user wants.
    #[error("the answer is longer than {limit} bytes")]
    TooLong {
        /// The limit in bytes.
        limit: u64,
        /// The payment, where one was made.
        paid: Option<PaidFacts>,
    },
    /// The server cannot be reached, or broke off.
    #[error("{place}: {reason}")]
    Network {
        /// Where.
        place: String,
        /// What happened.
        reason: String,
    },
    /// A redirect that is not followed.
    #[error("{0}")]
    Redirect(String),
    /// The buyer's own records.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The buyer's own records, after a payment.
    #[error("paid {paid}, but the records failed: {source}")]
    PaidUnrecorded {
        /// The payment.
        paid: PaidFacts,
        /// What the database said.
        source: StoreError,
    },
    /// The lock of this request.
    #[error("cannot lock this request against other processes: {0}")]
    Lock(io::Error),
    /// A 402 without anything that this client can pay.
    #[error("{place} wants a payment but offers nothing that can be paid here; it offers {}", list(.offered))]
    NoUsableChallenge {
        /// Where.
        place: String,
        /// Names of what it offers.
        offered: Vec<String>,
    },
    /// An invoice or token that must not be paid for.
    #[error("{0}; nothing was paid")]
    BadOffer(String),
    /// The limits or the invoice forbid it.
    #[error("{0}; nothing was paid")]
    Refused(#[from] Refusal),
    /// The policy forbids it.
    #[error("{0}; nothing was paid")]
    Denied(Denial),
    /// The policy has a human asked first, and this get was not to wait.
    #[error(
        "it needs the approval of a human ({}); nothing was paid: farebox approve {}", .0.reason, .0.id
    )]
    ApprovalRequired(Parked),
    /// The system has no random numbers.
    #[error("the system has no random numbers: {0}; nothing was paid")]
    Random(getrandom::Error),
    /// The seller's invoices are those of other purchases.
    #[error(
        "the seller keeps offering an invoice or challenge of another purchase ({0}); nothing was paid for this one"
    )]
    InvoiceInUse(PaymentId),
    /// There is nothing to pay with.
    #[error("{place} asks for {amount} and no wallet is configured")]
    NoWallet {
        /// Where.
        place: String,
        /// How much.
        amount: Msat,
        /// Whether the demo's play wallet seems to be at hand.
        demo: bool,
    },
    /// There is no key to pay tokens with.
    #[error("{place} asks for {charge} and no key for tokens is configured")]
    NoKey {
        /// Where.
        place: String,
        /// How much.
        charge: Charge,
    },
    /// The limits leave only a rail that the seller does not offer.
    #[error("{place} does not offer {rail}")]
    NotOffered {
        /// Where.
        place: String,
        /// The rail.
        rail: Rail,
    },
    /// The node of a chain; nothing was signed.
    #[error("{0}; nothing was paid")]
    Chain(String),
    /// The wallet could not even be asked to pay; nothing was sent.
    #[error("{0}; nothing was paid")]
    Wallet(WalletError),
    /// The wallet says for certain that nothing was paid.
    #[error("the payment of {amount} failed: {reason}; nothing was paid")]
    PaymentFailed {
        /// How much it should have been.
        amount: Msat,
        /// The payment.
        payment_hash: PaymentHash,
        /// In the wallet's words.
        reason: String,
    },
    /// The outcome is not known yet.
    #[error("the payment of {amount} is still under way (payment hash {payment_hash}){}", because(.reason))]
    PaymentUnderWay {
        /// How much.
        amount: Msat,
        /// The payment.
        payment_hash: PaymentHash,
        /// What the wallet said last, where it could not be asked.
        reason: Option<String>,
    },
    /// The wallet's proof is none.
    #[error(
        "the wallet says that it paid {amount}, but its preimage does not prove payment {payment_hash}"
    )]
    FalsePreimage {
        /// How much.
        amount: Msat,
        /// The payment.
        payment_hash: PaymentHash,
    },
    /// The payment was begun with another wallet, and only that one knows what became of it.
    #[error(
        "the payment of {amount} for this request (payment hash {payment_hash}) was begun with the wallet {began}"
    )]
    OtherWallet {
        /// How much.
        amount: Msat,
        /// The payment.
        payment_hash: PaymentHash,
        /// The name of the other wallet.
        began: String,
    },
    /// Paid, and the seller wants to be paid again.
    #[error("paid {paid}, but the seller does not take the proof of payment: it answered {status}{}", because(.said))]
    PaidButRefused {
        /// The payment.
        paid: PaidFacts,
        /// 402 or 401.
        status: u16,
        /// The seller's code and message.
        said: Option<String>,
    },
    /// Paid, and the seller answered something else than what was bought.
    #[error("paid {paid}, but the seller answered {status}{}", because(.said))]
    PaidNotDelivered {
        /// The payment.
        paid: PaidFacts,
        /// Any status but 2xx, 401 and 402.
        status: u16,
        /// The seller's code and message.
        said: Option<String>,
    },
    /// A signed payment was shown, and the seller does not take it.
    #[error("signed {facts}, but the seller answered {status}{}{}", because(.said), .facts.fate())]
    TransferRefused {
        /// The payment.
        facts: Box<TransferFacts>,
        /// 402 or 401.
        status: u16,
        /// The seller's code and message.
        said: Option<String>,
    },
    /// A signed payment was shown, and the seller answered something else than what is bought.
    #[error("signed {facts}, but the seller answered {status}{}{}", because(.said), .facts.fate())]
    TransferNotDelivered {
        /// The payment.
        facts: Box<TransferFacts>,
        /// Any status but 2xx, 401 and 402.
        status: u16,
        /// The seller's code and message.
        said: Option<String>,
    },
    /// A signed payment was shown, and no answer came.
    #[error("signed {facts}, but the answer did not arrive: {reason}{}", .facts.fate())]
    TransferAnswerLost {
        /// The payment.
        facts: Box<TransferFacts>,
        /// What happened last.
        reason: String,
    },
    /// A transaction is not on the chain yet, or nobody can say.
    #[error("the payment of {facts} is under way{}", because(.reason))]
    TransferUnderWay {
        /// The payment.
        facts: Box<TransferFacts>,
        /// Why nobody can say.
        reason: Option<String>,
    },
    /// The chain says for certain that nothing moved.
    #[error("the payment of {facts} failed: {reason}; nothing was paid")]
    TransferFailed {
        /// The payment.
        facts: Box<TransferFacts>,
        /// What happened.
        reason: String,
    },
    /// A signed payment may not have been used, and nobody can say so for certain.
    #[error("signed {facts}; whether it was paid is not known: {reason}")]
    TransferUnknown {
        /// The payment.
        facts: Box<TransferFacts>,
        /// Why.
        reason: String,
    },
    /// Paid, and the seller cannot be reached or broke off.
    #[error("paid {paid}, but the answer did not arrive: {reason}")]
    PaidAnswerLost {
        /// The payment.
        paid: PaidFacts,
        /// What happened last.
        reason: String,
    },
}

fn list(offered: &[String]) -> String {
    if offered.is_empty() { "nothing that is known here".to_owned() } else { offered.join(", ") }
}

fn because(reason: &Option<String>) -> String {
    let reason = reason.as_deref().filter(|reason| !reason.is_empty());
    reason.map_or_else(String::new, |reason| format!(" ({reason})"))
}

impl BuyError {
    /// The payment, where one was made for certain.
    #[must_use]
    pub const fn paid(&self) -> Option<&PaidFacts> {
        match self {
            Self::Output { paid, .. } | Self::TooLong { paid, .. } => paid.as_ref(),
            Self::PaidUnrecorded { paid, .. }
            | Self::PaidButRefused { paid, .. }
            | Self::PaidNotDelivered { paid, .. }
            | Self::PaidAnswerLost { paid, .. } => Some(paid),
            _ => None,
        }
    }

    /// The payment in tokens, where one was signed.
    #[must_use]
    pub fn transfer(&self) -> Option<&TransferFacts> {
        match self {
            Self::TransferRefused { facts, .. }
            | Self::TransferNotDelivered { facts, .. }
            | Self::TransferAnswerLost { facts, .. }
            | Self::TransferUnderWay { facts, .. }
            | Self::TransferFailed { facts, .. }
            | Self::TransferUnknown { facts, .. } => Some(facts),
            _ => None,
        }
    }

    /// As it is after a payment.
    pub(crate) fn after(self, paid: PaidFacts) -> Self {
        match self {
            Self::Store(source) => Self::PaidUnrecorded { paid, source },
            other => other,
        }
    }
}
