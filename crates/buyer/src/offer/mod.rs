//! What a seller asks for in a 402, read from headers and body: untrusted, and decoded.

mod choose;
mod conflict;
mod lightning;
mod mpp;
mod read;
mod transfer;
mod x402;

pub(crate) use choose::Wish;
pub(crate) use lightning::{LightningOffer, LightningScheme};
pub(crate) use transfer::{TransferOffer, Way};

use crate::PaymentId;
use crate::spend::{Charge, Rail};
use farebox_wire::bolt11::InvoiceError;
use farebox_wire::lightning::PaymentHash;

/// One way to pay that a 402 names and that can be answered.
#[derive(Clone, Debug)]
pub(crate) enum Offer {
    /// An invoice, and what its preimage is shown with.
    Lightning(Box<LightningOffer>),
    /// A token transfer that the payer signs.
    Transfer(Box<TransferOffer>),
}

/// Every offer of one 402 that can be answered, in the order of the seller; one at least.
#[derive(Clone, Debug)]
pub(crate) struct Offers(pub(crate) Vec<Offer>);

/// A 402 that cannot be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoOffer {
    /// Nothing that this client can pay; the names of what was offered.
    OtherRails(Vec<String>),
    /// There is a token, and it cannot be sent back.
    UnusableToken,
    /// The invoice cannot be read.
    Invoice(InvoiceError),
    /// The token could never be redeemed with this invoice's preimage.
    ForeignToken {
        /// What the token commits to.
        token: PaymentHash,
        /// What the invoice asks for.
        invoice: PaymentHash,
    },
    /// What is offered would not be what is wanted, or cannot be paid; says why.
    Useless(String),
}

impl Offer {
    pub(crate) const fn rail(&self) -> Rail {
        match self {
            Self::Lightning(offer) => offer.scheme.rail(),
            Self::Transfer(offer) => offer.way.rail(),
        }
    }

    /// The name of its scheme, as users know it.
    pub(crate) const fn scheme(&self) -> &'static str {
        match self {
            Self::Lightning(offer) => offer.scheme.name(),
            Self::Transfer(offer) => offer.way.scheme(),
        }
    }

    /// What it costs; `None` where it does not say.
    pub(crate) fn charge(&self) -> Option<Charge> {
        match self {
            Self::Lightning(offer) => offer.invoice.amount.map(Charge::Lightning),
            Self::Transfer(offer) => offer.charge(),
        }
    }

    /// Who gets it.
    pub(crate) fn payee(&self) -> String {
        match self {
            Self::Lightning(offer) => offer.invoice.payee.clone(),
            Self::Transfer(offer) => offer.terms.pay_to.to_string(),
        }
    }

    /// What names the payment, where the seller has chosen that.
    pub(crate) fn payment(&self) -> Option<PaymentId> {
        match self {
            Self::Lightning(offer) => Some(PaymentId::Hash(offer.invoice.payment_hash)),
            Self::Transfer(_) => None,
        }
    }
}
