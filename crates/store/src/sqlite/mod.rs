//! SQLite: one file, one thread that writes, a few connections that read.

mod database;
mod writer;

pub(crate) use database::look;
pub use database::{Database, DatabaseOptions};
