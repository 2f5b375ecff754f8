//! What a get is doing, for whoever watches it.

use crate::PaymentId;
use crate::spend::Charge;
use crate::store::{PurchaseState, TransferState};
use farebox_money::Msat;
use farebox_wire::lightning::PaymentHash;
use http::{HeaderMap, Method, StatusCode};
use std::time::Duration;
use url::Url;

/// Is told of every step, at the moment between what led to it and what follows. A process
/// that ends inside any of them loses no money.
pub trait Observer: Send + Sync {
    /// Called in order, from one thread at a time.
    fn step(&self, step: &Step<'_>);
}

/// One step of a get.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Step<'a> {
    /// Another process sends the same request; this one goes after it.
    LockWaiting,
    /// An earlier get of this request was not finished.
    Resuming {
        /// How far it got.
        state: PurchaseState,
        /// What it costs.
        amount: Msat,
        /// The fee on top; zero before it is paid.
        fee: Msat,
        /// The payment.
        payment_hash: PaymentHash,
    },
    /// That earlier purchase is over, unpaid or given up by its user; a new one begins.
    Ended {
        /// The payment.
        payment_hash: PaymentHash,
    },
    /// A request is about to be sent. Secret header values are marked as sensitive.
    Requesting {
        /// The method.
        method: &'a Method,
        /// The address.
        url: &'a Url,
        /// What goes with it.
        headers: &'a HeaderMap,
    },
    /// The head of an answer has arrived, that of a redirect included.
    Answered {
        /// The status.
        status: StatusCode,
        /// The headers.
        headers: &'a HeaderMap,
    },
    /// A 402 was read as far as it is of use.
    PriceRead {
        /// Its body, or the beginning of a long one.
        body: &'a [u8],
    },
    /// The request is sent on to another place.
    Redirected {
        /// That place.
        to: &'a Url,
    },
    /// A token of an earlier purchase was not taken.
    TokenRefused,
    /// The seller asks for a payment.
    Challenged {
        /// How much, by its invoice.
        amount: Option<Msat>,
        /// The payment.
        payment_hash: PaymentHash,
    },
    /// The seller's invoice or challenge belongs to another purchase; another one will be asked
    /// for.
    InvoiceTaken,
    /// A human is to approve the payment.
    ApprovalWaiting {
        /// Names the question.
        id: &'a str,
        /// Why it is asked.
        reason: &'a str,
        /// From then on no answer is a no; in seconds since 1970.
        expires_at: u64,
    },
    /// The seller asks for a payment in tokens.
    TransferAsked {
        /// How much.
        charge: &'a Charge,
        /// Who gets it.
        payee: &'a str,
    },
    /// An earlier get of this request has signed a payment in tokens and was not finished.
    TransferResuming {
        /// How far it got.
        state: TransferState,
        /// How much.
        charge: &'a Charge,
        /// The payment.
        payment: PaymentId,
    },
    /// A payment in tokens is signed and written down; nobody has seen it yet.
    TransferSigned {
        /// How much.
        charge: &'a Charge,
        /// To whom.
        seller: &'a str,
        /// The payment.
        payment: PaymentId,
    },
    /// A transaction goes to the chain.
    TransferSending {
        /// How much.
        charge: &'a Charge,
        /// To whom.
        seller: &'a str,
        /// The payment.
        payment: PaymentId,
    },
    /// The chain has not decided yet and is asked again.
    TransferPending {
        /// The payment.
        payment: PaymentId,
    },
    /// The money moved, by the chain's word or the seller's; written down.
    TransferSettled {
        /// How much.
        charge: &'a Charge,
        /// The payment.
        payment: PaymentId,
        /// The transaction, where it is known.
        transaction: Option<&'a str>,
    },
    /// An earlier payment in tokens is over, dead or given up; a new one begins.
    TransferEnded {
        /// The payment.
        payment: PaymentId,
    },
    /// A signed payment did not move any money and never will; written down.
    TransferDead {
        /// The payment.
        payment: PaymentId,
    },
    /// The purchase is written down; nothing was sent to the wallet yet.
    IntentPersisted {
        /// The payment.
        payment_hash: PaymentHash,
    },
    /// The invoice goes to the wallet.
    Paying {
        /// How much.
        amount: Msat,
        /// To whom.
        seller: &'a str,
        /// The payment.
        payment_hash: PaymentHash,
    },
    /// The wallet does not know the outcome yet and is asked again.
    PaymentPending {
        /// The payment.
        payment_hash: PaymentHash,
    },
    /// Paid and proven, but not written down yet.
    PaidUnrecorded {
        /// The payment.
        payment_hash: PaymentHash,
    },
    /// Paid and written down.
    PaidRecorded {
        /// How much.
        amount: Msat,
        /// The fee on top.
        fee: Msat,
        /// To whom.
        seller: &'a str,
        /// The payment.
        payment_hash: PaymentHash,
    },
    /// The request goes out with the proof of payment.
    Resending {
        /// One for the first time.
        attempt: u32,
    },
    /// The seller did not answer, or not yet; the same request will be sent again.
    ResendWaiting {
        /// Why.
        reason: &'a str,
        /// For how long it waits.
        wait: Duration,
    },
    /// The answer that its user gets begins.
    AnswerHead {
        /// The status.
        status: StatusCode,
        /// The headers.
        headers: &'a HeaderMap,
        /// Its length in bytes, where the server says so.
        len: Option<u64>,
    },
    /// A part of it was written.
    Progress {
        /// Bytes so far.
        bytes: u64,
    },
    /// All of it was written and flushed.
    Written {
        /// Bytes in all.
        bytes: u64,
    },
    /// The purchase is written down as delivered.
    Delivered,
    /// Something that the user should know and that stops nothing.
    Warning(&'a str),
}
