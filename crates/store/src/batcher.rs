//! Many small writes of one kind, done together: what one statement can do for all of them, it
//! does once.

use crate::{Store, StoreError, Transaction};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// Items waiting at most; past it, callers wait for a place.
const QUEUE_LEN_MAX: usize = 4_096;
/// Items that are done together at most.
const BATCH_LEN_MAX: usize = 1_024;

/// Does all of a batch and returns one outcome for each, in their order. When it fails, nothing
/// of the batch is kept.
pub type Work<I, O> = fn(&Transaction<'_>, &[I]) -> Result<Vec<O>, StoreError>;

/// Collects items while a batch is being written; cheap to clone.
pub struct Batcher<I, O> {
    items: mpsc::Sender<Waiting<I, O>>,
}

impl<I, O> Clone for Batcher<I, O> {
    fn clone(&self) -> Self {
        Self { items: self.items.clone() }
    }
}

struct Waiting<I, O> {
    item: I,
    done: oneshot::Sender<Result<O, StoreError>>,
}

impl<I, O> Batcher<I, O>
where
    I: Send + Sync + 'static,
    O: Send + 'static,
{
    /// Writes to `store` what `work` makes of the items. Must be called in an async runtime.
    #[must_use]
    pub fn new(store: Store, work: Work<I, O>) -> Self {
        let (items, waiting) = mpsc::channel(QUEUE_LEN_MAX);
        tokio::spawn(run(store, work, waiting));
        Self { items }
    }

    /// Does one item and returns once it is on the disk.
    ///
    /// # Errors
    /// [`StoreError`], as from [`Store::write`].
    pub async fn run(&self, item: I) -> Result<O, StoreError> {
        let (done, outcome) = oneshot::channel();
        self.items.send(Waiting { item, done }).await.map_err(|_| StoreError::Closed)?;
        outcome.await.map_err(|_| StoreError::Closed)?
    }
}

async fn run<I, O>(store: Store, work: Work<I, O>, mut waiting: mpsc::Receiver<Waiting<I, O>>)
where
    I: Send + Sync + 'static,
    O: Send + 'static,
{
    let mut batch = Vec::new();
    while waiting.recv_many(&mut batch, BATCH_LEN_MAX).await > 0 {
        // The next items gather meanwhile.
        finish(&store, work, std::mem::take(&mut batch)).await;
    }
}

/// Writes a batch and tells everyone who waits for a part of it.
async fn finish<I, O>(store: &Store, work: Work<I, O>, batch: Vec<Waiting<I, O>>)
where
    I: Send + Sync + 'static,
    O: Send + 'static,
{
    let (items, dones): (Vec<_>, Vec<_>) =
        batch.into_iter().map(|waiting| (waiting.item, waiting.done)).unzip();
    let items = Arc::new(items);
    match write(store, work, &items, 0..items.len()).await {
        Ok(outcomes) => {
            for (done, outcome) in dones.into_iter().zip(outcomes) {
                // Whoever asked may have gone away; what was written stands.
                let _ = done.send(Ok(outcome));
            }
        }
        // What one of them is to blame for, the others are not.
        Err(error) if items.len() > 1 && error.is_about_data() => {
            for (index, done) in dones.into_iter().enumerate() {
                let outcome = write(store, work, &items, index..index + 1).await;
                let one = |mut outcomes: Vec<O>| outcomes.pop().ok_or(StoreError::Closed);
                let _ = done.send(outcome.and_then(one));
            }
        }
        Err(error) => {
            let error = Arc::new(error);
            for done in dones {
                let _ = done.send(Err(StoreError::Uncommitted(Arc::clone(&error))));
            }
        }
    }
}

async fn write<I, O>(
    store: &Store,
    work: Work<I, O>,
    items: &Arc<Vec<I>>,
    range: std::ops::Range<usize>,
) -> Result<Vec<O>, StoreError>
where
    I: Send + Sync + 'static,
    O: Send + 'static,
{
    let items = Arc::clone(items);
    let write = move |transaction: &Transaction<'_>| {
        let items = items.get(range).unwrap_or_default();
        let outcomes = work(transaction, items)?;
        match outcomes.len() == items.len() {
            true => Ok(outcomes),
            false => Err(StoreError::Unreadable("a batch without its outcomes".to_owned())),
        }
    };
    store.write(write).await
}
