//! `farebox proxy` as a program, asked by curl and by other clients.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

#[path = "../common/mod.rs"]
mod common;

mod errors;
mod forms;
mod limits;
mod many;
mod refusals;
mod streams;
mod support;
