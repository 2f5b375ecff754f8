//! Settlement against a real chain (`TEST_CHAIN`) and one that misbehaves on command.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod anvil;
mod faults;
mod house;
mod http;
mod many;
mod real_chain;
mod refusals;
mod restarts;
