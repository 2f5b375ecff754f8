//! Every way to be paid but L402 alone: MPP, x402, cards; what each of them is owed and refused.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

#[path = "../shop/mod.rs"]
mod shop;

mod crash;
mod limit;
mod model;
mod mpp_evm;
mod mpp_lightning;
mod streaming;
mod stripe;
mod support;
mod tempo;
mod timed;
mod x402;
mod x402_attacks;
