//! SQLite: one file, one thread that writes, a few connections that read.

mod copy;
mod database;
mod writer;

pub use copy::{copy_database, database_len};
pub(crate) use database::look;
pub use database::{Database, DatabaseOptions, FileLock};
