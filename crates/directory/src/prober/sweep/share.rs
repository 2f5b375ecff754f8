//! What this server's share of the sweep is.

use super::{Beat, Done, Sweep};
use crate::prober::endpoint::SHARDS;
use crate::prober::plan::Planned;
use crate::prober::planned::planned;
use crate::prober::shards::{Held, balance};
use farebox_store::StoreError;
use std::sync::Arc;
use std::time::Instant;

impl Sweep {
    pub(super) fn begin_balancing(&mut self) {
        let leaving = self.held.leaving.iter().copied();
        let drained = leaving.filter(|shard| !self.open.contains_key(shard)).collect();
        let prober = Arc::clone(&self.prober);
        self.tasks.spawn(async move {
            let lease = prober.options.lease;
            let held = balance(&prober.directory, &prober.holder, lease, drained).await;
            Done::Balanced(held)
        });
    }

    /// Reads what is recorded after the shards were taken: whoever held them before has recorded
    /// there until then.
    pub(super) fn begin_update(&mut self, held: Held) {
        let directory = self.prober.directory.clone();
        self.updating = Beat { is_under_way: true, begun: Some(Instant::now()) };
        self.tasks.spawn(async move {
            if let Err(error) = directory.refresh().await {
                tracing::warn!(%error, "the sweep goes on with what was recorded earlier");
                // Nothing new is taken on without knowing what was recorded there.
                return Done::Updated(Held::default(), Vec::new());
            }
            let snapshot = directory.snapshot();
            let build = move || (planned(&snapshot, &held), held);
            match tokio::task::spawn_blocking(build).await {
                Ok((planned, held)) => Done::Updated(held, planned),
                Err(_) => Done::Updated(Held::default(), Vec::new()),
            }
        });
    }

    pub(super) fn balanced(&mut self, held: Result<Held, StoreError>) {
        self.balancing.is_under_way = false;
        match held {
            Ok(held) if held.epochs == self.held.epochs => self.held = held,
            // Nothing is begun in new shards before it is known what was recorded there.
            Ok(held) if !self.updating.is_under_way => self.begin_update(held),
            Ok(held) => self.next_held = Some(held),
            Err(error) => tracing::warn!(%error, "the sweep's leases were not renewed"),
        }
    }

    pub(super) fn updated(&mut self, held: Held, planned: Vec<Planned>) {
        self.updating.is_under_way = false;
        let is_later = held.until >= self.held.until;
        if held.epochs != self.held.epochs && is_later {
            let (own, lost) = (held.epochs.len(), self.held.epochs.len());
            tracing::info!(shards = own, before = lost, of = SHARDS, "the share of the sweep");
            self.held = held.clone();
        }
        if held.epochs == self.held.epochs {
            let now_ms = self.now_ms();
            self.plan.update(planned, now_ms);
        }
        let figures = self.prober.directory.sweep_figures();
        figures.set_share(self.plan.len(), self.held.epochs.len());
        if let Some(held) = self.next_held.take() {
            self.begin_update(held);
        }
    }
}
