//! Prepaid balances.
//!
//! A top-up is an invoice; whoever paid it claims a token with the preimage, or refills the
//! account of a token it has. A token is spent as `Authorization: Bearer abl_…` or `X-Token`.
//! What an account has is in the ledger and nowhere else.

mod accounts;
pub mod api;
mod claim;
mod error;
mod hold;
mod statement;
mod token;
mod tokens;
mod topup;

pub use accounts::{Accounts, TokenKey, schema};
pub use claim::{ClaimRequest, Claimed};
pub use error::AccountError;
pub use hold::Hold;
pub use statement::{Entry, Statement};
pub use token::{Presented, Token, presented};
pub use topup::{TOPUP_EXPIRY_S, TOPUP_SATS_MAX, Topup};
