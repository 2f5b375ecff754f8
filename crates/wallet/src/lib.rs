//! Lightning wallets: the contract that every backend keeps, and the backends.
//!
//! A [`Receiver`] makes invoices and says which were paid; a [`Payer`] pays them. Results have
//! three values: paid, failed for certain, and *unknown*, which is resolved by looking the
//! payment hash up and never by paying again. [`open_wallet`] opens any of them by its URL.

mod address;
mod bell;
mod certificate;
mod cln;
mod contract;
mod history;
mod http;
mod invoice;
mod lnbits;
mod lnd;
mod node_id;
mod nwc;
mod paying;
mod phoenixd;
mod polled;
mod sent;
mod url_parts;
mod wallet_url;

pub use address::{AddressError, LightningAddress};
pub use cln::{Cln, ClnUrl};
pub use contract::{
    Capabilities, CreatedInvoice, FailureKind, InvoiceStatus, NewInvoice, PayLimits, PayOutcome,
    Payer, PaymentStatus, Receiver, SettledCursor, Settlements, Wallet, WalletError, WalletInfo,
};
pub use history::{Direction, HISTORY_LEN_MAX, History, PaymentRecord, RecordState};
pub use lnbits::{Lnbits, LnbitsUrl};
pub use lnd::{Lnd, LndUrl};
pub use node_id::{NodeId, ParseNodeIdError};
pub use nwc::{Nwc, NwcUrl};
pub use phoenixd::{Phoenixd, PhoenixdUrl, PhoenixdUrlError};
pub use url_parts::WalletUrlError;
pub use wallet_url::{OpenError, WalletUrl, open_wallet};
