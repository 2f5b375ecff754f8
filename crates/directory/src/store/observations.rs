//! The table `observation`.

use super::{health_status, timestamp};
use crate::health::{Check, HISTORY_LEN_MAX, Observation, WINDOW_SECONDS};
use farebox_store::{Row, StoreError, Transaction, params};
use jiff::Timestamp;

/// Records a check and returns its number.
pub(crate) fn insert_observation(
    transaction: &Transaction<'_>,
    listing_id: &str,
    check: &Check,
) -> Result<i64, StoreError> {
    let sql = "INSERT INTO observation
            (listing_id, checked_at, status, response_time_ms, http_status, error_message)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING id";
    let (at, healthy) = (check.checked_at.as_second(), check.healthy.name());
    let time = check.response_time_ms;
    let row = params![listing_id, at, healthy, time, check.http_status, check.error_message];
    transaction.one(sql, row, |row| row.get(0))
}

/// The latest `len_max` observations of a listing, newest first.
pub(crate) fn history(
    transaction: &Transaction<'_>,
    listing_id: &str,
    len_max: usize,
) -> Result<Vec<Observation>, StoreError> {
    let sql = "SELECT id, checked_at, status, response_time_ms, http_status, error_message
         FROM observation WHERE listing_id = ?1 ORDER BY checked_at DESC, id DESC LIMIT ?2";
    transaction.all(sql, params![listing_id, len_max], read_observation)
}

/// Forgets everything that checks found of a listing.
pub(crate) fn clear_observations(
    transaction: &Transaction<'_>,
    listing_id: &str,
) -> Result<(), StoreError> {
    transaction.execute("DELETE FROM observation WHERE listing_id = ?1", params![listing_id])?;
    Ok(())
}

/// Up to `len_max` observations of a listing from this time on, newest first.
pub(crate) fn history_since(
    transaction: &Transaction<'_>,
    listing_id: &str,
    since: Timestamp,
    len_max: usize,
) -> Result<Vec<Observation>, StoreError> {
    let sql = "SELECT id, checked_at, status, response_time_ms, http_status, error_message
         FROM observation WHERE listing_id = ?1 AND checked_at >= ?2
         ORDER BY checked_at DESC, id DESC LIMIT ?3";
    transaction.all(sql, params![listing_id, since.as_second(), len_max], read_observation)
}

/// Forgets what is older than the window, and more than a listing may keep; never the last one.
pub(crate) fn prune(
    transaction: &Transaction<'_>,
    listing_id: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM observation WHERE listing_id = ?1 AND id IN (
            SELECT id FROM (
                SELECT id, checked_at,
                    row_number() OVER (ORDER BY checked_at DESC, id DESC) AS place
                FROM observation WHERE listing_id = ?1
            ) AS placed WHERE place > ?2 OR (checked_at < ?3 AND place > 1)
        )";
    let oldest = now.as_second().saturating_sub(WINDOW_SECONDS);
    transaction.execute(sql, params![listing_id, HISTORY_LEN_MAX, oldest])?;
    Ok(())
}

fn read_observation(row: &Row<'_>) -> Result<Observation, StoreError> {
    Ok(Observation {
        id: row.get("id")?,
        check: Check {
            checked_at: timestamp(row.get("checked_at")?)?,
            healthy: health_status(&row.get::<String>("status")?)?,
            response_time_ms: row.get("response_time_ms")?,
            http_status: row.get("http_status")?,
            error_message: row.get("error_message")?,
        },
    })
}
