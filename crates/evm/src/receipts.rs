//! Waits for blocks: one small question each tick, and one batch for all when there is a new block.

use crate::calls;
use crate::error::RpcError;
use crate::rpc::Rpc;
use crate::types::Receipt;
use alloy_primitives::B256;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// Transactions that are watched at most; those beyond are found by whoever looks them up.
const WATCHED_MAX: usize = 10_000;
/// Without a new block, receipts are asked for all the same after so many ticks: the node that
/// counts blocks may be another than the one that has receipts.
const TICKS_WITHOUT_MAX: u32 = 8;

/// How often the node is asked.
#[derive(Clone, Copy, Debug)]
pub struct ReceiptOptions {
    /// The pause after a transaction was sent.
    pub interval_min: Duration,
    /// What the pause grows to: about the time between blocks.
    pub interval_max: Duration,
}

impl Default for ReceiptOptions {
    fn default() -> Self {
        let (interval_min, interval_max) = (Duration::from_millis(50), Duration::from_secs(2));
        Self { interval_min, interval_max }
    }
}

/// The transactions that wait for a block; cheap to clone.
#[derive(Clone)]
pub struct Receipts(Arc<Inner>);

struct Inner {
    rpc: Rpc,
    options: ReceiptOptions,
    watched: Mutex<Watched>,
    added: Notify,
}

#[derive(Default)]
struct Watched {
    hashes: HashSet<B256>,
    has_new: bool,
}

impl Receipts {
    /// Nothing is watched at first.
    #[must_use]
    pub fn new(rpc: Rpc, options: ReceiptOptions) -> Self {
        let (watched, added) = (Mutex::default(), Notify::new());
        Self(Arc::new(Inner { rpc, options, watched, added }))
    }

    /// Watches a transaction until it is in a block or forgotten.
    pub fn watch(&self, hash: B256) {
        let mut watched = self.watched();
        if watched.hashes.len() < WATCHED_MAX && watched.hashes.insert(hash) {
            watched.has_new = true;
            self.0.added.notify_one();
        }
    }

    /// Watches a transaction no longer.
    pub fn forget(&self, hash: B256) {
        self.watched().hashes.remove(&hash);
    }

    /// Calls `found` with each receipt, once; never returns. One task does this.
    pub async fn run(&self, found: impl Fn(Receipt)) {
        let (mut last, mut pause, mut ticks) = (None, self.0.options.interval_min, 0);
        loop {
            if self.watched().hashes.is_empty() {
                self.0.added.notified().await;
            }
            if std::mem::take(&mut self.watched().has_new) {
                (pause, ticks) = (self.0.options.interval_min, TICKS_WITHOUT_MAX);
            }
            if let Err(error) = self.tick(&mut last, &mut ticks, &found).await {
                tracing::warn!(%error, "no news of blocks");
                last = None;
            }
            let _ = tokio::time::timeout(pause, self.0.added.notified()).await;
            pause = (pause * 3 / 2).min(self.0.options.interval_max);
        }
    }

    async fn tick(
        &self,
        last: &mut Option<u64>,
        ticks: &mut u32,
        found: &impl Fn(Receipt),
    ) -> Result<(), RpcError> {
        let number = self.0.rpc.call(calls::block_number()).await?.to();
        *ticks += 1;
        if *last == Some(number) && *ticks < TICKS_WITHOUT_MAX {
            return Ok(());
        }
        (*last, *ticks) = (Some(number), 0);
        let hashes: Vec<B256> = self.watched().hashes.iter().copied().collect();
        let receipts = self.0.rpc.call_all(hashes.iter().copied().map(calls::receipt)).await;
        for (hash, receipt) in hashes.into_iter().zip(receipts) {
            match receipt {
                Ok(Some(receipt)) if receipt.transaction_hash == hash => {
                    self.forget(hash);
                    found(receipt);
                }
                Ok(_) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn watched(&self) -> std::sync::MutexGuard<'_, Watched> {
        self.0.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
