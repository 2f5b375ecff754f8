//! What metrics say about the node.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Counts of this process.
#[derive(Debug, Default)]
pub struct NodeStats {
    is_up: AtomicBool,
    restarts: AtomicU64,
}

impl NodeStats {
    /// Whether its API answered when it was last asked.
    pub fn is_up(&self) -> bool {
        self.is_up.load(Ordering::Relaxed)
    }

    /// How often it was started again after it had ended.
    pub fn restarts(&self) -> u64 {
        self.restarts.load(Ordering::Relaxed)
    }

    /// Takes down whether it answers, and says whether that is new.
    pub(super) fn set_up(&self, is_up: bool) -> bool {
        self.is_up.swap(is_up, Ordering::Relaxed) != is_up
    }

    pub(super) fn count_restart(&self) {
        self.restarts.fetch_add(1, Ordering::Relaxed);
    }
}
