//! Windows as rows.

use crate::Policy;
use crate::window::Window;
use farebox_store::{Dialect, StoreError, Transaction, Value, lease, params};
use std::collections::HashMap;

/// Rows that are dropped in one transaction: others wait for it.
const PRUNED_MAX: u64 = 5_000;

/// The tables, each with rows of the same shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    /// What survives a restart.
    Durable,
    /// What several servers share for a minute; on PostgreSQL only.
    Shared,
}

impl Table {
    const fn name(self) -> &'static str {
        match self {
            Self::Durable => "limit_window",
            Self::Shared => "limit_block",
        }
    }
}

/// The time by which rows are counted: the database's own, or that of a test.
pub(crate) fn now_ms(transaction: &Transaction<'_>, given: Option<u64>) -> Result<u64, StoreError> {
    match given {
        Some(now) => Ok(now),
        None => Ok(u64::try_from(lease::now_ms(transaction)?).unwrap_or(0)),
    }
}

/// What one subject took.
pub(crate) fn load(transaction: &Transaction<'_>, subject: &str) -> Result<Window, StoreError> {
    let sql = "SELECT newest, counts FROM limit_window WHERE subject = ?1";
    let found = transaction
        .optional(sql, params![subject], |row| read(row.get(0)?, &row.get::<Vec<u8>>(1)?))?;
    Ok(found.unwrap_or_default())
}

/// Notes what one subject took.
pub(crate) fn save(
    transaction: &Transaction<'_>,
    subject: &str,
    window: &Window,
    policy: Policy,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO limit_window (subject, newest, counts, forget_at_ms) \
               VALUES (?1, ?2, ?3, ?4) ON CONFLICT (subject) DO UPDATE \
               SET newest = excluded.newest, counts = excluded.counts, \
               forget_at_ms = excluded.forget_at_ms";
    let (newest, counts) = window.to_row();
    transaction.execute(sql, params![subject, newest, counts, window.forget_at_ms(policy)])?;
    Ok(())
}

/// What several subjects took of limits that servers share.
pub(crate) fn load_shared(
    transaction: &Transaction<'_>,
    subjects: &[String],
) -> Result<HashMap<String, Window>, StoreError> {
    let sql = "SELECT subject, newest, counts FROM limit_block WHERE subject = ANY(?1)";
    let rows = transaction.all(sql, &[Value::Texts(subjects)], |row| {
        let window = read(row.get(1)?, &row.get::<Vec<u8>>(2)?)?;
        Ok::<_, StoreError>((row.get::<String>(0)?, window))
    })?;
    Ok(rows.into_iter().collect())
}

/// Notes what several subjects took of limits that servers share; each with when it can be
/// forgotten, in milliseconds since 1970.
pub(crate) fn save_shared(
    transaction: &Transaction<'_>,
    windows: Vec<(String, Window, u64)>,
) -> Result<(), StoreError> {
    let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let (mut subjects, mut newest) = (Vec::new(), Vec::new());
    let (mut counts, mut forget_at) = (Vec::new(), Vec::new());
    for (subject, window, forget_at_ms) in windows {
        let (part, bytes) = window.to_row();
        subjects.push(subject);
        newest.push(whole(part));
        counts.push(bytes);
        forget_at.push(whole(forget_at_ms));
    }
    let sql = "INSERT INTO limit_block (subject, newest, counts, forget_at_ms) \
               SELECT * FROM unnest(?1::text[], ?2::bigint[], ?3::bytea[], ?4::bigint[]) \
               ON CONFLICT (subject) DO UPDATE SET newest = excluded.newest, \
               counts = excluded.counts, forget_at_ms = excluded.forget_at_ms";
    let values = [
        Value::Texts(&subjects),
        Value::Integers(&newest),
        Value::Blobs(&counts),
        Value::Integers(&forget_at),
    ];
    transaction.execute(sql, &values)?;
    Ok(())
}

/// Drops rows of which nothing counts any more. Whether there may be others.
pub(crate) fn prune(
    transaction: &Transaction<'_>,
    table: Table,
    given_ms: Option<u64>,
) -> Result<bool, StoreError> {
    if table == Table::Shared && transaction.dialect() == Dialect::Sqlite {
        return Ok(false);
    }
    let now = now_ms(transaction, given_ms)?;
    let table = table.name();
    let sql = format!(
        "DELETE FROM {table} WHERE subject IN \
         (SELECT subject FROM {table} WHERE forget_at_ms < ?1 LIMIT {PRUNED_MAX})"
    );
    Ok(transaction.execute(&sql, params![now])? == PRUNED_MAX)
}

fn read(newest: u64, counts: &[u8]) -> Result<Window, StoreError> {
    let unreadable = || StoreError::Unreadable("the counts of a limit".to_owned());
    Window::from_row(newest, counts).ok_or_else(unreadable)
}
