//! The buyer behind `farebox get`: an HTTP client that answers a 402 by paying, within limits,
//! once.
//!
//! [`Buyer::get`] sends a request; when the seller wants to be paid, it decides on the decoded
//! invoice, writes its intent down, lets the wallet pay, writes the proof down and sends the
//! request again with it. Whatever instant it is killed at, the same request later goes on from
//! what was written down. What may be spent is for [`rules`] to say. It knows nothing of terminals: an [`Observer`] is told of every step
//! and a [`Sink`] takes the answer.

mod approval;
mod attempt;
mod authorise;
mod backoff;
mod buyer;
mod choose;
mod claim;
mod deliver;
mod demo;
mod error;
mod evm_wallet;
mod file_sink;
mod hook;
mod import;
mod lock;
mod look;
mod observer;
mod offer;
mod outcome;
mod payment_id;
mod policy;
mod printable;
mod probe;
mod proof;
mod receipt;
mod reconcile;
mod records;
mod redeem;
mod redirect;
mod request;
pub mod rules;
mod run;
mod settle;
mod sink;
mod spend;
mod store;
mod transfer;
mod transport;
mod unspent;

pub use approval::{Approval, ApprovalState, Parked};
pub use buyer::{Buyer, Wallet};
pub use error::{BuyError, PaidFacts, StartError, TransferFacts};
pub use evm_wallet::EvmWallet;
pub use file_sink::FileSink;
pub use import::{Found as FoundToken, Import, SkipReason, find_tokens};
pub use observer::{Observer, Step};
pub use outcome::{Answer, Mode, Objection, Outcome, PaymentFacts, Price, Quote};
pub use payment_id::PaymentId;
pub use policy::{Limits, Refusal, check_invoice, check_wallet};
pub use probe::{Attempt, Probe, ProbeClient, ProbeError, ProbeOptions, probe};
pub use receipt::{Answered, Entry, Head, Receipt, ReceiptFilter};
pub use reconcile::Reconciled;
pub use records::{Budget, HostSpent, Records};
pub use request::{Request, RequestError};
pub use sink::{MemorySink, Sink, WriterSink};
pub use spend::{Charge, RAILS, Rail, Spend};
pub use store::{PurchaseState, Reservation, StoredToken, TransferState};
