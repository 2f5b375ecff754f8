//! Records checks, many in one transaction: health, history, and the events that follow.

use crate::health::Check;
use crate::history::{Day, DayRecord, Days, Progress, Run, to_compact};
use crate::{Change, Directory, DirectoryError, Health, Listing, event, store};
use farebox_store::{StoreError, Transaction};
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};

/// Days of a listing that are kept: three years.
const DAYS_KEPT: i64 = 1_100;

impl Directory {
    /// Records what a check of an active listing found. When it returns, it shows in
    /// [`Self::snapshot`].
    ///
    /// # Errors
    /// [`DirectoryError::UnknownListing`]; nothing was recorded then.
    pub async fn record_check(&self, listing_id: &str, check: Check) -> Result<(), DirectoryError> {
        let id = listing_id.to_owned();
        let record = move |change: &Change<'_>| match record_in(change, vec![(id.clone(), check)])?
        {
            0 => Err(DirectoryError::UnknownListing(id)),
            _ => Ok(()),
        };
        self.change(record).await
    }

    /// Records what checks of many listings found, in one transaction; those that are not active
    /// are left out. Returns how many were recorded. They are on the disk then, and show in
    /// [`Self::snapshot`] within about a second: it is not made anew for each batch.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was recorded then.
    pub async fn record_checks(&self, checks: Vec<(String, Check)>) -> Result<usize, StoreError> {
        let now = self.now();
        let write =
            move |transaction: &Transaction<'_>| record_in(&Change::new(transaction, now), checks);
        let recorded = self.store().write(write).await?;
        self.refresh_soon();
        Ok(recorded)
    }
}

/// Records what checks of listings found, inside a change that the caller opened. Listings that are
/// gone or not active are skipped. Returns how many checks were recorded. Takes a few statements,
/// however many checks there are, on PostgreSQL, and a few for each check on SQLite.
///
/// # Errors
/// [`StoreError`]; nothing must be kept of the change then.
pub(crate) fn record_in(
    change: &Change<'_>,
    checks: Vec<(String, Check)>,
) -> Result<usize, StoreError> {
    let mut recorded = 0;
    let mut waiting = checks;
    // Of one listing, one check at a time, in their order.
    while !waiting.is_empty() {
        let mut seen = HashSet::with_capacity(waiting.len());
        let (round, later): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|(id, _)| seen.insert(id.clone()));
        recorded += record_round(change, round)?;
        waiting = later;
    }
    Ok(recorded)
}

/// Rows that a round of checks writes.
#[derive(Default)]
struct Rows {
    progress: Vec<(String, Progress)>,
    days: Vec<(String, Day, Vec<u8>)>,
    runs: Vec<(String, Run)>,
    /// Listings for which a day ended, and the oldest day that is kept of them.
    old: Vec<(String, Day)>,
    /// Listings whose verdict changed: how they stood before.
    changed: HashMap<String, Health>,
}

/// Records one check of each of several listings.
fn record_round(change: &Change<'_>, checks: Vec<(String, Check)>) -> Result<usize, StoreError> {
    let transaction = change.transaction();
    let ids: Vec<String> = checks.iter().map(|(id, _)| id.clone()).collect();
    let mut known = store::progress_of(transaction, &ids)?;
    let mut standing: Vec<(String, Option<Progress>, Check)> = Vec::with_capacity(checks.len());
    for (id, check) in checks {
        if let Some(progress) = known.remove(&id) {
            standing.push((id, progress, check.cleaned()));
        }
    }
    let needs = standing.iter().filter_map(|(id, progress, check)| {
        progress.as_ref().map(|progress| (id.as_str(), progress.needs(check)))
    });
    let mut days = store::days_of(transaction, &needs.collect::<Vec<_>>())?;
    let mut rows = Rows::default();
    for (id, progress, check) in standing {
        let days = days.remove(&id).unwrap_or_default();
        rows.add(change, id, progress, check, days)?;
    }
    if rows.progress.is_empty() {
        return Ok(0);
    }
    store::put_progress(transaction, &rows.progress, change.revision()?)?;
    store::put_days(transaction, &rows.days)?;
    store::put_runs(transaction, &rows.runs)?;
    if !rows.old.is_empty() {
        store::drop_old(transaction, &rows.old)?;
    }
    tell(change, &rows)?;
    Ok(rows.progress.len())
}

impl Rows {
    fn add(
        &mut self,
        change: &Change<'_>,
        id: String,
        known: Option<Progress>,
        check: Check,
        mut days: Days,
    ) -> Result<(), StoreError> {
        let before = known.as_ref().map(Progress::health).unwrap_or_default();
        let mut progress =
            known.unwrap_or_else(|| Progress::new(check.checked_at.as_millisecond()));
        if let Some(from) = progress.is_ahead_of(&check) {
            store::forget_from(change.transaction(), &id, from)?;
            let run_before = match progress.run_began_after(from) {
                true => store::take_last_run(change.transaction(), &id)?,
                false => None,
            };
            progress.take_back(from, &mut days, run_before);
        }
        let ended = progress.record(check, &mut days);
        if let Some(finished) = ended.day {
            self.add_days(&id, finished, &days);
        }
        self.runs.extend(ended.run.map(|run| (id.clone(), run)));
        if progress.status != before.status {
            self.changed.insert(id.clone(), before);
        }
        self.progress.push((id, progress));
        Ok(())
    }

    /// The day that ended, and those that lose their slots.
    fn add_days(&mut self, id: &str, finished: Day, days: &Days) {
        let mut add = |day: Day, record: DayRecord| {
            self.days.push((id.to_owned(), day, record.encode()));
        };
        if let Some(record) = days.get(&finished) {
            add(finished, record.clone());
        }
        for day in to_compact(days) {
            if let Some(record) = days.get(&day).filter(|_| day != finished) {
                add(day, record.compacted());
            }
        }
        self.old.push((id.to_owned(), finished.minus(DAYS_KEPT)));
    }
}

/// Writes down what follows from the verdicts that changed.
fn tell(change: &Change<'_>, rows: &Rows) -> Result<(), StoreError> {
    let changed = rows.progress.iter().filter(|(id, _)| rows.changed.contains_key(id));
    let ids: Vec<String> = changed.map(|(id, _)| id.clone()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    // They are read as they stand now.
    let listings = store::find_all(change.transaction(), &ids)?;
    let mut events = Vec::new();
    for after in &listings {
        let health = rows.changed.get(&after.id).cloned().unwrap_or_default();
        let before = Listing { health, ..after.clone() };
        let at = after.health.last_checked.unwrap_or(Timestamp::UNIX_EPOCH);
        let happenings = event::happenings(Some(&before), after).into_iter();
        events.extend(happenings.map(|happening| (after, happening, at)));
    }
    store::append_events(change.transaction(), &events)
}
