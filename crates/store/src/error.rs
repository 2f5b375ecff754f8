//! What can go wrong, in words that an operator can act on.

use std::path::PathBuf;
use std::sync::Arc;

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
        "the database {database} cannot be brought up to date ({reason}); was it written by a newer \
         farebox?"
    )]
    Migration {
        /// The database, without its password.
        database: String,
        /// What the migration runner said.
        reason: String,
    },
    /// The server does not answer, or does not let us in.
    #[error("cannot open the database {database}: {reason}")]
    Unreachable {
        /// The database, without its password.
        database: String,
        /// What it said.
        reason: String,
    },
}

/// A read or write that did not happen; nothing of it was kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite refused a statement.
    #[error("database: {0}")]
    Sqlite(rusqlite::Error),
    /// PostgreSQL refused a statement, or did not answer.
    #[error("database: {}", postgres_text(.0))]
    Postgres(postgres::Error),
    /// The disk is full. Reading goes on; writing does when there is room again.
    #[error("the disk is full")]
    Full,
    /// The batch that the write was part of was not committed.
    #[error("not committed: {0}")]
    Uncommitted(Arc<StoreError>),
    /// A stored value is not what this version writes.
    #[error("database holds an unreadable value: {0}")]
    Unreadable(String),
    /// The writer has stopped, because the process shuts down or the disk failed.
    #[error("the database is closed")]
    Closed,
}

impl StoreError {
    /// Whether there is no room to write.
    #[must_use]
    pub fn is_full(&self) -> bool {
        match self {
            Self::Full => true,
            Self::Uncommitted(error) => error.is_full(),
            _ => false,
        }
    }

    /// Whether what was to be written is to blame, and not the database.
    pub(crate) fn is_about_data(&self) -> bool {
        match self {
            Self::Unreadable(_) => true,
            Self::Sqlite(error) => {
                error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation)
            }
            // Classes 22 and 23: data exceptions and violated constraints.
            Self::Postgres(error) => error.code().is_some_and(|state| {
                state.code().starts_with("22") || state.code().starts_with("23")
            }),
            Self::Uncommitted(error) => error.is_about_data(),
            Self::Full | Self::Closed => false,
        }
    }

    /// Whether the same may succeed later: the database was in the way, not what it holds.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Sqlite(_) | Self::Postgres(_) | Self::Full => true,
            Self::Uncommitted(error) => error.is_passing(),
            Self::Unreadable(_) | Self::Closed => false,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full,
            _ => Self::Sqlite(error),
        }
    }
}

impl From<postgres::Error> for StoreError {
    fn from(error: postgres::Error) -> Self {
        match error.code() {
            Some(&postgres::error::SqlState::DISK_FULL) => Self::Full,
            _ => Self::Postgres(error),
        }
    }
}

/// The library's own text names only the kind of error.
fn postgres_text(error: &postgres::Error) -> String {
    match error.as_db_error() {
        Some(refused) => format!("{} ({})", refused.message(), refused.code().code()),
        None => match std::error::Error::source(error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        },
    }
}
