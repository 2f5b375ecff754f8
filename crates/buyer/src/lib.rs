//! The buyer behind `farebox get`: an HTTP client that answers a 402 by paying, within limits,
//! once.
//!
//! [`Buyer::get`] sends a request; when the seller wants to be paid, it decides on the decoded
//! invoice, writes its intent down, lets the wallet pay, writes the proof down and sends the
//! request again with it. Whatever instant it is killed at, the same request later goes on from
//! what was written down. It knows nothing of terminals: an [`Observer`] is told of every step
//! and a [`Sink`] takes the answer.

mod backoff;
mod buyer;
mod deliver;
mod demo;
mod error;
mod file_sink;
mod lock;
mod look;
mod observer;
mod offer;
mod outcome;
mod policy;
mod printable;
mod probe;
mod redeem;
mod redirect;
mod request;
mod run;
mod settle;
mod sink;
mod store;
mod transport;

pub use buyer::{Buyer, Wallet};
pub use error::{BuyError, PaidFacts, StartError};
pub use file_sink::FileSink;
pub use observer::{Observer, Step};
pub use outcome::{Answer, Mode, Outcome, PaymentFacts, Price, Quote};
pub use policy::{Limits, Refusal, check_invoice, check_wallet};
pub use probe::{Attempt, Probe, ProbeError, ProbeOptions, probe};
pub use request::{Request, RequestError};
pub use sink::{MemorySink, Sink, WriterSink};
pub use store::PurchaseState;
