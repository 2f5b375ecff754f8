//! One database file: opened, checked, migrated, written and read.

use super::writer;
use crate::folder::make_private_folder;
use crate::pool::Pool;
use crate::queue::Queue;
use crate::{OpenError, Schema, StoreError, Transaction};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long a connection waits for another process's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Memory for the pages of the connection that writes, in KiB.
const CACHE_KIB: i64 = 64 * 1_024;
/// The log is moved into the file when it has so many pages, 32 MiB: a page that many writes
/// change is moved once.
const LOG_PAGES: i64 = 8_192;
/// Connections that read at the same time at most.
const READERS_MAX: usize = 4;

/// How a database is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseOptions {
    /// One process owns the file: a second one is told so. For the server.
    Exclusive,
    /// Several processes take turns. For the buyer's store, which every `farebox get` opens.
    Shared,
}

/// The place of the one process that may have a database file open, until it is dropped.
#[derive(Debug)]
pub struct FileLock {
    _file: std::fs::File,
}

impl FileLock {
    /// Takes it as a server does, for work on the files themselves. Makes the folder.
    ///
    /// # Errors
    /// [`OpenError::InUse`] when a server has the database open, and [`OpenError::Unwritable`].
    pub fn take(path: &Path) -> Result<Self, OpenError> {
        if let Some(folder) = path.parent() {
            make_private_folder(folder).map_err(|error| unwritable(folder, &error))?;
        }
        Ok(Self { _file: take_lock(path)? })
    }
}

/// A handle to one database file; cheap to clone.
#[derive(Clone)]
pub struct Database {
    pub(crate) queue: Queue,
    readers: Arc<Pool<Connection>>,
}

impl Database {
    /// Opens `path`, makes its folder, checks the file's pages and brings it up to date.
    ///
    /// # Errors
    /// [`OpenError`] names the file and what to do.
    pub fn open(
        path: &Path,
        schemas: impl IntoIterator<Item = Schema>,
        options: DatabaseOptions,
    ) -> Result<Self, OpenError> {
        if let Some(folder) = path.parent() {
            make_private_folder(folder).map_err(|error| unwritable(folder, &error))?;
        }
        let lock = match options {
            DatabaseOptions::Exclusive => Some(take_lock(path)?),
            DatabaseOptions::Shared => None,
        };
        let mut connection = connect(path).map_err(|error| describe(path, &error))?;
        for schema in schemas {
            migrate(path, &mut connection, schema)?;
        }
        let (queue, messages) = Queue::new();
        std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || {
                writer::run(connection, messages);
                // The folder is free for another process only when nothing is written any more.
                drop(lock);
            })
            .map_err(|error| unwritable(path, &error))?;
        let path = path.to_owned();
        let readers = Pool::new(READERS_MAX, move || connect_to_read(&path));
        Ok(Self { queue, readers: Arc::new(readers) })
    }

    /// Runs `write` in a transaction and returns once it is on the disk. When `write` fails,
    /// nothing of it is kept; other writes of the same batch are not touched.
    ///
    /// # Errors
    /// What `write` returned, or a [`StoreError`] turned into `E`.
    pub async fn write<T, E, F>(&self, write: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let write = move |transaction: &Transaction<'_>| match transaction.as_sqlite() {
            Some(connection) => write(connection),
            None => Err(StoreError::Closed.into()),
        };
        self.queue.write(write).await
    }

    /// Moves everything from the write-ahead log into the database file, so that the file alone
    /// is the whole database. For the end of a process; durability does not need it.
    pub async fn checkpoint(&self) {
        self.queue.checkpoint().await;
    }

    /// Runs `query` on a read-only connection, in a transaction of its own: all that it reads is
    /// of one moment.
    ///
    /// # Errors
    /// What `query` returned, or [`StoreError::Closed`].
    pub async fn read<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.readers.with(|connection| (in_snapshot(connection, query), true)).await
    }
}

pub(super) fn connect_to_read(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}

/// Runs one query on a file that somebody else may have open.
pub(crate) fn look<T>(
    path: &Path,
    query: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    in_snapshot(&connect_to_read(path)?, query)
}

/// What several statements read is of one moment, whatever is written meanwhile.
fn in_snapshot<T>(
    connection: &Connection,
    query: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    // Dropping it ends it, which is all that a reading transaction needs.
    let snapshot = connection.unchecked_transaction()?;
    query(&snapshot)
}

fn take_lock(path: &Path) -> Result<std::fs::File, OpenError> {
    let path = path.with_extension("lock");
    make_private_file(&path);
    let file = std::fs::OpenOptions::new().create(true).append(true).open(&path);
    let file = file.map_err(|error| unwritable(&path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(OpenError::InUse { path }),
        Err(std::fs::TryLockError::Error(error)) => Err(unwritable(&path, &error)),
    }
}

fn connect(path: &Path) -> Result<Connection, rusqlite::Error> {
    make_private_file(path);
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
    connection.set_prepared_statement_cache_capacity(256);
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
        return Err(rusqlite::Error::SqliteFailure(code, Some(verdict)));
    }
    Ok(connection)
}

/// SQLite makes its files with the process's umask; money and keys are the owner's business.
pub(super) fn make_private_file(path: &Path) {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // A failure shows again, with SQLite's own words, when the connection opens.
    let _ = options.open(path);
}

fn migrate(path: &Path, connection: &mut Connection, schema: Schema) -> Result<(), OpenError> {
    // Grouped: what a migration changes and the note that it ran are one transaction.
    let migrations = schema.sqlite.set_abort_divergent(true).set_abort_missing(true);
    let mut migrations = migrations.set_grouped(true);
    migrations.set_migration_table_name(format!("migrations_{}", schema.name));
    migrations.run(connection).map(|_| ()).map_err(|error| {
        let database = path.display().to_string();
        OpenError::Migration { database, reason: error.to_string() }
    })
}

fn describe(path: &Path, error: &rusqlite::Error) -> OpenError {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    let reason = error.to_string();
    match error.sqlite_error_code() {
        Some(DatabaseCorrupt | NotADatabase) => {
            OpenError::Corrupt { path: path.to_owned(), reason }
        }
        _ => OpenError::Unwritable { path: path.to_owned(), reason },
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> OpenError {
    OpenError::Unwritable { path: path.to_owned(), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    mod migrations {
        refinery::embed_migrations!("tests/migrations");
    }

    fn open(path: &Path) -> Result<Database, OpenError> {
        Database::open(
            path,
            [Schema { name: "test", sqlite: migrations::migrations::runner(), postgres: None }],
            DatabaseOptions::Exclusive,
        )
    }

    async fn insert(database: &Database, value: i64) -> Result<(), StoreError> {
        let write = move |connection: &Connection| {
            connection.execute("INSERT INTO number (value) VALUES (?1)", [value])?;
            Ok(())
        };
        database.write(write).await
    }

    async fn values(database: &Database) -> Vec<i64> {
        let query = |connection: &Connection| {
            let mut statement = connection.prepare("SELECT value FROM number ORDER BY value")?;
            let rows = statement.query_map([], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        };
        database.read(query).await.unwrap()
    }

    #[tokio::test]
    async fn a_failed_write_leaves_nothing_and_spares_its_neighbours() {
        let folder = tempfile::tempdir().unwrap();
        let database = open(&folder.path().join("test.sqlite")).unwrap();
        let twice = |connection: &Connection| -> Result<(), StoreError> {
            connection.execute("INSERT INTO number (value) VALUES (7)", [])?;
            connection.execute("INSERT INTO number (value) VALUES (1)", [])?;
            Ok(())
        };
        let (first, refused, third) =
            tokio::join!(insert(&database, 1), database.write(twice), insert(&database, 3));
        first.unwrap();
        refused.unwrap_err();
        third.unwrap();
        assert_eq!(values(&database).await, [1, 3]);
    }

    #[tokio::test]
    async fn a_write_that_panics_is_taken_back_and_the_next_one_works() {
        let folder = tempfile::tempdir().unwrap();
        let database = open(&folder.path().join("test.sqlite")).unwrap();
        let panics = |connection: &Connection| -> Result<(), StoreError> {
            connection.execute("INSERT INTO number (value) VALUES (7)", [])?;
            panic!("a bug");
        };
        assert!(matches!(database.write(panics).await, Err(StoreError::Closed)));
        insert(&database, 1).await.unwrap();
        assert_eq!(values(&database).await, [1]);
    }

    #[tokio::test]
    async fn a_batch_whose_transaction_is_gone_is_not_acknowledged() {
        let folder = tempfile::tempdir().unwrap();
        let database = open(&folder.path().join("test.sqlite")).unwrap();
        // As SQLite itself does when the disk is full in the middle of a statement.
        let ends_transaction = |connection: &Connection| -> Result<(), StoreError> {
            connection.execute("INSERT INTO number (value) VALUES (7)", [])?;
            connection.execute_batch("ROLLBACK")?;
            Ok(())
        };
        let (first, second, third) = tokio::join!(
            insert(&database, 1),
            database.write(ends_transaction),
            insert(&database, 3)
        );
        let kept = values(&database).await;
        for (result, value) in [(first, 1), (second, 7), (third, 3)] {
            assert_eq!(result.is_ok(), kept.contains(&value), "{value}: {result:?}, {kept:?}");
        }
        insert(&database, 4).await.unwrap();
        assert!(values(&database).await.contains(&4), "the writer goes on");
    }

    #[tokio::test]
    async fn a_read_is_of_one_moment() {
        let folder = tempfile::tempdir().unwrap();
        let database = open(&folder.path().join("test.sqlite")).unwrap();
        insert(&database, 1).await.unwrap();
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let count = |connection: &Connection| -> Result<u64, StoreError> {
            Ok(connection.query_row("SELECT count(*) FROM number", [], |row| row.get(0))?)
        };
        let twice = move |connection: &Connection| {
            let first = count(connection)?;
            wait.recv().unwrap();
            Ok((first, count(connection)?))
        };
        let reading = tokio::spawn({
            let database = database.clone();
            async move { database.read(twice).await.unwrap() }
        });
        tokio::time::sleep(Duration::from_millis(50)).await;
        insert(&database, 2).await.unwrap();
        go.send(()).unwrap();
        assert_eq!(reading.await.unwrap(), (1, 1));
    }

    #[tokio::test]
    async fn files_are_their_owners_and_writes_are_flushed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.sqlite");
        let database = open(&path).unwrap();
        let pragma = |connection: &Connection| -> Result<i64, StoreError> {
            Ok(connection.query_row("PRAGMA synchronous", [], |row| row.get(0))?)
        };
        assert_eq!(database.write(pragma).await.unwrap(), 2, "synchronous=FULL");
        #[cfg(unix)]
        for file in ["test.sqlite", "test.sqlite-wal", "test.lock"] {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(folder.path().join(file)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
    }

    #[tokio::test]
    async fn acknowledged_writes_are_there_after_reopening() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/test.sqlite");
        let database = open(&path).unwrap();
        let inserts = (0..500).map(|value| {
            let database = database.clone();
            tokio::spawn(async move { insert(&database, value).await })
        });
        for insert in inserts.collect::<Vec<_>>() {
            insert.await.unwrap().unwrap();
        }
        drop(database);
        let database = loop {
            // The writer thread ends a moment after the last handle; the lock goes with it.
            match open(&path) {
                Ok(database) => break database,
                Err(OpenError::InUse { .. }) => tokio::task::yield_now().await,
                Err(error) => panic!("{error}"),
            }
        };
        assert_eq!(values(&database).await.len(), 500);
    }

    #[tokio::test]
    async fn a_second_owner_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.sqlite");
        let _database = open(&path).unwrap();
        assert!(matches!(open(&path), Err(OpenError::InUse { .. })));
    }

    #[test]
    fn a_file_that_is_no_database_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.sqlite");
        std::fs::write(&path, vec![b'x'; 8_192]).unwrap();
        let error = open(&path).map(|_| ()).unwrap_err();
        assert!(matches!(error, OpenError::Corrupt { .. }), "{error}");
        assert!(error.to_string().contains("test.sqlite"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap().len(), 8_192, "the evidence was touched");
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        let error = open(&folder.path().join("file/test.sqlite")).map(|_| ()).unwrap_err();
        assert!(matches!(error, OpenError::Unwritable { .. }), "{error}");
    }
}
