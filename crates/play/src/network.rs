//! The network: its wallets, its money and its housekeeping.

use crate::faults::Faults;
use crate::incoming::{self, amount};
use crate::{Clock, PlayError, PlayWallet, outgoing, random};
use bitcoin::secp256k1::{Secp256k1, SecretKey, SignOnly};
use farebox_money::Msat;
use farebox_store::rusqlite::{Connection, params};
use farebox_store::{Database, StoreError};
use std::sync::Arc;
use tokio::sync::watch;

/// Invoices that one transaction deletes at most, so that payments need not wait for long.
const PRUNE_BATCH: i64 = 1_000;

/// A play Lightning network. Cheap to clone; clones are the same network.
#[derive(Clone)]
pub struct PlayNetwork {
    pub(crate) database: Database,
    pub(crate) secp: Arc<Secp256k1<SignOnly>>,
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    /// Told after every settlement.
    pub(crate) settled: Arc<watch::Sender<()>>,
}

/// All the money of a network. The two are equal, always.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// What was ever minted.
    pub minted: Msat,
    /// The sum of all balances.
    pub balances: Msat,
}

impl PlayNetwork {
    /// Opens the network that `database`, opened with [`schema`](crate::schema), keeps. Payments
    /// that were under way when its last process ended have failed.
    ///
    /// # Errors
    /// [`PlayError::Store`] when the database cannot be written.
    pub async fn open(database: Database) -> Result<Self, PlayError> {
        let clock = Clock::default();
        let now_ms = clock.now_ms();
        database.write(move |connection| outgoing::fail_interrupted(connection, now_ms)).await?;
        Ok(Self {
            database,
            secp: Arc::new(Secp256k1::signing_only()),
            clock,
            faults: Faults::none(),
            settled: Arc::new(watch::Sender::new(())),
        })
    }

    /// The wallet called `name`, made with a node key of its own when there is none.
    ///
    /// # Errors
    /// [`PlayError`] when the database or the system's random numbers fail.
    pub async fn wallet(&self, name: &str) -> Result<PlayWallet, PlayError> {
        let name = name.to_owned();
        let fresh_key = random::node_key()?;
        let (wallet_id, node_key) = self
            .database
            .write(move |connection| get_or_create(connection, &name, &fresh_key))
            .await?;
        Ok(PlayWallet { network: self.clone(), wallet_id, node_key })
    }

    /// The time that invoices are made and expire by.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The switches for faults, for tests.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Deletes the invoices that were not paid in time, in batches; returns how many. Wallets
    /// then no longer know them.
    ///
    /// # Errors
    /// [`PlayError::Store`] when the database cannot be written.
    pub async fn prune(&self) -> Result<usize, PlayError> {
        let now_ms = self.clock.now_ms();
        let mut pruned = 0;
        loop {
            let batch = self
                .database
                .write(move |connection| incoming::prune(connection, now_ms, PRUNE_BATCH))
                .await?;
            if batch == 0 {
                return Ok(pruned);
            }
            pruned += batch;
        }
    }

    /// How many invoices wait to be paid or pruned.
    ///
    /// # Errors
    /// [`PlayError::Store`] when the database cannot be read.
    pub async fn open_invoice_count(&self) -> Result<u64, PlayError> {
        let query = |connection: &Connection| {
            let sql = "SELECT count(*) FROM incoming WHERE settled_seq IS NULL";
            let count: i64 = connection.query_row(sql, [], |row| row.get(0))?;
            Ok(count.unsigned_abs())
        };
        Ok(self.database.read(query).await?)
    }

    /// Adds up all the money there is.
    ///
    /// # Errors
    /// [`PlayError::Store`] when the database cannot be read.
    pub async fn totals(&self) -> Result<Totals, PlayError> {
        let query = |connection: &Connection| {
            let sql = "SELECT (SELECT coalesce(sum(amount_msat), 0) FROM mint), \
                       (SELECT coalesce(sum(balance_msat), 0) FROM wallet)";
            let row: (i64, i64) =
                connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(Totals { minted: amount(row.0)?, balances: amount(row.1)? })
        };
        Ok(self.database.read(query).await?)
    }
}

fn get_or_create(
    connection: &Connection,
    name: &str,
    fresh_key: &SecretKey,
) -> Result<(i64, SecretKey), PlayError> {
    connection.execute(
        "INSERT INTO wallet (name, node_key) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        params![name, fresh_key.secret_bytes()],
    )?;
    let (wallet_id, key): (i64, [u8; 32]) = connection.query_row(
        "SELECT wallet_id, node_key FROM wallet WHERE name = ?1",
        [name],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let key = SecretKey::from_slice(&key)
        .map_err(|_| StoreError::Unreadable(format!("the node key of wallet {name:?}")))?;
    Ok((wallet_id, key))
}

/// Mints `minted` for a wallet, once for each id; returns whether it was minted now.
pub(crate) fn mint(
    connection: &Connection,
    wallet_id: i64,
    mint_id: &str,
    minted: Msat,
    now_ms: i64,
) -> Result<bool, PlayError> {
    let total: i64 =
        connection
            .query_row("SELECT coalesce(sum(amount_msat), 0) FROM mint", [], |row| row.get(0))?;
    let added = minted.to_db().filter(|added| *added > 0);
    let Some(added) =
        added.filter(|_| amount(total).is_ok_and(|t| t.checked_add(minted).is_some()))
    else {
        let reason = "play money is minted up to the amount of all bitcoin, and never nothing";
        return Err(PlayError::Refused(reason.into()));
    };
    let rows = connection.execute(
        "INSERT INTO mint (wallet_id, mint_id, amount_msat, minted_at_ms) \
         VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
        params![wallet_id, mint_id, added, now_ms],
    )?;
    if rows == 1 {
        connection.execute(
            "UPDATE wallet SET balance_msat = balance_msat + ?2 WHERE wallet_id = ?1",
            [wallet_id, added],
        )?;
    }
    Ok(rows == 1)
}
