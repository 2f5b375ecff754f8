//! Leases: what one process at a time does, or what is alive, until it stops saying so.
//!
//! Times are the database's own, so that the clocks of several machines need not agree.

use crate::{Dialect, Store, StoreError, Transaction, params};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long a process counts as alive after it last said so.
const ALIVE_MS: i64 = 60_000;
const HEARTBEAT: Duration = Duration::from_secs(10);

/// Milliseconds since 1970, by the clock that all processes on this database share.
///
/// # Errors
/// [`StoreError`] when a PostgreSQL does not answer.
pub fn now_ms(transaction: &Transaction<'_>) -> Result<i64, StoreError> {
    match transaction.dialect() {
        Dialect::Sqlite => {
            let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            Ok(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
        }
        Dialect::Postgres => {
            let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
            transaction.one(sql, params![], |row| row.get(0))
        }
    }
}

/// Takes the lease `name` for `ttl_ms` from now, or renews it. `false` when somebody else has it.
///
/// # Errors
/// [`StoreError`].
pub fn take(
    transaction: &Transaction<'_>,
    name: &str,
    holder: &str,
    ttl_ms: i64,
) -> Result<bool, StoreError> {
    let now = now_ms(transaction)?;
    let sql = "INSERT INTO lease (name, holder, until_ms) VALUES (?1, ?2, ?3) \
               ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, \
               until_ms = excluded.until_ms \
               WHERE lease.holder = excluded.holder OR lease.until_ms <= ?4";
    let until = now.saturating_add(ttl_ms);
    Ok(transaction.execute(sql, params![name, holder, until, now])? == 1)
}

/// Gives a lease back before its time.
///
/// # Errors
/// [`StoreError`].
pub fn give_back(
    transaction: &Transaction<'_>,
    name: &str,
    holder: &str,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM lease WHERE name = ?1 AND holder = ?2";
    transaction.execute(sql, params![name, holder])?;
    Ok(())
}

/// This process, as long as it lives. What a process that died had begun, others may end.
#[derive(Clone)]
pub struct Instance {
    store: Store,
    id: String,
}

impl Instance {
    /// Says that this process is alive, from now on under a name of its own. A database that only
    /// one process can have open forgets all earlier ones.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn start(store: Store) -> Result<Self, StoreError> {
        let mut bytes = [0; 12];
        let no_random = |_| StoreError::Unreadable("no random bytes".to_owned());
        getrandom::fill(&mut bytes).map_err(no_random)?;
        let instance = Self { store, id: hex::encode(bytes) };
        let is_shared = instance.store.is_shared();
        let id = instance.id.clone();
        let start = move |transaction: &Transaction<'_>| -> Result<(), StoreError> {
            if !is_shared {
                transaction.execute("DELETE FROM lease", params![])?;
            }
            say_alive(transaction, &id)
        };
        instance.store.write(start).await?;
        Ok(instance)
    }

    /// Its name: what an owner is called in tables.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Says again and again that the process is alive, until the future is dropped.
    pub async fn keep_alive(&self) {
        let mut ticks = tokio::time::interval(HEARTBEAT);
        loop {
            ticks.tick().await;
            let id = self.id.clone();
            let beat = move |transaction: &Transaction<'_>| say_alive(transaction, &id);
            if let Err(error) = self.store.write(beat).await {
                tracing::error!(%error, "the other processes were not told that this one lives");
            }
        }
    }

    /// Says that the process ends: what it had begun can be taken over at once.
    ///
    /// # Errors
    /// [`StoreError`]; then the others notice after a minute.
    pub async fn end(&self) -> Result<(), StoreError> {
        let id = self.id.clone();
        let end = move |transaction: &Transaction<'_>| give_back(transaction, &lease_of(&id), &id);
        self.store.write(end).await
    }
}

fn lease_of(id: &str) -> String {
    format!("instance:{id}")
}

fn say_alive(transaction: &Transaction<'_>, id: &str) -> Result<(), StoreError> {
    take(transaction, &lease_of(id), id, ALIVE_MS)?;
    let now = now_ms(transaction)?;
    // Long gone, and whatever they had begun was taken over.
    let old = "DELETE FROM lease WHERE name LIKE 'instance:%' AND until_ms < ?1";
    transaction.execute(old, params![now - 60 * ALIVE_MS])?;
    Ok(())
}

/// The names of the processes that are alive.
///
/// # Errors
/// [`StoreError`].
pub fn alive(transaction: &Transaction<'_>) -> Result<Vec<String>, StoreError> {
    let now = now_ms(transaction)?;
    let sql = "SELECT holder FROM lease WHERE name LIKE 'instance:%' AND until_ms > ?1";
    transaction.all(sql, params![now], |row| row.get(0))
}
