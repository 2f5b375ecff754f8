//! The table `health_day`, and histories as they are read.

use super::health::progress_of;
use super::runs::runs_since;
use super::unreadable;
use crate::history::{Chronicle, Day, DayRecord, Days, Needs};
use farebox_store::{Dialect, Row, StoreError, Transaction, Value, params};
use std::collections::HashMap;

/// The days that checks of these listings need.
pub(crate) fn days_of(
    transaction: &Transaction<'_>,
    wanted: &[(&str, Needs)],
) -> Result<HashMap<String, Days>, StoreError> {
    let mut found: HashMap<String, Days> = HashMap::new();
    let (mut ids, mut days) = (Vec::new(), Vec::new());
    let (mut whole_ids, mut firsts) = (Vec::new(), Vec::new());
    for (id, needs) in wanted {
        match needs {
            Needs::Only(only) => {
                ids.extend(only.iter().map(|_| (*id).to_owned()));
                days.extend(only.iter().map(|day| day.0));
            }
            Needs::All { first } => {
                whole_ids.push((*id).to_owned());
                firsts.push(first.0);
            }
        }
    }
    let mut keep = |row: &Row<'_>| -> Result<(), StoreError> {
        let (id, day, record) = read_day(row)?;
        found.entry(id).or_default().insert(day, record);
        Ok(())
    };
    const COLUMNS: &str = "SELECT listing_id, day, record FROM health_day";
    match transaction.dialect() {
        Dialect::Postgres => {
            let unnest = "unnest(?1::text[], ?2::bigint[]) AS wanted (id, first)";
            let (exact, whole) = (
                format!("{COLUMNS} JOIN {unnest} ON listing_id = id AND day = first"),
                format!("{COLUMNS} JOIN {unnest} ON listing_id = id AND day >= first"),
            );
            transaction.each(&exact, &[Value::Texts(&ids), Value::Integers(&days)], &mut keep)?;
            let columns = [Value::Texts(&whole_ids), Value::Integers(&firsts)];
            transaction.each(&whole, &columns, &mut keep)?;
        }
        Dialect::Sqlite => {
            let exact = format!("{COLUMNS} WHERE listing_id = ?1 AND day = ?2");
            let keys = ids.iter().zip(&days);
            let rows = keys.map(|(id, day)| [Value::Text(id.into()), Value::Integer(*day)]);
            transaction.optional_each(&exact, rows, &mut keep)?;
            let whole = format!("{COLUMNS} WHERE listing_id = ?1 AND day >= ?2");
            for (id, first) in whole_ids.iter().zip(&firsts) {
                transaction.each(&whole, params![id, first], &mut keep)?;
            }
        }
    }
    Ok(found)
}

/// The histories of these listings from `first` on, in their order; empty for one that was never
/// checked or is not active.
pub(crate) fn chronicles(
    transaction: &Transaction<'_>,
    ids: &[String],
    first: Day,
) -> Result<Vec<Chronicle>, StoreError> {
    let mut progress = progress_of(transaction, ids)?;
    let wanted: Vec<_> = ids.iter().map(|id| (id.as_str(), Needs::All { first })).collect();
    let mut days = days_of(transaction, &wanted)?;
    let since_ms = first.start().as_millisecond();
    let chronicle = |id: &String| {
        let Some(progress) = progress.remove(id).flatten() else {
            return Ok(Chronicle::default());
        };
        let runs = runs_since(transaction, id, since_ms)?;
        Ok(progress.chronicle(days.remove(id).unwrap_or_default(), runs))
    };
    ids.iter().map(chronicle).collect()
}

fn read_day(row: &Row<'_>) -> Result<(String, Day, DayRecord), StoreError> {
    let id: String = row.get(0)?;
    let record = DayRecord::decode(&row.get::<Vec<u8>>(2)?);
    let record = record.ok_or_else(|| unreadable("day in the history of listing", &id))?;
    Ok((id, Day(row.get(1)?), record))
}

/// Writes days that are over.
pub(crate) fn put_days(
    transaction: &Transaction<'_>,
    rows: &[(String, Day, Vec<u8>)],
) -> Result<(), StoreError> {
    const INTO: &str = "INSERT INTO health_day (listing_id, day, record)";
    const CONFLICT: &str = "ON CONFLICT (listing_id, day) DO UPDATE SET record = excluded.record";
    if rows.is_empty() {
        return Ok(());
    }
    if transaction.dialect() == Dialect::Sqlite {
        let sql = format!("{INTO} VALUES (?1, ?2, ?3) {CONFLICT}");
        let rows = rows.iter().map(|(id, day, record)| {
            Ok([Value::Text(id.into()), Value::Integer(day.0), Value::Blob(record.into())])
        });
        return transaction.execute_each(&sql, rows, |_| Ok(()));
    }
    let sql =
        format!("{INTO} SELECT * FROM unnest(?1::text[], ?2::bigint[], ?3::bytea[]) {CONFLICT}");
    let ids: Vec<String> = rows.iter().map(|(id, ..)| id.clone()).collect();
    let days: Vec<i64> = rows.iter().map(|(_, day, _)| day.0).collect();
    let records: Vec<Vec<u8>> = rows.iter().map(|(.., record)| record.clone()).collect();
    let columns = [Value::Texts(&ids), Value::Integers(&days), Value::Blobs(&records)];
    transaction.execute(&sql, &columns)?;
    Ok(())
}
