//! The 402 protocols as data: parse, render, sign, verify.
//!
//! Pure: no I/O, no clock, no randomness, no async. Times are seconds since 1970 that the
//! caller passes in; every input that comes from outside has a limit.

pub mod api_error;
pub mod bolt11;
pub mod evm;
pub mod http_auth;
pub mod l402;
pub mod lightning;
pub mod macaroon;
pub mod mpp;
pub mod node_message;
pub mod probe;
pub mod text;
pub mod x402;
