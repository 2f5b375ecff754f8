//! Records past their time are dropped, by one server of those that share a database.

use farebox_store::lease::{self, Instance};
use farebox_store::{Store, StoreError, Transaction, idempotency, outbox};
use std::time::Duration;

const LEASE: &str = "pruning";
/// Twice the period: the server that has it keeps it, until it is gone.
const LEASE_MS: i64 = 20 * 60 * 1_000;
const PERIOD: Duration = Duration::from_secs(600);

/// Prunes now and then, until the task is dropped.
pub async fn run(store: Store, instance: Instance) {
    let mut ticks = tokio::time::interval(PERIOD);
    loop {
        ticks.tick().await;
        let holder = instance.id().to_owned();
        let prune = move |transaction: &Transaction<'_>| prune(transaction, &holder);
        if let Err(error) = store.write(prune).await {
            tracing::warn!(%error, "old records were not pruned");
        }
    }
}

fn prune(transaction: &Transaction<'_>, holder: &str) -> Result<(), StoreError> {
    if !lease::take(transaction, LEASE, holder, LEASE_MS)? {
        return Ok(());
    }
    idempotency::prune(transaction)?;
    outbox::prune(transaction)
}

#[cfg(test)]
mod tests {
    use super::*;
    use farebox_store::params;

    #[tokio::test]
    async fn old_records_are_dropped_by_the_server_that_has_the_lease() {
        let database = farebox_testing::database();
        let store = database.open(|| vec![farebox_store::schema()]).await;
        let fill = |transaction: &Transaction<'_>| -> Result<(), StoreError> {
            for (name, at_ms) in [("old", 0), ("new", lease::now_ms(transaction)?)] {
                let sql = "INSERT INTO idempotency (scope, key, fingerprint, owner, at_ms) \
                           VALUES (?1, ?2, ?2, 'me', ?3)";
                transaction.execute(sql, params![name, [0; 32], at_ms])?;
                let sql = "INSERT INTO outbox (kind, subject, body, at_ms) \
                           VALUES ('test', ?1, '', ?2)";
                transaction.execute(sql, params![name, at_ms])?;
            }
            lease::take(transaction, LEASE, "other", LEASE_MS)?;
            Ok(())
        };
        store.write(fill).await.unwrap();
        let left = |transaction: &Transaction<'_>| {
            let sql = "SELECT scope FROM idempotency UNION ALL SELECT subject FROM outbox";
            transaction.all(sql, params![], |row| row.get::<String>(0))
        };
        store.write(|transaction| prune(transaction, "me")).await.unwrap();
        assert_eq!(store.read(left).await.unwrap().len(), 4, "another server does it");
        store.write(|transaction| prune(transaction, "other")).await.unwrap();
        assert_eq!(store.read(left).await.unwrap(), ["new", "new"]);
    }
}
