//! How a get ended well.

use crate::PaymentId;
use crate::policy::Refusal;
use crate::rules::{AskReason, Denial};
use crate::spend::{Charge, Rail};
use crate::store::PurchaseState;
use farebox_money::Msat;
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentFacts {
    /// The rail.
    pub rail: Rail,
    /// The scheme's name as the seller uses it: `L402`, `LSAT`, `Payment`, `x402`.
    pub scheme: &'static str,
    /// What the seller got.
    pub charge: Charge,
    /// What the Lightning network got on top.
    pub fee: Msat,
    /// The payment.
    pub payment: PaymentId,
    /// The transaction that moved a token, as the chain or the seller says.
    pub transaction: Option<String>,
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
    /// What would be paid; `None` when the answer is to be had without paying.
    pub price: Option<Price>,
    /// Every way to pay that the seller offers and that can be read, that one included, in the
    /// order in which they would be tried.
    pub offers: Vec<Price>,
    /// How far an earlier get of the same request came, which would be finished first. A signed
    /// payment in tokens counts as intended, and as paid once the money has moved.
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
    pub rail: Rail,
    /// The scheme's name: `L402`, `LSAT`, `Payment`, `x402`. Several where one invoice is offered
    /// by several; the first would be used.
    pub schemes: Vec<&'static str>,
    /// How much, by what would be paid and not by the seller's words; `None` where that is open.
    pub charge: Option<Charge>,
    /// Who would get it: a node's public key or an address.
    pub payee: String,
    /// The payment, where the seller names it.
    pub payment: Option<PaymentId>,
    /// Why it would not be paid.
    pub refusal: Option<Refusal>,
    /// What the policy has against it, where nothing else stands in the way.
    pub objection: Option<Objection>,
}
