//! Prepaid balances.
//!
//! A top-up is an invoice; whoever paid it claims a token with the preimage, or refills the
//! account of a token it has. A token is spent as `Authorization: Bearer abl_…` or `X-Token`, and
//! what is left can be withdrawn.
//! What an account has is in the ledger and nowhere else.

mod accounts;
pub mod api;
mod basics;
mod children;
mod claim;
mod crash;
mod error;
mod hold;
mod settlements;
mod statement;
mod token;
mod tokens;
mod topup;
mod verify;
mod withdrawal;

pub use accounts::{Accounts, TokenKey, schema};
pub use api::idempotent::IdempotencyKey;
pub use children::{CAP_SATS_MAX, ChildToken, NewChild, Spendable};
pub use claim::{ClaimRequest, Claimed};
pub use error::AccountError;
pub use hold::Hold;
pub use statement::{Entry, Statement};
pub use token::{Presented, Token, presented};
pub use topup::{TOPUP_EXPIRY_S, TOPUP_SATS_MAX, Topup};
pub use verify::{Finding, verify};
pub use withdrawal::{Payout, Withdrawal, WithdrawalError, WithdrawalOutcome, WithdrawalRules};

use crash::crash_point;
