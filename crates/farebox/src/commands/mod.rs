//! One file per command: what it is for, its arguments, and one function that reads top to
//! bottom.

pub mod admin;
pub mod approve;
pub mod budget;
pub mod categories;
pub mod config;
pub mod get;
pub mod policy;
pub mod probe;
pub mod proxy;
pub mod receipts;
pub mod search;
pub mod serve;
pub mod show;
pub mod tokens;
pub mod wallet;

mod directory_client;
mod duration;
mod money_rules;
mod open_buyer;
mod problem;
mod request_args;
mod when;
