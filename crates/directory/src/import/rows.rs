//! The table `import_run`, and the look-up by which rows find their listings.

use super::Report;
use super::merge::{Outcome, merge};
use super::said::Said;
use crate::{Change, Listing, store};
use farebox_store::{Row, StoreError, Transaction, params};
use jiff::Timestamp;

/// An import that was run before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastRun {
    /// Its number.
    pub id: i64,
    /// The name of the source.
    pub source: String,
    /// How the list is written.
    pub format: String,
    /// The list's own address, where it has one.
    pub origin: Option<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; `None` while it runs, or when its server died.
    pub finished_at: Option<Timestamp>,
    /// Listings that were new.
    pub added: u64,
    /// Listings of which something was different.
    pub changed: u64,
    /// Listings of which nothing was.
    pub unchanged: u64,
    /// Listings that are not for sources to change.
    pub kept: u64,
    /// Rows that made no listing.
    pub refused: u64,
    /// Why it did not get to the end.
    pub error: Option<String>,
}

/// Writes down that an import begins, and returns its number.
pub(crate) fn begin(
    transaction: &Transaction<'_>,
    source: &str,
    format: &str,
    origin: Option<&str>,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let sql = "INSERT INTO import_run (source, format, origin, started_at) \
               VALUES (?1, ?2, ?3, ?4) RETURNING id";
    let at = now.as_second();
    transaction.one(sql, params![source, format, origin, at], |row| row.get(0))
}

/// Whether no import of a source came to its end before.
pub(crate) fn is_new(transaction: &Transaction<'_>, source: &str) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM import_run \
               WHERE source = ?1 AND finished_at IS NOT NULL AND error IS NULL LIMIT 1";
    let known: Option<i64> = transaction.optional(sql, params![source], |row| row.get::<i64>(0))?;
    Ok(known.is_none())
}

/// Writes down how it went.
pub(crate) fn finish(
    transaction: &Transaction<'_>,
    id: i64,
    report: &Report,
    error: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "UPDATE import_run SET finished_at = ?2, added = ?3, changed = ?4, unchanged = ?5, \
               kept = ?6, refused = ?7, error = ?8 WHERE id = ?1";
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    transaction.execute(
        sql,
        params![
            id,
            now.as_second(),
            count(report.added),
            count(report.changed),
            count(report.unchanged),
            count(report.kept_count()),
            count(report.refused_count()),
            error,
        ],
    )?;
    // A year of imports every hour, of one source.
    let old = "DELETE FROM import_run WHERE id <= ?1 - 10000";
    transaction.execute(old, params![id])?;
    Ok(())
}

/// The latest `len_max` runs, of one source or of all, newest first.
///
/// # Errors
/// [`StoreError`].
pub fn past_runs(
    transaction: &Transaction<'_>,
    source: Option<&str>,
    len_max: usize,
) -> Result<Vec<PastRun>, StoreError> {
    let sql = "SELECT * FROM import_run WHERE ?1 = '' OR source = ?1 ORDER BY id DESC LIMIT ?2";
    transaction.all(sql, params![source.unwrap_or_default(), len_max], read_run)
}

/// When a list of each of these sources was last imported to the end.
pub(crate) fn last_syncs<const LEN: usize>(
    transaction: &Transaction<'_>,
    sources: &[&str; LEN],
) -> Result<[Option<Timestamp>; LEN], StoreError> {
    let sql = "SELECT finished_at FROM import_run \
               WHERE source = ?1 AND finished_at IS NOT NULL AND error IS NULL \
               ORDER BY id DESC LIMIT 1";
    let mut syncs = [None; LEN];
    for (sync, source) in syncs.iter_mut().zip(sources) {
        let at = transaction.optional(sql, params![*source], |row| row.get::<i64>(0))?;
        *sync = at.map(store::timestamp).transpose()?;
    }
    Ok(syncs)
}

fn read_run(row: &Row<'_>) -> Result<PastRun, StoreError> {
    let time = |second: i64| {
        Timestamp::from_second(second).map_err(|_| StoreError::Unreadable(format!("time {second}")))
    };
    let count = |column: &str| -> Result<u64, StoreError> {
        Ok(u64::try_from(row.get::<i64>(column)?).unwrap_or_default())
    };
    Ok(PastRun {
        id: row.get("id")?,
        source: row.get("source")?,
        format: row.get("format")?,
        origin: row.get("origin")?,
        started_at: time(row.get("started_at")?)?,
        finished_at: row.get::<Option<i64>>("finished_at")?.map(time).transpose()?,
        added: count("added")?,
        changed: count("changed")?,
        unchanged: count("unchanged")?,
        kept: count("kept")?,
        refused: count("refused")?,
        error: row.get("error")?,
    })
}

/// Brings what was said about one endpoint into the directory.
pub(crate) fn bring_in(change: &Change<'_>, said: &Said) -> Result<Outcome, StoreError> {
    let transaction = change.transaction();
    let protocol = said.facts.protocol;
    let candidates = store::find_on_rail(transaction, &said.canonical_url, protocol)?;
    let known = same_endpoint(&candidates, said.facts.method.as_deref());
    let outcome = merge(known, said);
    match &outcome {
        Outcome::Added(listing) => change.put(None, listing)?,
        Outcome::Changed(listing) | Outcome::Confirmed(listing) => {
            if known.is_some_and(|known| known.facts.method != listing.facts.method) {
                store::set_method(transaction, &listing.id, listing.facts.method.as_deref())?;
            }
            change.put(known, listing)?;
        }
        Outcome::Unchanged | Outcome::Kept(_) => {}
    }
    Ok(outcome)
}

/// The listing that a method belongs to. One without a method stands for an endpoint whose method
/// nobody named yet.
pub(crate) fn same_endpoint<'a>(
    candidates: impl IntoIterator<Item = &'a Listing> + Clone,
    method: Option<&str>,
) -> Option<&'a Listing> {
    let mut all = candidates.clone().into_iter();
    let exact = all.find(|listing| listing.facts.method.as_deref() == method);
    let mut others = candidates.into_iter();
    exact.or_else(|| match method {
        None => others.next(),
        Some(_) => others.find(|listing| listing.facts.method.is_none()),
    })
}
