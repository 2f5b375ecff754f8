//! How a get ended well.

use crate::policy::Refusal;
use crate::rules::{AskReason, Denial};
use crate::store::PurchaseState;
use farebox_money::Msat;
use farebox_wire::l402::Scheme;
use farebox_wire::lightning::PaymentHash;
use http::{HeaderMap, StatusCode};
use url::Url;

/// How a get goes about money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Pays what the limits allow; finishes an earlier purchase of the same request first.
    Pay,
    /// As [`Mode::Pay`], but an earlier purchase that is paid is given up.
    BuyAgain,
    /// Sends the request and never pays; a 402 is an answer like any other.
    NoPay,
    /// Sends the request to learn what it would cost; nothing is written or paid.
    DryRun,
}

/// How a get ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The answer was written in full.
    Answered(Answer),
    /// What it would cost; with [`Mode::NoPay`] the seller's 402 was written too.
    Quoted(Quote),
}

/// An answer that was written in full.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Where it came from in the end.
    pub url: Url,
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its length in bytes.
    pub len: u64,
    /// The purchase that it belongs to.
    pub payment: Option<PaymentFacts>,
}

/// A payment, as far as its user should know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaymentFacts {
    /// The rail.
    pub scheme: Scheme,
    /// What the seller got.
    pub amount: Msat,
    /// What the network got on top.
    pub fee: Msat,
    /// The payment.
    pub payment_hash: PaymentHash,
    /// Whether an earlier get had paid it already.
    pub resumed: bool,
}

/// What a request would cost.
#[derive(Clone, Debug)]
pub struct Quote {
    /// Where it was asked.
    pub url: Url,
    /// What was answered; `None` when nothing was sent, for an unfinished purchase.
    pub status: Option<StatusCode>,
    /// Whether a token of an earlier purchase was tried.
    pub has_cached_token: bool,
    /// What has to be paid; `None` when the answer is to be had without paying.
    pub price: Option<Price>,
    /// An earlier get of the same request that would be finished first.
    pub unfinished: Option<PurchaseState>,
}

/// What the policy has against a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Objection {
    /// It would not be paid.
    Denied(Denial),
    /// A human would be asked first.
    Asks(AskReason),
}

/// What a seller asks for.
#[derive(Clone, Debug)]
pub struct Price {
    /// The rail.
    pub scheme: Scheme,
    /// How much, by the seller's invoice.
    pub amount: Option<Msat>,
    /// The payment.
    pub payment_hash: PaymentHash,
    /// Why it would not be paid.
    pub refusal: Option<Refusal>,
    /// What the policy has against it, where nothing else stands in the way.
    pub objection: Option<Objection>,
}
