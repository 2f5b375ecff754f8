//! Payments that this process is settling, one request at a time for each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// A turn with one payment.
type Turn = tokio::sync::Mutex<()>;

/// The payments that are being settled.
#[derive(Default)]
pub(super) struct AtWork(Mutex<HashMap<[u8; 32], Weak<Turn>>>);

impl AtWork {
    /// The turn of a payment, shared by all that ask for it at a time.
    pub(super) fn turn(&self, name: [u8; 32]) -> Arc<Turn> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turns.get(&name).and_then(Weak::upgrade) {
            return turn;
        }
        turns.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::new(Turn::default());
        turns.insert(name, Arc::downgrade(&turn));
        turn
    }
}
