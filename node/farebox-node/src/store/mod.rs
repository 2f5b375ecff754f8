//! The record of payments: what was asked for, and what became of it.
//!
//! It is written before money moves and before the Lightning library's events are acknowledged,
//! and every write is on the disk when it returns. So after a crash it lacks nothing that is not
//! still in the library's own queue.

mod incoming;
mod outgoing;
mod values;

pub(crate) use incoming::{HoldChange, Incoming, NewInvoice};
pub(crate) use outgoing::{Attempt, Begun, Outgoing, State};

use rusqlite::Connection;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const SCHEMA: &str = include_str!("schema.sql");
const SCHEMA_VERSION: u32 = 1;
const BUSY_WAIT: Duration = Duration::from_secs(5);

/// Why the record could not be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error("it was written by a newer farebox-node")]
    Newer,
    #[error("{0} cannot be read")]
    Unreadable(&'static str),
}

/// Which part of a list is asked for.
#[derive(Debug)]
pub(crate) struct Page {
    /// Milliseconds since 1970, included.
    pub(crate) from_ms: u64,
    /// Milliseconds since 1970, included.
    pub(crate) to_ms: u64,
    pub(crate) limit: u32,
    pub(crate) offset: u32,
    /// Also what was not paid; then the times are those of creation.
    pub(crate) all: bool,
    pub(crate) external_id: Option<String>,
}

/// The record; one writer at a time.
#[derive(Debug)]
pub(crate) struct Store(Mutex<Connection>);

impl Store {
    /// Opens the record, making it if it is not there.
    ///
    /// # Errors
    ///
    /// The file cannot be used, or was written by a newer version.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(BUSY_WAIT)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        let version: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        match version {
            SCHEMA_VERSION => {}
            0 => {
                let transaction = connection.transaction()?;
                transaction.execute_batch(SCHEMA)?;
                transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
                transaction.commit()?;
            }
            _ => return Err(StoreError::Newer),
        }
        Ok(Self(Mutex::new(connection)))
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn page(all: bool) -> Page {
        let (from_ms, to_ms) = (0, i64::MAX.cast_unsigned());
        Page { from_ms, to_ms, limit: 100, offset: 0, all, external_id: None }
    }

    #[test]
    fn a_newer_record_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("payments.sqlite");
        drop(Store::open(&path).unwrap());
        drop(Store::open(&path).unwrap());
        let connection = Connection::open(&path).unwrap();
        connection.pragma_update(None, "user_version", SCHEMA_VERSION + 1).unwrap();
        assert!(matches!(Store::open(&path), Err(StoreError::Newer)));
    }
}
