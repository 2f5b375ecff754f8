//! The time of a play network.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The machine's clock, until somebody moves it forward. Clones move together.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    advance_ms: Arc<AtomicI64>,
}

impl Clock {
    /// Milliseconds since 1970.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        let machine = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        millis(machine).saturating_add(self.advance_ms.load(Ordering::SeqCst))
    }

    /// Moves the time forward, so that a test need not wait for an invoice to expire.
    pub fn advance(&self, by: Duration) {
        self.advance_ms.fetch_add(millis(by), Ordering::SeqCst);
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
