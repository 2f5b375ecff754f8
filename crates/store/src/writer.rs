//! The one thread that writes. Jobs that arrive while the disk is flushing form the next batch,
//! so the number of flushes does not grow with the number of concurrent writers.

use crate::StoreError;
use rusqlite::{Connection, Savepoint, TransactionBehavior};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Writes waiting at most; past it, callers wait for a place.
pub(crate) const QUEUE_LEN_MAX: usize = 4_096;
/// Writes that share one commit at most.
const BATCH_LEN_MAX: usize = 1_024;

/// Called once with what became of the batch's commit.
pub(crate) type Acknowledge = Box<dyn FnOnce(Result<(), Arc<rusqlite::Error>>) + Send>;
/// Runs inside the batch's transaction; its own savepoint is rolled back when it fails.
pub(crate) type Job = Box<dyn FnOnce(&mut Savepoint<'_>) -> Acknowledge + Send>;

/// Takes jobs until every sender is gone.
pub(crate) fn run(mut connection: Connection, mut jobs: mpsc::Receiver<Job>) {
    let mut batch = Vec::with_capacity(BATCH_LEN_MAX);
    while jobs.blocking_recv_many(&mut batch, BATCH_LEN_MAX) > 0 {
        let mut acknowledgements = Vec::with_capacity(batch.len());
        let committed = commit(&mut connection, &mut batch, &mut acknowledgements);
        if let Err(error) = &committed {
            tracing::error!(%error, "a batch of writes was not committed");
        }
        let committed = committed.map_err(Arc::new);
        for acknowledge in acknowledgements {
            acknowledge(committed.clone());
        }
    }
}

fn commit(
    connection: &mut Connection,
    batch: &mut Vec<Job>,
    acknowledgements: &mut Vec<Acknowledge>,
) -> Result<(), rusqlite::Error> {
    // A job that never ran drops its channel, which its caller reads as `Closed`.
    let jobs = std::mem::take(batch);
    let mut transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for job in jobs {
        let mut savepoint = transaction.savepoint()?;
        acknowledgements.push(job(&mut savepoint));
    }
    transaction.commit()
}

/// Turns a shared commit error into one that each caller can own.
pub(crate) fn commit_error(error: &rusqlite::Error) -> StoreError {
    match error {
        rusqlite::Error::SqliteFailure(code, message) => {
            StoreError::Sqlite(rusqlite::Error::SqliteFailure(*code, message.clone()))
        }
        other => StoreError::Unreadable(other.to_string()),
    }
}
