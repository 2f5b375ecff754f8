//! Waiting for what a test means, however slow the machine is.

use std::time::{Duration, Instant};

/// Far more than anything here takes on an idle machine.
const WAIT_MAX: Duration = Duration::from_secs(180);
const PAUSE: Duration = Duration::from_millis(50);

/// Looks again and again until there is something to see.
///
/// # Panics
///
/// When there is nothing for three minutes; `what` says what was waited for.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(begun.elapsed() < WAIT_MAX, "waited in vain for {what}");
        tokio::time::sleep(PAUSE).await;
    }
}
