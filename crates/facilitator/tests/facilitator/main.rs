//! Settlement against a real chain (`TEST_CHAIN`) and one that misbehaves on command.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod anvil;
mod house;
mod real_chain;
