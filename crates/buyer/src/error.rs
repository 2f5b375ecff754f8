//! Why a get did not end as its user wanted, and what to do next.

use crate::PaymentId;
use crate::approval::Parked;
use crate::policy::Refusal;
use crate::request::RequestError;
use crate::rules::Denial;
use crate::spend::{Charge, Rail};
use farebox_money::Msat;
use farebox_store::{OpenError, StoreError};
use farebox_wallet::WalletError;
use farebox_wire::lightning::PaymentHash;
use std::{fmt, io};

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

/// A payment that was made: for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaidFacts {
    /// How much, the fee aside.
    pub amount: Msat,
    /// The fee on top.
    pub fee: Msat,
    /// The payment.
    pub payment_hash: PaymentHash,
    /// Seconds since 1970.
    pub paid_at: u64,
}

/// `5 sats (payment hash 0ab1…, paid 2026-01-02T03:04:05Z)`
impl fmt::Display for PaidFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (payment hash {}", self.amount, self.payment_hash)?;
        let second = i64::try_from(self.paid_at).ok();
        match second.and_then(|second| jiff::Timestamp::from_second(second).ok()) {
            Some(time) => write!(f, ", paid {time})"),
            None => write!(f, ")"),
        }
    }
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

/// A payment in tokens that was signed: for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferFacts {
    /// How much.
    pub charge: Charge,
    /// The payment.
    pub payment: PaymentId,
    /// Whether the money moved for certain, by the chain's word or the seller's.
    pub is_settled: bool,
    /// Until when the money can still move, in seconds since 1970, where it has not.
    pub valid_before: Option<u64>,
}

/// `0.01 USD (usdc@eip155:8453) (authorization 0x…)`
impl fmt::Display for TransferFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.charge, self.payment)
    }
}

impl TransferFacts {
    /// What is known of the money, for the end of a message.
    fn fate(&self) -> String {
        let time = self.valid_before.and_then(|second| i64::try_from(second).ok());
        let time = time.and_then(|second| jiff::Timestamp::from_second(second).ok());
        match (self.is_settled, time) {
            (true, _) => "; the money has moved".to_owned(),
            (false, Some(time)) => format!("; the money can still be taken until {time}"),
            (false, None) => String::new(),
        }
    }
}

fn list(offered: &[String]) -> String {
    if offered.is_empty() { "nothing that is known here".to_owned() } else { offered.join(", ") }
}

fn because(reason: &Option<String>) -> String {
    let reason = reason.as_deref().filter(|reason| !reason.is_empty());
    reason.map_or_else(String::new, |reason| format!(" ({reason})"))
}

impl BuyError {
    /// 1 general, 2 wrong input, too expensive or forbidden by the policy, 3 not paid or not known whether paid, or a
    /// payment that the seller does not take, 4 network (the wallet's included), 5 paid and
    /// answered with an error, 7 waits for an approval.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Output { .. }
            | Self::TooLong { .. }
            | Self::Redirect(_)
            | Self::Store(_)
            | Self::PaidUnrecorded { .. }
            | Self::Lock(_)
            | Self::Random(_)
            | Self::NoUsableChallenge { .. } => 1,
            Self::Request(_) | Self::Denied(_) | Self::Refused(_) | Self::BadOffer(_) => 2,
            Self::ApprovalRequired(_) => 7,
            Self::Network { .. }
            | Self::Chain(_)
            | Self::TransferAnswerLost { .. }
            | Self::Wallet(WalletError::Unreachable(_))
            | Self::PaidAnswerLost { .. } => 4,
            Self::PaidNotDelivered { .. } | Self::TransferNotDelivered { .. } => 5,
            Self::InvoiceInUse(_)
            | Self::NoWallet { .. }
            | Self::NoKey { .. }
            | Self::NotOffered { .. }
            | Self::TransferRefused { .. }
            | Self::TransferUnderWay { .. }
            | Self::TransferFailed { .. }
            | Self::TransferUnknown { .. }
            | Self::Wallet(_)
            | Self::PaymentFailed { .. }
            | Self::PaymentUnderWay { .. }
            | Self::FalsePreimage { .. }
            | Self::OtherWallet { .. }
            | Self::PaidButRefused { .. } => 3,
        }
    }

    /// Stable, lower case with underscores: what programs compare.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Request(_) => "invalid_request",
            Self::Output { .. } => "output",
            Self::TooLong { .. } => "answer_too_long",
            Self::Network { .. } => "network",
            Self::Redirect(_) => "redirect_refused",
            Self::Store(_) | Self::PaidUnrecorded { .. } => "store",
            Self::Lock(_) => "lock",
            Self::Random(_) => "random",
            Self::Denied(denial) => denial.code(),
            Self::ApprovalRequired(_) => "approval_required",
            Self::NoUsableChallenge { .. } => "no_usable_challenge",
            Self::BadOffer(_) => "bad_offer",
            Self::Refused(Refusal::TooExpensive { .. } | Refusal::TooManyDollars { .. }) => {
                "payment_too_expensive"
            }
            Self::Refused(Refusal::FeeTooHigh { .. }) => "fee_too_high",
            Self::Refused(Refusal::UnknownToken { .. } | Refusal::NoSignedTransfers { .. }) => {
                "unknown_token"
            }
            Self::Refused(Refusal::OtherChain { .. }) => "chain_refused",
            Self::Refused(Refusal::NoNode { .. }) => "no_node",
            Self::Refused(Refusal::NoRate) => "rate_unknown",
            Self::Refused(Refusal::ChallengeExpired) => "challenge_expired",
            Self::Refused(Refusal::TooLarge) => "amount_too_large",
            Self::Refused(_) => "invoice_refused",
            Self::InvoiceInUse(_) => "invoice_in_use",
            Self::NoWallet { .. } | Self::NoKey { .. } => "no_wallet",
            Self::NotOffered { .. } => "rail_not_offered",
            Self::Chain(_) => "chain",
            Self::TransferRefused { .. } => "payment_refused",
            Self::TransferNotDelivered { .. } => "payment_not_delivered",
            Self::TransferAnswerLost { .. } => "payment_answer_lost",
            Self::TransferUnderWay { .. } | Self::TransferUnknown { .. } => "payment_pending",
            Self::TransferFailed { .. } => "payment_failed",
            Self::Wallet(WalletError::Unreachable(_)) => "wallet_unreachable",
            Self::Wallet(_) => "wallet",
            Self::PaymentFailed { .. } => "payment_failed",
            Self::PaymentUnderWay { .. } => "payment_pending",
            Self::FalsePreimage { .. } => "false_preimage",
            Self::OtherWallet { .. } => "other_wallet",
            Self::PaidButRefused { .. } => "paid_but_refused",
            Self::PaidNotDelivered { .. } => "paid_not_delivered",
            Self::PaidAnswerLost { .. } => "paid_answer_lost",
        }
    }

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

    /// What to do next, where there is something to do.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        const AGAIN: &str = "run the same command again: it shows the seller the proof of \
            payment again and pays nothing";
        match self {
            Self::Output { paid: Some(_), .. } => Some(AGAIN),
            Self::TooLong { paid: Some(_), .. } => Some(
                "run it again with -o FILE: it shows the seller the proof of payment again and \
                 pays nothing",
            ),
            Self::TooLong { paid: None, .. } => Some("write it to a file with -o FILE"),
            Self::Refused(Refusal::TooExpensive { .. }) => Some("allow more with --max-cost SATS"),
            Self::Refused(Refusal::FeeTooHigh { .. }) => Some("allow more with --max-fee SATS"),
            Self::Denied(Denial::ByHuman { .. } | Denial::Unanswered { .. }) => {
                Some("ask whoever approves payments, then run the same command again")
            }
            Self::Denied(Denial::Hook(_)) => {
                Some("ask whoever runs the hook that the policy names")
            }
            Self::Denied(Denial::TooManyQuestions) => {
                Some("a human answers them with: farebox approve list")
            }
            Self::Denied(Denial::NoRate { .. }) => Some(
                "its human sets the price of bitcoin, or where to ask for it, in [rates] of the \
                 policy",
            ),
            Self::Denied(_) => Some(
                "only its human changes the policy; farebox policy show and farebox budget say \
                 what holds",
            ),
            Self::ApprovalRequired(_) => Some(
                "once it is approved, run the same command again; with --wait it waits for the \
                 answer",
            ),
            Self::NoWallet { demo: true, .. } => Some(
                "the demo's play wallet pays with \
                 --wallet phoenixd:http://:farebox-demo@127.0.0.1:9740",
            ),
            Self::NoWallet { .. } => Some(
                "name a wallet with --wallet phoenixd:http://:PASSWORD@127.0.0.1:9740 or in \
                 FAREBOX_WALLET",
            ),
            Self::NoKey { .. } => Some(
                "name a key file in FAREBOX_EVM__KEY_FILE or key_file under [evm] in the settings",
            ),
            Self::Refused(Refusal::TooManyDollars { .. } | Refusal::NoRate) => {
                Some("allow more with --max-cost-usd USD")
            }
            Self::Refused(Refusal::NoNode { .. }) => {
                Some("name a node of the chain in nodes under [evm] in the settings")
            }
            Self::Refused(Refusal::UnknownToken { .. }) => {
                Some("only its human adds a token to the policy, under [[tokens]]")
            }
            Self::TransferRefused { .. } | Self::TransferNotDelivered { .. } => Some(
                "run the same command again: it shows the same payment and signs no other until \
                 this one is dead for certain; --buy-again gives it up and pays anew",
            ),
            Self::TransferAnswerLost { .. } | Self::TransferUnderWay { .. } => Some(
                "run the same command again: it shows the same payment again and signs no other",
            ),
            Self::TransferUnknown { .. } => Some(
                "configure a node of that chain, and the same command finds out; --buy-again \
                 gives it up and pays anew",
            ),
            Self::Wallet(WalletError::Unreachable(_)) => {
                Some("start the wallet or name another with --wallet")
            }
            Self::Wallet(WalletError::Unauthorized) => {
                Some("correct the password or key in --wallet")
            }
            Self::Store(_) | Self::PaidUnrecorded { .. } => Some(
                "see that the data folder can be written, then run the same command again: \
                 nothing is paid twice",
            ),
            Self::InvoiceInUse(_) => Some("run the same command again in a minute"),
            Self::PaymentUnderWay { .. } | Self::FalsePreimage { .. } => Some(
                "run the same command again: it asks the wallet what became of this payment \
                 and begins no other",
            ),
            Self::OtherWallet { .. } => Some(
                "use that wallet again, or buy anew with --buy-again if you are sure that it \
                 did not pay",
            ),
            Self::PaidButRefused { .. } => Some(
                "run the same command again to show the proof again without paying; \
                 --buy-again gives this purchase up and pays anew",
            ),
            Self::PaidNotDelivered { .. } => Some(
                "run the same command again to send the paid request again without paying; \
                 --buy-again gives this purchase up and pays anew",
            ),
            Self::PaidAnswerLost { .. } => Some(AGAIN),
            _ => None,
        }
    }
}
