//! The table `listing_health`.

use super::{health_status, unreadable};
use crate::Health;
use crate::history::{Day, DayRecord, Past, Progress, State, Track};
use crate::recent::Recent;
use crate::store::revision::Revision;
use farebox_store::{Dialect, Row, StoreError, Transaction, Value, params};
use std::collections::HashMap;

/// How the active ones among these listings stand; `None` for one that was never checked.
pub(crate) fn progress_of(
    transaction: &Transaction<'_>,
    ids: &[String],
) -> Result<HashMap<String, Option<Progress>>, StoreError> {
    const COLUMNS: &str = "SELECT listing.id, health.status, health.state, health.recent, \
        health.day, health.codes, health.past FROM listing \
        LEFT JOIN listing_health AS health ON health.listing_id = listing.id \
        WHERE listing.status = 'active' AND listing.id";
    let rows = match transaction.dialect() {
        Dialect::Postgres => {
            let sql = format!("{COLUMNS} = ANY(?1::text[])");
            transaction.all(&sql, &[Value::Texts(ids)], read_progress)?
        }
        Dialect::Sqlite => {
            let sql = format!("{COLUMNS} = ?1");
            let rows = ids.iter().map(|id| [Value::Text(id.into())]);
            let found = transaction.optional_each(&sql, rows, read_progress)?;
            found.into_iter().map(|(_, row)| row).collect()
        }
    };
    Ok(rows.into_iter().collect())
}

fn read_progress(row: &Row<'_>) -> Result<(String, Option<Progress>), StoreError> {
    let id: String = row.get(0)?;
    let Some(status) = row.get::<Option<String>>(1)? else { return Ok((id, None)) };
    let unreadable = || unreadable("history of listing", &id);
    let state: State = serde_json::from_str(&row.get::<String>(2)?).map_err(|_| unreadable())?;
    let codes = DayRecord::decode(&row.get::<Vec<u8>>(5)?);
    let slots = Track {
        today: Day(row.get(4)?),
        codes: codes.as_ref().and_then(DayRecord::codes).cloned().ok_or_else(unreadable)?,
        past: Past::decode(&row.get::<Vec<u8>>(6)?).ok_or_else(unreadable)?,
        ..Track::new(0)
    };
    let recent = Recent::from_json(row.get(3)?);
    let progress = state.progress(health_status(&status)?, recent, slots);
    let progress = progress.ok_or_else(unreadable)?;
    Ok((id, Some(progress)))
}

/// What is shown of a row whose columns are named `health_status`, `health_state` and
/// `health_recent`; nothing but unknown where there is none.
pub(super) fn read_health(row: &Row<'_>) -> Result<Health, StoreError> {
    let Some(status) = row.get::<Option<String>>("health_status")? else {
        return Ok(Health::default());
    };
    let state: String = row.get("health_state")?;
    let recent = Recent::from_json(row.get("health_recent")?);
    let state: State = serde_json::from_str(&state).map_err(|_| unreadable("health", &state))?;
    let health = state.health(health_status(&status)?, recent);
    health.ok_or_else(|| unreadable("health", status))
}

/// The health of the listings whose health changed after a revision.
pub(crate) fn health_changed_after(
    transaction: &Transaction<'_>,
    revision: Revision,
) -> Result<Vec<(String, Health)>, StoreError> {
    let sql = "SELECT listing_id, status AS health_status, state AS health_state, \
               recent AS health_recent FROM listing_health WHERE changed_seq > ?1";
    transaction.all(sql, params![revision.0], |row| Ok((row.get(0)?, read_health(row)?)))
}

/// Writes how these listings stand, as a change of this revision.
pub(crate) fn put_progress(
    transaction: &Transaction<'_>,
    rows: &[(String, Progress)],
    revision: Revision,
) -> Result<(), StoreError> {
    const INTO: &str = "INSERT INTO listing_health \
        (listing_id, status, state, recent, day, codes, past, changed_seq)";
    const CONFLICT: &str = "ON CONFLICT (listing_id) DO UPDATE SET status = excluded.status, \
        state = excluded.state, recent = excluded.recent, day = excluded.day, \
        codes = excluded.codes, past = excluded.past, changed_seq = excluded.changed_seq";
    if transaction.dialect() == Dialect::Sqlite {
        let sql = format!("{INTO} VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) {CONFLICT}");
        let rows = rows.iter().map(|(id, progress)| {
            let track = &progress.track;
            Ok([
                Value::Text(id.into()),
                Value::Text(progress.status.name().into()),
                Value::Text(progress.state().into()),
                Value::Text(progress.recent.as_json().into()),
                Value::Integer(track.today.0),
                Value::Blob(track.codes.encode().into()),
                Value::Blob(track.past.encode().into()),
                Value::Integer(revision.0),
            ])
        });
        return transaction.execute_each(&sql, rows, |_| Ok(()));
    }
    let sql = format!(
        "{INTO} SELECT *, ?8::bigint FROM unnest(?1::text[], ?2::text[], ?3::text[], \
         ?4::text[], ?5::bigint[], ?6::bytea[], ?7::bytea[]) {CONFLICT}"
    );
    let ids: Vec<String> = rows.iter().map(|(id, _)| id.clone()).collect();
    let text = |of: fn(&Progress) -> String| -> Vec<String> {
        rows.iter().map(|(_, progress)| of(progress)).collect()
    };
    let days: Vec<i64> = rows.iter().map(|(_, progress)| progress.track.today.0).collect();
    let blob = |of: fn(&Track) -> Vec<u8>| -> Vec<Vec<u8>> {
        rows.iter().map(|(_, progress)| of(&progress.track)).collect()
    };
    let columns = [
        Value::Texts(&ids),
        Value::Texts(&text(|progress| progress.status.name().to_owned())),
        Value::Texts(&text(Progress::state)),
        Value::Texts(&text(|progress| progress.recent.as_json().to_owned())),
        Value::Integers(&days),
        Value::Blobs(&blob(|track| track.codes.encode())),
        Value::Blobs(&blob(|track| track.past.encode())),
        Value::Integer(revision.0),
    ];
    transaction.execute(&sql, &columns)?;
    Ok(())
}
