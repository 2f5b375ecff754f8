//! Where Farebox keeps what must survive: SQLite behind one group-commit writer thread and a
//! small pool of read-only connections.
//!
//! An acknowledged write is on the disk (`journal_mode=WAL`, `synchronous=FULL`): it survives
//! a killed process and a power cut. Concurrent writes share one commit, and so one flush of
//! the disk. Each crate that keeps state brings its own migrations and its own SQL; this crate
//! knows no table.

mod database;
mod error;
mod folder;
mod readers;
mod writer;

pub use database::{Database, DatabaseOptions, Schema};
pub use error::{OpenError, StoreError};
pub use folder::make_private_folder;
pub use refinery;
pub use rusqlite;
