//! Connections for reading, lent one at a time.

use crate::StoreError;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

type Open<C> = Box<dyn Fn() -> Result<C, StoreError> + Send + Sync>;

/// A bounded pool whose connections are opened on first use and kept.
pub(crate) struct Pool<C: Send + 'static> {
    open: Open<C>,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<C>>,
}

impl<C: Send + 'static> Pool<C> {
    pub(crate) fn new(
        len_max: usize,
        open: impl Fn() -> Result<C, StoreError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            open: Box::new(open),
            permits: Arc::new(Semaphore::new(len_max)),
            idle: Mutex::new(Vec::new()),
        }
    }

    /// Waits for a free connection and runs `work` with it on a thread that may block. The
    /// connection is kept when `work` says that it is still good.
    pub(crate) async fn with<T, F>(self: &Arc<Self>, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&C) -> (Result<T, StoreError>, bool) + Send + 'static,
    {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|_| StoreError::Closed)?;
        let pool = Arc::clone(self);
        let work = move || {
            let connection = pool.take()?;
            let (result, is_good) = work(&connection);
            if is_good {
                pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            }
            drop(permit);
            result
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::Closed)?
    }

    fn take(&self) -> Result<C, StoreError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| (self.open)(), Ok)
    }
}

/// Closing a connection may wait for its peer, which an async task must not.
impl<C: Send + 'static> Drop for Pool<C> {
    fn drop(&mut self) {
        let idle = std::mem::take(self.idle.get_mut().unwrap_or_else(PoisonError::into_inner));
        if !idle.is_empty() {
            std::thread::spawn(move || drop(idle));
        }
    }
}
