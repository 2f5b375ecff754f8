//! The directory of a whole server, over HTTP, with a provider whose API really asks for payment.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

#[path = "../common/mod.rs"]
mod common;

mod hook;
mod life;
mod provider;
mod rebinding;
mod reference;
mod roles;
mod shapes;
mod ssrf;
mod world;
