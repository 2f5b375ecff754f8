//! Results on their way to the database.

use super::{Done, Sweep};
use crate::prober::look::{Found, is_doubtful};
use crate::prober::outage::Decision;
use crate::prober::record::{Recorded, record};
use farebox_store::StoreError;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// When an endpoint is probed again whose result was not recorded.
const AGAIN_MS: i64 = 30_000;
/// How often the directory shows what was recorded.
const SHOW_PERIOD: Duration = Duration::from_secs(1);
impl Sweep {
    pub(super) fn begin_recording(&mut self) {
        self.recorded_at = Instant::now();
        let now_ms = self.now_ms();
        if self.unrecorded.is_empty() && self.doubtful.is_empty() {
            return;
        }
        if self.watch.decide(now_ms) == Decision::Discard {
            self.discard(now_ms);
            return;
        }
        let fresh = std::mem::take(&mut self.unrecorded);
        let (doubtful, mut ready): (Vec<_>, Vec<_>) = fresh.into_iter().partition(is_doubtful);
        // Another look at the whole has found nothing wrong with them.
        ready.append(&mut self.doubtful);
        self.doubtful = doubtful;
        if ready.is_empty() {
            return;
        }
        let name = |found: &Found| (found.endpoint.key, found.endpoint.shard());
        self.recording = ready.iter().map(name).collect();
        self.is_recording = true;
        let prober = Arc::clone(&self.prober);
        self.tasks.spawn(async move {
            Done::Recorded(record(&prober.directory, &prober.holder, ready).await)
        });
    }

    /// Nobody is judged by what our own network did. Everything is due again when it may be over.
    fn discard(&mut self, now_ms: i64) {
        let unrecorded = std::mem::take(&mut self.unrecorded);
        let all: Vec<Found> =
            unrecorded.into_iter().chain(std::mem::take(&mut self.doubtful)).collect();
        let count = all.len();
        for found in all {
            self.close(found.endpoint.shard());
            self.plan.postpone(found.endpoint.key, now_ms.saturating_add(AGAIN_MS));
        }
        self.prober.directory.sweep_figures().count_discarded(count as u64);
        tracing::warn!(
            count,
            "most hosts fell silent together: that is our own network; the results are discarded"
        );
    }

    pub(super) fn recorded(&mut self, recorded: Result<Recorded, StoreError>) {
        self.is_recording = false;
        let now = self.prober.directory.now();
        let again_ms = now.as_millisecond().saturating_add(AGAIN_MS);
        let figures = Arc::clone(self.prober.directory.sweep_figures());
        let is_written = recorded.is_ok();
        match recorded {
            Ok(Recorded { written, refused }) => {
                figures.count_recorded(written, now);
                figures.count_discarded(refused);
            }
            Err(error) => tracing::error!(%error, "results of the sweep were not recorded"),
        }
        for (key, shard) in std::mem::take(&mut self.recording) {
            self.close(shard);
            if !is_written {
                self.plan.postpone(key, again_ms);
            }
        }
        if self.showing.begins(SHOW_PERIOD) {
            let directory = self.prober.directory.clone();
            self.tasks.spawn(async move {
                if let Err(error) = directory.refresh().await {
                    tracing::warn!(%error, "the directory shows an older state until it can read");
                }
                Done::Shown
            });
        }
    }
}
