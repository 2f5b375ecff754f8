//! Withdrawals through their HTTP API, with a wallet whose answers the test decides.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod bank;
mod fees;
mod invoices;
mod outcomes;
mod races;
mod refusals;
mod restarts;
mod wallet;
