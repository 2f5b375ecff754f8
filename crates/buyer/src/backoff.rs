//! Waiting longer each time.

use std::time::Duration;

/// Waits that grow by half each time, up to a limit.
pub(crate) struct Backoff {
    next: Duration,
    max: Duration,
}

impl Backoff {
    pub(crate) const fn new(first: Duration, max: Duration) -> Self {
        Self { next: first, max }
    }

    pub(crate) fn next(&mut self) -> Duration {
        let wait = self.next.min(self.max);
        self.next = wait + wait / 2;
        wait
    }
}
