//! A purchase as data.

use super::unreadable;
use crate::approval::Parked;
use crate::offer::LightningScheme;
use crate::receipt::Answered;
use crate::request::Fingerprint;
use crate::rules::Denial;
use farebox_money::Msat;
use farebox_store::StoreError;
use farebox_wire::l402::Grant;
use farebox_wire::lightning::{PaymentHash, Preimage};
use farebox_wire::macaroon::Macaroon;
use http::Method;
use std::time::Duration;
use url::Url;

/// How far a purchase got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PurchaseState {
    /// Chosen for payment; whether anything was paid is for the wallet to say.
    Intended,
    /// Paid, and the answer has not arrived in full.
    Paid,
    /// Paid, answered with an error that costs nothing, and good for another request.
    Credit,
    /// Paid, and the answer is with its user.
    Delivered,
    /// Nothing was paid.
    Failed,
    /// Given up, after its invoice expired unpaid or on its user's word.
    Abandoned,
}

impl PurchaseState {
    const ALL: [Self; 6] =
        [Self::Intended, Self::Paid, Self::Credit, Self::Delivered, Self::Failed, Self::Abandoned];

    /// As stored and shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Intended => "intended",
            Self::Paid => "paid",
            Self::Credit => "credit",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Abandoned => "abandoned",
        }
    }

    pub(super) fn from_db(name: &str) -> Result<Self, StoreError> {
        let state = Self::ALL.into_iter().find(|state| state.name() == name);
        state.ok_or_else(|| unreadable("a purchase's state"))
    }
}

/// What is written down before anything goes to the wallet.
#[derive(Clone, Debug)]
pub(crate) struct Intent {
    pub(crate) fingerprint: Fingerprint,
    /// As it was challenged, which may be where the request was sent on to.
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) payment_hash: PaymentHash,
    pub(crate) invoice: String,
    pub(crate) amount: Msat,
    pub(crate) fee_max: Msat,
    pub(crate) scheme: LightningScheme,
    pub(crate) token: String,
    /// Names the wallet: no other may pay this invoice.
    pub(crate) wallet: String,
}

/// A purchase that is not finished.
#[derive(Clone, Debug)]
pub(crate) struct Purchase {
    pub(crate) id: i64,
    pub(crate) state: PurchaseState,
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) payment_hash: PaymentHash,
    pub(crate) invoice: String,
    pub(crate) amount: Msat,
    pub(crate) fee_max: Msat,
    pub(crate) scheme: LightningScheme,
    pub(crate) token: String,
    pub(crate) wallet: String,
    pub(crate) payment: Option<Payment>,
}

/// The proof of a payment and what it cost on top of the amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Payment {
    pub(crate) preimage: Preimage,
    pub(crate) fee: Msat,
    /// Seconds since 1970.
    pub(crate) paid_at: u64,
}

/// How a seller answered a paid request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Since the get began.
    pub(crate) latency: Duration,
}

impl Answer {
    pub(super) fn outcome(self, outcome: &str) -> Answered {
        Answered {
            outcome: outcome.to_owned(),
            status_code: self.status,
            latency_ms: u64::try_from(self.latency.as_millis()).ok(),
        }
    }
}

/// What became of an intent.
#[derive(Debug)]
pub(crate) enum Claim {
    /// It is on the disk.
    Made(Box<Purchase>),
    /// The invoice belongs to another purchase, or was paid before.
    Taken,
    /// The money rules forbid it.
    Denied(Denial),
    /// The money rules have its human asked.
    Waiting(Parked),
}

impl Purchase {
    /// What a paid token says it is good for, where it is one of a make that says so.
    pub(crate) fn grant(&self) -> Option<Grant> {
        let (macaroon, _) = Macaroon::decode(&self.token).ok()?;
        Grant::read(&macaroon.caveats, &self.payment?.preimage.reveal_hex()).ok()
    }
}

impl Intent {
    pub(super) fn to_purchase(&self, id: i64) -> Purchase {
        Purchase {
            id,
            state: PurchaseState::Intended,
            method: self.method.clone(),
            url: self.url.clone(),
            payment_hash: self.payment_hash,
            invoice: self.invoice.clone(),
            amount: self.amount,
            fee_max: self.fee_max,
            scheme: self.scheme,
            token: self.token.clone(),
            wallet: self.wallet.clone(),
            payment: None,
        }
    }
}
