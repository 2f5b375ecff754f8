//! The one thread that writes. Jobs that arrive while the disk is flushing form the next batch,
//! so the number of flushes does not grow with the number of concurrent writers.

use crate::queue::{Acknowledge, Job, Message};
use crate::{StoreError, Transaction};
use rusqlite::{Connection, DropBehavior, TransactionBehavior};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Writes that share one commit at most.
const BATCH_LEN_MAX: usize = 1_024;

/// Takes messages until every sender is gone.
pub(crate) fn run(mut connection: Connection, mut messages: mpsc::Receiver<Message>) {
    let mut received = Vec::with_capacity(BATCH_LEN_MAX);
    while messages.blocking_recv_many(&mut received, BATCH_LEN_MAX) > 0 {
        let mut batch = Vec::with_capacity(received.len());
        let mut checkpoints = Vec::new();
        for message in received.drain(..) {
            match message {
                Message::Write(job) => batch.push(job),
                Message::Checkpoint(done) => checkpoints.push(done),
            }
        }
        write(&mut connection, batch);
        for done in checkpoints {
            checkpoint(&connection);
            // Whoever asked may have stopped waiting.
            let _ = done.send(());
        }
    }
    checkpoint(&connection);
}

fn checkpoint(connection: &Connection) {
    let row = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    if let Err(error) = row {
        tracing::warn!(%error, "the write-ahead log was not moved into the database");
    }
}

fn write(connection: &mut Connection, batch: Vec<Job>) {
    if !batch.is_empty() {
        let mut acknowledgements = Vec::with_capacity(batch.len());
        let committed = commit(connection, batch, &mut acknowledgements);
        if let Err(error) = &committed {
            tracing::error!(%error, "a batch of writes was not committed");
        }
        let committed = committed.map_err(|error| Arc::new(StoreError::from(error)));
        for acknowledge in acknowledgements {
            acknowledge(committed.clone());
        }
    }
}

fn commit(
    connection: &mut Connection,
    batch: Vec<Job>,
    acknowledgements: &mut Vec<Acknowledge>,
) -> Result<(), rusqlite::Error> {
    let mut transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let is_alone = batch.len() == 1;
    let mut keeps_any = false;
    // A job that never runs drops its channel, which its caller reads as `Closed`.
    for job in batch {
        // A batch of one is taken back as a whole, which spares SQLite a copy of each page.
        keeps_any |= match is_alone {
            true => run_job(job, &transaction, acknowledgements),
            false => {
                let mut savepoint = transaction.savepoint()?;
                let keep = run_job(job, &savepoint, acknowledgements);
                if keep {
                    savepoint.set_drop_behavior(DropBehavior::Commit);
                }
                keep
            }
        };
        // A full disk makes SQLite end the whole transaction; what ran before is gone with it.
        if transaction.is_autocommit() {
            return Err(rusqlite::Error::SqliteFailure(
                rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ABORT_ROLLBACK),
                Some("the transaction was rolled back".to_owned()),
            ));
        }
    }
    if keeps_any { transaction.commit() } else { transaction.rollback() }
}

/// Whether what the job wrote is to be kept. One that panics is taken back, and its caller reads
/// `Closed`.
fn run_job(job: Job, connection: &Connection, acknowledgements: &mut Vec<Acknowledge>) -> bool {
    let work = AssertUnwindSafe(|| job(&Transaction::sqlite(connection)));
    match std::panic::catch_unwind(work) {
        Ok(ran) => {
            acknowledgements.push(ran.acknowledge);
            ran.keep
        }
        Err(_) => {
            tracing::error!("a write panicked and was taken back");
            false
        }
    }
}
