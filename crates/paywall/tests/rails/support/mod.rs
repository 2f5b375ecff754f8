//! A shop that is paid on every rail, and its customers.

pub mod facilitator;
pub mod stall;

pub use facilitator::{AtSettle, AtVerify, FakeFacilitator};
pub use stall::{Stall, answered, x402_of};
