//! Writes on their way to the one that writes, on either database.

use crate::{StoreError, Transaction};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// Writes waiting at most; past it, callers wait for a place.
const QUEUE_LEN_MAX: usize = 4_096;

/// Called once with what became of the commit.
pub(crate) type Acknowledge = Box<dyn FnOnce(Result<(), Arc<StoreError>>) + Send>;

/// What a job leaves behind.
pub(crate) struct Ran {
    /// Whether what it wrote is to be committed.
    pub(crate) keep: bool,
    /// Tells its caller.
    pub(crate) acknowledge: Acknowledge,
}

/// Runs inside the batch's transaction; what it wrote is taken back when it fails or panics.
pub(crate) type Job = Box<dyn FnOnce(&Transaction<'_>) -> Ran + Send>;

/// What a writer can be told to do.
pub(crate) enum Message {
    /// Write something.
    Write(Job),
    /// Move everything from the log into the database file, then answer.
    Checkpoint(oneshot::Sender<()>),
}

/// The way to the writer; cheap to clone.
#[derive(Clone)]
pub(crate) struct Queue(mpsc::Sender<Message>);

impl Queue {
    pub(crate) fn new() -> (Self, mpsc::Receiver<Message>) {
        let (sender, receiver) = mpsc::channel(QUEUE_LEN_MAX);
        (Self(sender), receiver)
    }

    /// Runs `write` in a transaction and returns once it is on the disk.
    pub(crate) async fn write<T, E, F>(&self, write: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move |transaction| {
            let outcome = write(transaction);
            let keep = outcome.is_ok();
            let acknowledge = Box::new(move |committed: Result<(), Arc<StoreError>>| {
                let outcome = outcome.and_then(|value| match committed {
                    Ok(()) => Ok(value),
                    Err(error) => Err(StoreError::Uncommitted(error).into()),
                });
                // The caller may have gone away; the write stands all the same.
                let _ = sender.send(outcome);
            });
            Ran { keep, acknowledge }
        });
        self.0.send(Message::Write(job)).await.map_err(|_| StoreError::Closed)?;
        receiver.await.map_err(|_| StoreError::Closed)?
    }

    pub(crate) async fn checkpoint(&self) {
        let (done, wait) = oneshot::channel();
        if self.0.send(Message::Checkpoint(done)).await.is_ok() {
            // The writer is gone only when the process is about to be.
            let _ = wait.await;
        }
    }
}
