//! Writes results down, as long as this server still holds what they are about.

use super::look::Found;
use super::shards::{Fence, still_held};
use crate::check::take_over;
use crate::record::record_in;
use crate::{Change, Directory};
use farebox_store::{StoreError, Transaction};
use std::collections::BTreeSet;

/// Results that are written in one transaction at most, so that others do not wait for long.
const BATCH_LEN_MAX: usize = 256;

/// What became of results.
#[derive(Debug, Default)]
pub(super) struct Recorded {
    /// Those that were written.
    pub(super) written: u64,
    /// The keys of those that were not, because the shard is not this server's any more.
    pub(super) refused: u64,
}

/// Writes results down in batches. What another server has taken over meanwhile is left out.
///
/// # Errors
/// [`StoreError`] with what had been written before it.
pub(super) async fn record(
    directory: &Directory,
    holder: &str,
    mut found: Vec<Found>,
) -> Result<Recorded, StoreError> {
    let mut recorded = Recorded::default();
    while !found.is_empty() {
        let rest = found.split_off(found.len().min(BATCH_LEN_MAX));
        let batch = std::mem::replace(&mut found, rest);
        let len = batch.len() as u64;
        let written = record_batch(directory, holder, batch).await?;
        recorded.written += written;
        recorded.refused += len - written.min(len);
    }
    Ok(recorded)
}

async fn record_batch(
    directory: &Directory,
    holder: &str,
    batch: Vec<Found>,
) -> Result<u64, StoreError> {
    let holder = holder.to_owned();
    let now = directory.now();
    let write = move |transaction: &Transaction<'_>| -> Result<u64, StoreError> {
        let held: BTreeSet<Fence> = still_held(transaction, &holder)?;
        let change = Change::new(transaction, now);
        let (mut written, mut checks) = (0, Vec::with_capacity(batch.len()));
        let mut taken = Vec::new();
        for mut found in batch.into_iter().filter(|found| held.contains(&found.fence)) {
            checks.append(&mut found.checks);
            taken.append(&mut found.taken);
            written += 1;
        }
        record_in(&change, checks)?;
        for (id, taken) in &taken {
            take_over(&change, id, taken)?;
        }
        Ok(written)
    };
    directory.store().write(write).await
}
