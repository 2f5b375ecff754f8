//! What happened, written in the transaction in which it happened, for those who are to be told.

use crate::{StoreError, Transaction, lease, params};

/// How long an event is kept.
const KEPT_MS: i64 = 30 * 24 * 3_600 * 1_000;

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its place; grows, with gaps.
    pub seq: u64,
    /// What happened, such as `topup.settled`.
    pub kind: String,
    /// Whom it concerns, such as an account's id.
    pub subject: String,
    /// The particulars as JSON, without secrets.
    pub body: String,
    /// Milliseconds since 1970.
    pub at_ms: i64,
}

/// Writes an event.
///
/// # Errors
/// [`StoreError`].
pub fn append(
    transaction: &Transaction<'_>,
    kind: &str,
    subject: &str,
    body: &str,
) -> Result<(), StoreError> {
    let now = lease::now_ms(transaction)?;
    let sql = "INSERT INTO outbox (kind, subject, body, at_ms) VALUES (?1, ?2, ?3, ?4)";
    transaction.execute(sql, params![kind, subject, body, now])?;
    Ok(())
}

/// Up to `len_max` events after the place `seq`, oldest first. One writer at a time makes them
/// visible in their order, so that whoever reads on from the last place misses none.
///
/// # Errors
/// [`StoreError`].
pub fn after(
    transaction: &Transaction<'_>,
    seq: u64,
    len_max: usize,
) -> Result<Vec<Event>, StoreError> {
    let sql = "SELECT seq, kind, subject, body, at_ms FROM outbox \
               WHERE seq > ?1 ORDER BY seq LIMIT ?2";
    transaction.all(sql, params![seq, len_max], |row| {
        Ok(Event {
            seq: row.get(0)?,
            kind: row.get(1)?,
            subject: row.get(2)?,
            body: row.get(3)?,
            at_ms: row.get(4)?,
        })
    })
}

/// Drops events past their time.
///
/// # Errors
/// [`StoreError`].
pub fn prune(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    let now = lease::now_ms(transaction)?;
    transaction.execute("DELETE FROM outbox WHERE at_ms < ?1", params![now - KEPT_MS])?;
    Ok(())
}
