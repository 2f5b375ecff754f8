//! One file per command: what it is for, its arguments, and one function that reads top to
//! bottom.

pub mod admin;
pub mod categories;
pub mod config;
pub mod get;
pub mod probe;
pub mod search;
pub mod serve;
pub mod show;
pub mod wallet;

mod directory_client;
mod duration;
mod problem;
mod request_args;
