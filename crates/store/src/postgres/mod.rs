//! PostgreSQL: for several nodes, or a site that keeps its data on a server of its own.
//!
//! Writes of one node share a transaction, as on SQLite, and at most one node writes at a time: a
//! transaction begins by taking an advisory lock. So what a write reads, nobody else changes
//! before it commits, and one set of rules holds on both databases.

mod connect;
mod session;
mod writer;

pub(crate) use connect::Target;
pub use connect::{PostgresUrl, PostgresUrlError};
pub(crate) use session::Session;
pub(crate) use writer::{Postgres, look};
