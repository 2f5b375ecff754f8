//! The vectors of the last queries. Who asks for what somebody else is waiting for already waits
//! with them.

use super::degraded::Degraded;
use farebox_search::Embedding;
use hashlink::LruCache;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// A few tens of megabytes, with the largest vectors in use.
const QUERIES_MAX: usize = 2_048;

/// What became of a query.
pub(crate) type Found = Result<Arc<Embedding>, Degraded>;

/// Tells what became of a query, as soon as it is known.
pub(crate) type Waiting = watch::Receiver<Option<Found>>;

/// Whoever has it finds out, and sends it.
pub(crate) type Sender = watch::Sender<Option<Found>>;

pub(crate) struct KnownQueries(Mutex<LruCache<String, Waiting>>);

impl KnownQueries {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(LruCache::new(QUERIES_MAX)))
    }

    /// What becomes, or became, of a query. With a sender when nobody is at it yet.
    pub(crate) fn look_up(&self, query: &str) -> (Waiting, Option<Sender>) {
        let mut queries = self.lock();
        // Whoever was at it may be gone without a word.
        let is_of_use =
            |waiting: &&Waiting| waiting.has_changed().is_ok() || waiting.borrow().is_some();
        if let Some(waiting) = queries.get(query).filter(is_of_use) {
            return (waiting.clone(), None);
        }
        let (sender, waiting) = watch::channel(None);
        queries.insert(query.to_owned(), waiting.clone());
        (waiting, Some(sender))
    }

    /// Forgets what failed, so that the next one tries again.
    pub(crate) fn forget(&self, query: &str) {
        self.lock().remove(query);
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<String, Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
