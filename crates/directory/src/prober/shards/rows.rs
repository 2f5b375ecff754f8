//! The tables `probe_node` and `probe_shard`. One writer at a time is in them, of all servers.

use farebox_store::lease::now_ms;
use farebox_store::{Row, StoreError, Transaction, params};
use std::collections::{BTreeMap, BTreeSet};

/// A server that is gone for so many leases is forgotten.
const FORGOTTEN_LEASES: i64 = 10;

/// Under what a probe was begun: its result counts as long as this is still so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fence {
    pub(crate) shard: u32,
    pub(crate) epoch: i64,
}

/// This server.
pub(super) struct Node<'a> {
    pub(super) holder: &'a str,
    pub(super) lease_ms: i64,
}

impl Node<'_> {
    fn until_ms(&self, transaction: &Transaction<'_>) -> Result<i64, StoreError> {
        Ok(now_ms(transaction)?.saturating_add(self.lease_ms))
    }

    /// Says that this server probes, and returns all that do.
    pub(super) fn say_alive(
        &self,
        transaction: &Transaction<'_>,
    ) -> Result<Vec<String>, StoreError> {
        let until_ms = self.until_ms(transaction)?;
        let sql = "INSERT INTO probe_node (holder, until_ms) VALUES (?1, ?2) \
                   ON CONFLICT (holder) DO UPDATE SET until_ms = excluded.until_ms";
        transaction.execute(sql, params![self.holder, until_ms])?;
        let now = now_ms(transaction)?;
        let long_gone = now.saturating_sub(self.lease_ms.saturating_mul(FORGOTTEN_LEASES));
        transaction.execute("DELETE FROM probe_node WHERE until_ms < ?1", params![long_gone])?;
        let sql = "SELECT holder FROM probe_node WHERE until_ms > ?1 ORDER BY holder LIMIT 1000";
        transaction.all(sql, params![now], |row| row.get(0))
    }

    /// Renews what has not run out. What has, may be somebody else's by now.
    pub(super) fn renew(&self, transaction: &Transaction<'_>) -> Result<(), StoreError> {
        let (now, until_ms) = (now_ms(transaction)?, self.until_ms(transaction)?);
        let sql = "UPDATE probe_shard SET until_ms = ?3 WHERE holder = ?1 AND until_ms > ?2";
        transaction.execute(sql, params![self.holder, now, until_ms])?;
        Ok(())
    }

    pub(super) fn held(
        &self,
        transaction: &Transaction<'_>,
    ) -> Result<BTreeMap<u32, i64>, StoreError> {
        let sql = "SELECT shard, epoch FROM probe_shard WHERE holder = ?1 AND until_ms > ?2";
        let read = |row: &Row<'_>| Ok::<_, StoreError>((row.get(0)?, row.get(1)?));
        let held = transaction.all(sql, params![self.holder, now_ms(transaction)?], read)?;
        Ok(held.into_iter().collect())
    }

    /// Ends leases of this server; the epochs stay, so that they go on growing.
    pub(super) fn give_back(
        &self,
        transaction: &Transaction<'_>,
        shards: &BTreeSet<u32>,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE probe_shard SET until_ms = 0 WHERE holder = ?1 AND shard = ?2";
        for shard in shards {
            transaction.execute(sql, params![self.holder, *shard])?;
        }
        Ok(())
    }

    /// Takes a shard that is free and returns its epoch.
    pub(super) fn take(
        &self,
        transaction: &Transaction<'_>,
        shard: u32,
    ) -> Result<i64, StoreError> {
        let sql = "INSERT INTO probe_shard (shard, holder, epoch, until_ms) VALUES (?1, ?2, 1, ?3) \
                   ON CONFLICT (shard) DO UPDATE SET holder = excluded.holder, \
                   epoch = probe_shard.epoch + 1, until_ms = excluded.until_ms RETURNING epoch";
        let until_ms = self.until_ms(transaction)?;
        transaction.one(sql, params![shard, self.holder, until_ms], |row| row.get(0))
    }
}

/// The shards that somebody holds.
pub(super) fn taken(transaction: &Transaction<'_>) -> Result<BTreeSet<u32>, StoreError> {
    let sql = "SELECT shard FROM probe_shard WHERE until_ms > ?1";
    let taken: Vec<u32> =
        transaction.all(sql, params![now_ms(transaction)?], |row| row.get::<u32>(0))?;
    Ok(taken.into_iter().collect())
}

/// The fences of a server that still hold in this transaction.
pub(crate) fn still_held(
    transaction: &Transaction<'_>,
    holder: &str,
) -> Result<BTreeSet<Fence>, StoreError> {
    let node = Node { holder, lease_ms: 0 };
    let held = node.held(transaction)?;
    Ok(held.into_iter().map(|(shard, epoch)| Fence { shard, epoch }).collect())
}

/// Ends all leases of a server, and its being one of those that probe.
pub(super) fn leave(transaction: &Transaction<'_>, holder: &str) -> Result<(), StoreError> {
    let sql = "UPDATE probe_shard SET until_ms = 0 WHERE holder = ?1";
    transaction.execute(sql, params![holder])?;
    transaction.execute("DELETE FROM probe_node WHERE holder = ?1", params![holder])?;
    Ok(())
}
