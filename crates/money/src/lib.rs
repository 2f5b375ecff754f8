//! Amounts of money with the unit in the type.
//!
//! Integers only: millisatoshis, satoshis and micro-dollars. Every operation that can overflow
//! or lose a fraction says so in its name or returns `None`. Pure: no I/O and no clock.

mod rate;
mod sats;
mod usd;

pub use rate::BtcUsd;
pub use sats::{Msat, ParseAmountError, Sats};
pub use usd::MicroUsd;
