//! The table `health_run`, and what is forgotten of a history.

use super::{health_status, unreadable};
use crate::history::{Day, Found, Outcome, Run, Slot};
use farebox_store::{Dialect, Row, StoreError, ToValue, Transaction, Value, params};

/// Ended runs of a listing that are kept at most.
pub(crate) const RUNS_MAX: usize = 2_000;

const COLUMNS: &str = "SELECT started_ms, ended_ms, status, checks, outcome, http_status, \
    error_message FROM health_run WHERE listing_id = ?1";

/// Writes runs that are over.
pub(crate) fn put_runs(
    transaction: &Transaction<'_>,
    rows: &[(String, Run)],
) -> Result<(), StoreError> {
    const INTO: &str = "INSERT INTO health_run (listing_id, started_ms, ended_ms, status, checks, \
        outcome, http_status, error_message)";
    if rows.is_empty() {
        return Ok(());
    }
    if transaction.dialect() == Dialect::Sqlite {
        let sql = format!("{INTO} VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
        let rows = rows.iter().map(|(id, run)| {
            let text = run.last.error_message.as_deref();
            Ok([
                Value::Text(id.into()),
                Value::Integer(run.started_ms),
                Value::Integer(run.ended_ms.unwrap_or(run.started_ms)),
                Value::Text(run.status.name().into()),
                Value::Integer(run.checks.into()),
                Value::Integer(run.last.outcome.number().into()),
                run.last.http_status.map_or(Value::Null, |status| Value::Integer(status.into())),
                text.map_or(Value::Null, |text| Value::Text(text.into())),
            ])
        });
        return transaction.execute_each(&sql, rows, |_| Ok(()));
    }
    // A column has no nulls: 0 is no status, and an empty message none.
    let sql = format!(
        "{INTO} SELECT id, started, ended, status, checks, outcome, NULLIF(http, 0), \
         NULLIF(message, '') FROM unnest(?1::text[], ?2::bigint[], ?3::bigint[], ?4::text[], \
         ?5::bigint[], ?6::bigint[], ?7::bigint[], ?8::text[]) \
         AS run (id, started, ended, status, checks, outcome, http, message)"
    );
    let text =
        |of: fn(&Run) -> String| -> Vec<String> { rows.iter().map(|(_, run)| of(run)).collect() };
    let number =
        |of: fn(&Run) -> i64| -> Vec<i64> { rows.iter().map(|(_, run)| of(run)).collect() };
    let ids: Vec<String> = rows.iter().map(|(id, _)| id.clone()).collect();
    let columns = [
        Value::Texts(&ids),
        Value::Integers(&number(|run| run.started_ms)),
        Value::Integers(&number(|run| run.ended_ms.unwrap_or(run.started_ms))),
        Value::Texts(&text(|run| run.status.name().to_owned())),
        Value::Integers(&number(|run| run.checks.into())),
        Value::Integers(&number(|run| run.last.outcome.number().into())),
        Value::Integers(&number(|run| run.last.http_status.unwrap_or(0).into())),
        Value::Texts(&text(|run| run.last.error_message.clone().unwrap_or_default())),
    ];
    transaction.execute(&sql, &columns)?;
    Ok(())
}

/// The ended runs of a listing that reach into the time from `since_ms` on, oldest first; the
/// latest where there are too many.
pub(crate) fn runs_since(
    transaction: &Transaction<'_>,
    listing_id: &str,
    since_ms: i64,
) -> Result<Vec<Run>, StoreError> {
    let sql = format!("{COLUMNS} AND ended_ms > ?2 ORDER BY started_ms DESC LIMIT ?3");
    let mut runs = transaction.all(&sql, params![listing_id, since_ms, RUNS_MAX], read_run)?;
    runs.reverse();
    Ok(runs)
}

fn read_run(row: &Row<'_>) -> Result<Run, StoreError> {
    let outcome: u8 = row.get(4)?;
    Ok(Run {
        started_ms: row.get(0)?,
        ended_ms: Some(row.get(1)?),
        status: health_status(&row.get::<String>(2)?)?,
        checks: row.get(3)?,
        last: Found {
            outcome: Outcome::from_number(outcome).ok_or_else(|| unreadable("outcome", outcome))?,
            http_status: row.get(5)?,
            error_message: row.get(6)?,
        },
    })
}

/// Forgets what a listing's history says of the time from the slot `from` on: the days, and the
/// runs that began in it.
pub(crate) fn forget_from(
    transaction: &Transaction<'_>,
    listing_id: &str,
    from: Slot,
) -> Result<(), StoreError> {
    let days = "DELETE FROM health_day WHERE listing_id = ?1 AND day >= ?2";
    transaction.execute(days, params![listing_id, from.day().0])?;
    let runs = "DELETE FROM health_run WHERE listing_id = ?1 AND started_ms >= ?2";
    transaction.execute(runs, params![listing_id, from.start_ms()])?;
    Ok(())
}

/// Takes out the latest ended run of a listing.
pub(crate) fn take_last_run(
    transaction: &Transaction<'_>,
    listing_id: &str,
) -> Result<Option<Run>, StoreError> {
    let sql = format!("{COLUMNS} ORDER BY started_ms DESC LIMIT 1");
    let last = transaction.optional(&sql, params![listing_id], read_run)?;
    if let Some(run) = &last {
        let sql = "DELETE FROM health_run WHERE listing_id = ?1 AND started_ms = ?2";
        transaction.execute(sql, params![listing_id, run.started_ms])?;
    }
    Ok(last)
}

/// Drops what histories do not reach back to: of each of these listings the days before the one that
/// is named, and the oldest runs where there are too many.
pub(crate) fn drop_old(
    transaction: &Transaction<'_>,
    listings: &[(String, Day)],
) -> Result<(), StoreError> {
    if transaction.dialect() == Dialect::Postgres {
        let ids: Vec<String> = listings.iter().map(|(id, _)| id.clone()).collect();
        let oldest: Vec<i64> = listings.iter().map(|(_, oldest)| oldest.0).collect();
        let days = "DELETE FROM health_day USING unnest(?1::text[], ?2::bigint[]) \
                    AS kept (id, oldest) WHERE listing_id = id AND day < oldest";
        transaction.execute(days, &[Value::Texts(&ids), Value::Integers(&oldest)])?;
        let runs = "DELETE FROM health_run USING ( \
                    SELECT id, (SELECT started_ms FROM health_run AS newer \
                        WHERE newer.listing_id = id \
                        ORDER BY started_ms DESC LIMIT 1 OFFSET ?2) AS newest_dropped \
                    FROM unnest(?1::text[]) AS id) AS kept \
                    WHERE listing_id = kept.id AND started_ms <= newest_dropped";
        transaction.execute(runs, &[Value::Texts(&ids), RUNS_MAX.to_value()])?;
        return Ok(());
    }
    let days = "DELETE FROM health_day WHERE listing_id = ?1 AND day < ?2";
    let rows = listings.iter();
    let rows = rows.map(|(id, oldest)| Ok([Value::Text(id.into()), Value::Integer(oldest.0)]));
    transaction.execute_each(days, rows, |_| Ok(()))?;
    let runs = "DELETE FROM health_run WHERE listing_id = ?1 AND started_ms <= ( \
                SELECT started_ms FROM health_run WHERE listing_id = ?1 \
                ORDER BY started_ms DESC LIMIT 1 OFFSET ?2)";
    let rows = listings.iter().map(|(id, _)| Ok([Value::Text(id.into()), RUNS_MAX.to_value()]));
    transaction.execute_each(runs, rows, |_| Ok(()))
}

/// Forgets everything that checks found of a listing.
pub(crate) fn forget(transaction: &Transaction<'_>, listing_id: &str) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM listing_health WHERE listing_id = ?1",
        "DELETE FROM health_day WHERE listing_id = ?1",
        "DELETE FROM health_run WHERE listing_id = ?1",
    ] {
        transaction.execute(sql, params![listing_id])?;
    }
    Ok(())
}
