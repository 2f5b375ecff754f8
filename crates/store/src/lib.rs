//! Where Farebox keeps what must survive.
//!
//! A [`Store`] is the server's database: SQLite behind one group-commit writer thread and a small
//! pool of readers, or a PostgreSQL that several servers share. What runs on it is a closure over
//! a [`Transaction`], written once for both. A [`Database`] is a SQLite file alone, for what only
//! ever lives on one machine.
//!
//! An acknowledged write is on the disk: it survives a killed process and a power cut. Concurrent
//! writes share one commit, and so one flush of the disk. Each crate that keeps state brings its
//! own migrations and its own SQL; this crate knows no table but those of its own services.

mod batcher;
mod check;
mod error;
mod folder;
pub mod idempotency;
pub mod lease;
pub mod outbox;
mod pool;
mod postgres;
mod queue;
mod row;
mod schema;
mod services;
mod sqlite;
mod store;
mod transaction;
mod value;

pub use batcher::{Batcher, Work};
pub use check::check;
pub use error::{OpenError, StoreError};
pub use folder::make_private_folder;
pub use postgres::{PostgresUrl, PostgresUrlError};
pub use refinery;
pub use row::{Column, Row};
pub use rusqlite;
pub use schema::Schema;
pub use services::schema;
pub use sqlite::{Database, DatabaseOptions, FileLock, copy_database, database_len};
pub use store::{Location, Store};
pub use transaction::{Dialect, Transaction};
pub use value::{Cell, FromCell, ToValue, Value};
