//! The thread that writes to PostgreSQL for this process.

use super::{Session, Target};
use crate::pool::Pool;
use crate::queue::{Acknowledge, Job, Message, Queue};
use crate::{OpenError, PostgresUrl, Schema, StoreError, Transaction};
use std::cell::RefCell;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Writes that share one commit at most; others wait for the lock meanwhile.
const BATCH_LEN_MAX: usize = 256;
/// Connections that read at the same time at most.
const READERS_MAX: usize = 8;

/// One writer at a time, of all processes that share these tables.
const BEGIN: &str = "BEGIN; SELECT pg_advisory_xact_lock(\
    hashtextextended('farebox writer ' || current_schema(), 0))";
const BEGIN_READING: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
const LOCK_MIGRATIONS: &str =
    "SELECT pg_advisory_lock(hashtextextended('farebox migrations ' || current_schema(), 0))";

/// A PostgreSQL database, written and read; cheap to clone.
#[derive(Clone)]
pub(crate) struct Postgres {
    pub(crate) queue: Queue,
    readers: Arc<Pool<RefCell<Session>>>,
}

impl Postgres {
    /// Connects and brings the tables up to date. Blocks.
    pub(crate) fn open(url: &PostgresUrl, schemas: Vec<Schema>) -> Result<Self, OpenError> {
        let unreachable = |error: StoreError| OpenError::Unreachable {
            database: url.to_string(),
            reason: error.to_string(),
        };
        let target = Target::new(url).map_err(unreachable)?;
        let mut client = target.connect_client().map_err(unreachable)?;
        client.batch_execute(LOCK_MIGRATIONS).map_err(|error| unreachable(error.into()))?;
        for schema in schemas {
            let failed =
                |reason: String| OpenError::Migration { database: url.to_string(), reason };
            let Some(runner) = schema.postgres else {
                return Err(failed(format!("{} has no tables for PostgreSQL", schema.name)));
            };
            // Grouped: what a migration changes and the note that it ran are one transaction.
            let runner = runner.set_abort_divergent(true).set_abort_missing(true);
            let mut runner = runner.set_grouped(true);
            runner.set_migration_table_name(format!("migrations_{}", schema.name));
            runner.run(&mut client).map_err(|error| failed(error.to_string()))?;
        }
        drop(client);
        let (queue, messages) = Queue::new();
        let writing = target.clone();
        std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || run(&writing, messages))
            .map_err(|error| unreachable(StoreError::Unreadable(error.to_string())))?;
        let open = move || target.connect().map(RefCell::new);
        Ok(Self { queue, readers: Arc::new(Pool::new(READERS_MAX, open)) })
    }

    /// Runs `query` on what was committed at one moment.
    pub(crate) async fn read<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let work = move |session: &RefCell<Session>| {
            let result = in_snapshot(session, query);
            let is_good = !session.borrow().is_closed();
            (result, is_good)
        };
        self.readers.with(work).await
    }
}

/// Runs one query on a connection of its own. Blocks.
pub(crate) fn look<T>(
    url: &PostgresUrl,
    query: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    in_snapshot(&RefCell::new(Target::new(url)?.connect()?), query)
}

fn in_snapshot<T>(
    session: &RefCell<Session>,
    query: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    session.borrow_mut().batch(BEGIN_READING)?;
    let found = query(&Transaction::postgres(session));
    session.borrow_mut().batch("ROLLBACK")?;
    found
}

/// Takes messages until every sender is gone.
fn run(target: &Target, mut messages: mpsc::Receiver<Message>) {
    let mut session = None;
    let mut received = Vec::with_capacity(BATCH_LEN_MAX);
    while messages.blocking_recv_many(&mut received, BATCH_LEN_MAX) > 0 {
        let mut batch = Vec::with_capacity(received.len());
        for message in received.drain(..) {
            match message {
                Message::Write(job) => batch.push(job),
                // The server sees to its own log.
                Message::Checkpoint(done) => {
                    let _ = done.send(());
                }
            }
        }
        if !batch.is_empty() {
            write(target, &mut session, batch);
        }
    }
}

fn write(target: &Target, session: &mut Option<RefCell<Session>>, batch: Vec<Job>) {
    let mut acknowledgements = Vec::with_capacity(batch.len());
    let committed = commit(target, session, batch, &mut acknowledgements);
    if let Err(error) = &committed {
        tracing::error!(%error, "a batch of writes was not committed");
        // Whatever state its transaction is in goes with it.
        *session = None;
    }
    let committed = committed.map_err(Arc::new);
    for acknowledge in acknowledgements {
        acknowledge(committed.clone());
    }
}

fn commit(
    target: &Target,
    session: &mut Option<RefCell<Session>>,
    batch: Vec<Job>,
    acknowledgements: &mut Vec<Acknowledge>,
) -> Result<(), StoreError> {
    let session = begin(target, session)?;
    let is_alone = batch.len() == 1;
    let mut keeps_any = false;
    for job in batch {
        // A batch of one is taken back as a whole.
        if !is_alone {
            session.borrow_mut().batch("SAVEPOINT job")?;
        }
        let work = AssertUnwindSafe(|| job(&Transaction::postgres(session)));
        let keep = match std::panic::catch_unwind(work) {
            Ok(ran) => {
                acknowledgements.push(ran.acknowledge);
                ran.keep
            }
            Err(_) => {
                tracing::error!("a write panicked and was taken back");
                false
            }
        };
        keeps_any |= keep;
        if !is_alone {
            let end = if keep { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" };
            session.borrow_mut().batch(end)?;
        }
    }
    let end = if keeps_any { "COMMIT" } else { "ROLLBACK" };
    session.borrow_mut().batch(end)
}

/// Begins a transaction on the connection there is, or on a new one when that one is gone.
fn begin<'a>(
    target: &Target,
    session: &'a mut Option<RefCell<Session>>,
) -> Result<&'a RefCell<Session>, StoreError> {
    if let Some(open) = session.take()
        && !open.borrow().is_closed()
        && open.borrow_mut().batch(BEGIN).is_ok()
    {
        return Ok(session.insert(open));
    }
    let fresh = RefCell::new(target.connect_to_write()?);
    fresh.borrow_mut().batch(BEGIN)?;
    Ok(session.insert(fresh))
}
