//! Those who wait for the outcome of a payment in this process.

use super::payment::PaymentId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// Who waits for what.
#[derive(Default)]
pub(super) struct Waiting(Arc<Mutex<HashMap<PaymentId, Entry>>>);

#[derive(Default)]
struct Entry {
    notify: Arc<Notify>,
    count: usize,
}

/// One who waits; gone when dropped.
pub(super) struct Waiter {
    waiting: Arc<Mutex<HashMap<PaymentId, Entry>>>,
    id: PaymentId,
    pub(super) notify: Arc<Notify>,
}

impl Waiting {
    pub(super) fn join(&self, id: PaymentId) -> Waiter {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.entry(id).or_default();
        entry.count += 1;
        Waiter { waiting: Arc::clone(&self.0), id, notify: Arc::clone(&entry.notify) }
    }

    pub(super) fn tell(&self, id: PaymentId) {
        if let Some(entry) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id) {
            entry.notify.notify_waiters();
        }
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let mut entries = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = entries.get_mut(&self.id) {
            entry.count -= 1;
            if entry.count == 0 {
                entries.remove(&self.id);
            }
        }
    }
}
