//! How a payment that never came to an answer ends, over Lightning and in tokens alike.

use super::{Store, exactly_one, now_s, receipts, seconds_to_db, spends};
use farebox_store::StoreError;
use farebox_store::rusqlite::{Connection, params};

/// The last change of a payment's row.
pub(super) struct Ending {
    /// `purchase` or `transfer`.
    pub(super) table: &'static str,
    pub(super) id: i64,
    /// By which its reservation and its receipt know it.
    pub(super) payment_key: String,
    /// The state that the row must be in.
    pub(super) from: &'static str,
    pub(super) to: &'static str,
    pub(super) note: String,
}

/// What an ending does to the reservation, by payment key and time.
pub(super) type Count = fn(&Connection, &str, i64) -> Result<(), StoreError>;

impl Store {
    /// Ends a payment and does `count` to its reservation, both or neither.
    pub(super) async fn end(&self, ending: Ending, count: Count) -> Result<(), StoreError> {
        let write = move |connection: &Connection| {
            let now = seconds_to_db(now_s());
            let sql = format!(
                "UPDATE {} SET state = ?3, note = ?4, updated_at = ?5 WHERE id = ?1 AND state = ?2",
                ending.table
            );
            let Ending { id, payment_key, from, to, note, .. } = &ending;
            exactly_one(connection.execute(&sql, params![id, from, to, note, now])?)?;
            count(connection, payment_key, now)
        };
        self.database.write(write).await
    }
}

/// Nobody will find out whether it was paid: it counts for what it may have cost.
pub(super) fn count_at_worst(
    connection: &Connection,
    payment_key: &str,
    now: i64,
) -> Result<(), StoreError> {
    spends::settle_at_worst(connection, payment_key, now)?;
    receipts::given_up(connection, payment_key, now_s())
}

/// It was counted when it was paid.
pub(super) fn count_nothing(_: &Connection, _: &str, _: i64) -> Result<(), StoreError> {
    Ok(())
}
