//! The server's database: a file of its own, or a PostgreSQL that several servers share.

use crate::postgres::Postgres;
use crate::{Database, DatabaseOptions, OpenError, PostgresUrl, Schema, StoreError, Transaction};
use std::fmt;
use std::path::PathBuf;

/// Where a database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A SQLite file that one process owns.
    File(PathBuf),
    /// A PostgreSQL.
    Postgres(PostgresUrl),
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

/// A handle to the database; cheap to clone. What runs on it is written once, for both.
#[derive(Clone)]
pub struct Store(Kind);

#[derive(Clone)]
enum Kind {
    Sqlite(Database),
    Postgres(Postgres),
}

impl From<Database> for Store {
    fn from(database: Database) -> Self {
        Self(Kind::Sqlite(database))
    }
}

impl Store {
    /// Opens the database and brings its tables up to date.
    ///
    /// # Errors
    /// [`OpenError`] names the database and what to do.
    pub async fn open(location: Location, schemas: Vec<Schema>) -> Result<Self, OpenError> {
        let name = location.to_string();
        let open = move || match location {
            Location::File(path) => {
                Database::open(&path, schemas, DatabaseOptions::Exclusive).map(Kind::Sqlite)
            }
            Location::Postgres(url) => Postgres::open(&url, schemas).map(Kind::Postgres),
        };
        let opened = tokio::task::spawn_blocking(open).await;
        let ended = |_| OpenError::Unreachable { database: name, reason: "it was given up".into() };
        Ok(Self(opened.map_err(ended)??))
    }

    /// Runs `write` in a transaction and returns once it is on the disk. No other write comes
    /// between what it reads and what it writes. When it fails, nothing of it is kept, and other
    /// writes of the same batch are not touched.
    ///
    /// # Errors
    /// What `write` returned, or a [`StoreError`] turned into `E`. After
    /// [`StoreError::Uncommitted`] from a PostgreSQL whose connection broke, the write may be
    /// there all the same: whoever tries again must know it by its key.
    pub async fn write<T, E, F>(&self, write: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    {
        match &self.0 {
            Kind::Sqlite(database) => database.queue.write(write).await,
            Kind::Postgres(postgres) => postgres.queue.write(write).await,
        }
    }

    /// Runs `query` without writing; all that it reads is of one moment.
    ///
    /// # Errors
    /// What `query` returned, or a [`StoreError`].
    pub async fn read<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        match &self.0 {
            Kind::Sqlite(database) => {
                database.read(move |connection| query(&Transaction::sqlite(connection))).await
            }
            Kind::Postgres(postgres) => postgres.read(query).await,
        }
    }

    /// Runs one query on a database that somebody else may have open, as it is at one moment;
    /// changes nothing, not even its tables' version.
    ///
    /// # Errors
    /// What `query` returned, or a [`StoreError`].
    pub async fn look<T, F>(location: Location, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let look = move || match location {
            Location::File(path) => {
                crate::sqlite::look(&path, |connection| query(&Transaction::sqlite(connection)))
            }
            Location::Postgres(url) => crate::postgres::look(&url, query),
        };
        tokio::task::spawn_blocking(look).await.map_err(|_| StoreError::Closed)?
    }

    /// Whether several processes may have it open.
    #[must_use]
    pub const fn is_shared(&self) -> bool {
        matches!(self.0, Kind::Postgres(_))
    }

    /// Moves everything from SQLite's log into its file. For the end of a process.
    pub async fn checkpoint(&self) {
        match &self.0 {
            Kind::Sqlite(database) => database.checkpoint().await,
            Kind::Postgres(postgres) => postgres.queue.checkpoint().await,
        }
    }
}
