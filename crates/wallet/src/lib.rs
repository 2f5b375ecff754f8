//! Lightning wallets: the contract that every backend keeps, and the backends.
//!
//! A [`Receiver`] makes invoices and says which were paid; a [`Payer`] pays them. Results have
//! three values: paid, failed for certain, and *unknown*, which is resolved by looking the
//! payment hash up and never by paying again.

mod contract;
mod phoenixd;

pub use contract::{
    Capabilities, CreatedInvoice, FailureKind, InvoiceStatus, NewInvoice, PayLimits, PayOutcome,
    Payer, PaymentStatus, Receiver, SettledCursor, Settlements, WalletError, WalletInfo,
};
pub use phoenixd::{Phoenixd, PhoenixdUrl, PhoenixdUrlError};
