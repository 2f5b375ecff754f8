//! Which part of the hosts this server probes: leases that are renewed, given back where another
//! server has too few, and taken over from one that stopped.

mod rows;
mod share;

pub(super) use rows::{Fence, still_held};

use super::endpoint::SHARDS;
use crate::Directory;
use farebox_store::{StoreError, Transaction};
use share::fair_share;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// The shards that this server holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Held {
    /// With the epoch since when each is held.
    pub(super) epochs: BTreeMap<u32, i64>,
    /// Those of them that are to go to another server: nothing is begun there any more.
    pub(super) leaving: BTreeSet<u32>,
    /// Until when, by this machine's monotonic clock; never later than in the database.
    pub(super) until: Option<Instant>,
}

impl Held {
    /// What a result of this shard must show, if something may be begun there and ended by
    /// `deadline`.
    pub(super) fn fence(&self, shard: u32, deadline: Instant) -> Option<Fence> {
        let is_long_enough = self.until.is_some_and(|until| deadline <= until);
        let epoch = self.epochs.get(&shard).filter(|_| !self.leaving.contains(&shard));
        epoch.filter(|_| is_long_enough).map(|epoch| Fence { shard, epoch: *epoch })
    }
}

/// Renews what is held, gives `drained` back, and takes what this server lacks of its fair share.
pub(super) async fn balance(
    directory: &Directory,
    holder: &str,
    lease: Duration,
    drained: BTreeSet<u32>,
) -> Result<Held, StoreError> {
    // Taken before the database looks at its own clock: the lease ends here first.
    let until = Instant::now() + lease;
    let holder = holder.to_owned();
    let lease_ms = i64::try_from(lease.as_millis()).unwrap_or(i64::MAX);
    let work = move |transaction: &Transaction<'_>| -> Result<Held, StoreError> {
        let node = rows::Node { holder: &holder, lease_ms };
        let live = node.say_alive(transaction)?;
        node.renew(transaction)?;
        node.give_back(transaction, &drained)?;
        let mut epochs = node.held(transaction)?;
        let share = fair_share(&live, &holder, SHARDS);
        let lacking = share.saturating_sub(epochs.len());
        if lacking > 0 {
            let taken: BTreeSet<u32> = rows::taken(transaction)?;
            let free = (0..SHARDS).filter(|shard| !taken.contains(shard));
            for shard in free.take(lacking) {
                epochs.insert(shard, node.take(transaction, shard)?);
            }
        }
        let excess = epochs.len().saturating_sub(share);
        let leaving = epochs.keys().rev().take(excess).copied().collect();
        Ok(Held { epochs, leaving, until: Some(until) })
    };
    directory.store().write(work).await
}

/// Gives everything back: the others need not wait for the leases to run out.
pub(super) async fn leave(directory: &Directory, holder: &str) -> Result<(), StoreError> {
    let holder = holder.to_owned();
    directory.store().write(move |transaction| rows::leave(transaction, &holder)).await
}
