//! The sweep, against endpoints that count how they are asked.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod hosts;
mod outage;
mod shared;
mod sweep;
mod world;
