//! What can go wrong, in words that an operator can act on.

use std::path::PathBuf;

/// A database that could not be opened. Each text is one line that names the file and the fix.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder does not exist and cannot be made, or the file cannot be written.
    #[error("cannot write to {}: {reason}; choose another folder with --data", .path.display())]
    Unwritable {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// Another process has the same data directory open.
    #[error(
        "{} is in use by another farebox process; stop it or choose another folder with --data",
        .path.display()
    )]
    InUse {
        /// The lock file.
        path: PathBuf,
    },
    /// The file is no SQLite database, or its pages are damaged.
    #[error(
        "the database {} is damaged ({reason}); restore it from a backup or move it away",
        .path.display()
    )]
    Corrupt {
        /// The database file.
        path: PathBuf,
        /// What SQLite said.
        reason: String,
    },
    /// The migrations do not fit, mostly because a newer Farebox wrote the file.
    #[error(
        "the database {} cannot be brought up to date ({reason}); was it written by a newer farebox?",
        .path.display()
    )]
    Migration {
        /// The database file.
        path: PathBuf,
        /// What the migration runner said.
        reason: String,
    },
}

/// A read or write that did not happen; nothing of it was kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite refused a statement or the commit.
    #[error("database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A stored value is not what this version writes.
    #[error("database holds an unreadable value: {0}")]
    Unreadable(String),
    /// The writer has stopped, because the process shuts down or the disk failed.
    #[error("the database is closed")]
    Closed,
}
