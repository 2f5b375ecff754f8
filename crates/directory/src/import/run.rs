//! An import from beginning to end: a list is read beside the requests, and written in batches.

use super::formats::{Format, Rows};
use super::merge::{Outcome, merge};
use super::said::{Origin, Said, said};
use super::{PastRun, Report, Row, rows};
use crate::{Change, Directory, DirectoryError, Snapshot, Trust, provenance};
use farebox_store::{StoreError, Transaction};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashSet;
use std::io::Read;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use url::Url;

/// Rows of one list that are read.
pub const ROWS_MAX: u64 = 1_000_000;
/// Listings that are written in one transaction: other writes wait for no longer than that.
const BATCH_LEN: usize = 1_000;
/// Batches that are read ahead.
const BATCHES_AHEAD: usize = 2;
/// What is written shows at the latest after this, while more is written.
const REFRESH_PERIOD: Duration = Duration::from_secs(120);

/// What to import.
#[derive(Clone, Debug)]
pub struct Import {
    /// The name of the source, which listings and reports bear.
    pub source: String,
    /// How the list is written.
    pub format: Format,
    /// The list's own address, which relative paths are joined with.
    pub document: Option<Url>,
    /// How far it is believed; as lists of its form are when not given.
    pub trust: Option<Trust>,
    /// Nothing is written; the report says what would be.
    pub dry_run: bool,
}

/// An import under way.
pub(super) struct Running {
    /// Its number, unless it writes nothing.
    id: Option<i64>,
    /// Whether nothing of its source was imported to the end before.
    is_first: bool,
    /// What it did so far.
    pub(super) report: Report,
}

/// A part of a list that was read.
struct Batch {
    said: Vec<Said>,
    /// What needs no database.
    report: Report,
}

impl Directory {
    /// Brings a list in. `progress` is told what was done so far, after each batch. Reads are
    /// answered from the directory as it was until a batch is written and shown.
    ///
    /// # Errors
    /// [`StoreError`]; batches before it are written. What is wrong with the list itself is in
    /// the report.
    pub async fn import<R>(
        &self,
        import: Import,
        input: R,
        progress: impl Fn(&Report) + Send,
    ) -> Result<Report, DirectoryError>
    where
        R: Read + Send + 'static,
    {
        let mut running = self.begin_import(&import).await?;
        let done = self.write_batches(&import, input, &mut running, progress).await;
        self.end_import(running, done).await
    }

    pub(super) async fn begin_import(&self, import: &Import) -> Result<Running, StoreError> {
        let report = Report {
            source: import.source.clone(),
            format: import.format.name().to_owned(),
            dry_run: import.dry_run,
            ..Report::default()
        };
        if import.dry_run {
            return Ok(Running { id: None, is_first: false, report });
        }
        let (source, format) = (import.source.clone(), import.format.name());
        let origin = import.document.as_ref().map(public_address);
        let now = self.now();
        let begin = move |transaction: &Transaction<'_>| {
            let is_first = rows::is_new(transaction, &source)?;
            let id = rows::begin(transaction, &source, format, origin.as_deref(), now)?;
            Ok::<_, StoreError>((id, is_first))
        };
        let (id, is_first) = self.store().write(begin).await?;
        Ok(Running { id: Some(id), is_first, report })
    }

    /// Writes down how it went, and shows what was written.
    pub(super) async fn end_import<E: From<StoreError> + std::fmt::Display>(
        &self,
        running: Running,
        done: Result<(), E>,
    ) -> Result<Report, E> {
        let Running { id, report, .. } = running;
        if let Some(id) = id {
            let error = done.as_ref().err().map(ToString::to_string);
            let error = error.or_else(|| report.incomplete.clone());
            let (now, counts) = (self.now(), report.clone());
            let finish = move |transaction: &Transaction<'_>| {
                rows::finish(transaction, id, &counts, error.as_deref(), now)
            };
            self.store().write(finish).await?;
            self.refresh().await?;
        }
        done.map(|()| report)
    }

    pub(super) async fn write_batches<R>(
        &self,
        import: &Import,
        input: R,
        running: &mut Running,
        progress: impl Fn(&Report) + Send,
    ) -> Result<(), DirectoryError>
    where
        R: Read + Send + 'static,
    {
        let (sender, mut batches) = mpsc::channel(BATCHES_AHEAD);
        let reader = Reader::new(self.clone(), import, self.now());
        let reading = tokio::task::spawn_blocking(move || reader.read(input, &sender));
        let mut shown_at = Instant::now();
        while let Some(batch) = batches.recv().await {
            running.report.add(batch.report);
            let written = self.write_batch(batch.said, import.dry_run, running.is_first).await?;
            running.report.add(written);
            progress(&running.report);
            if !import.dry_run && shown_at.elapsed() > REFRESH_PERIOD {
                self.refresh().await?;
                shown_at = Instant::now();
            }
        }
        reading.await.map_err(|_| StoreError::Closed)?;
        Ok(())
    }

    async fn write_batch(
        &self,
        batch: Vec<Said>,
        dry_run: bool,
        is_first: bool,
    ) -> Result<Report, StoreError> {
        let now = self.now();
        let write = move |transaction: &Transaction<'_>| -> Result<Report, Written> {
            let change = Change::of_import(transaction, now, is_first);
            let mut report = Report::default();
            for said in &batch {
                report.note(&rows::bring_in(&change, said)?);
            }
            // An error takes back what was written.
            if dry_run { Err(Written::TakenBack(Box::new(report))) } else { Ok(report) }
        };
        match self.store().write(write).await {
            Ok(report) => Ok(report),
            Err(Written::TakenBack(report)) => Ok(*report),
            Err(Written::Not(error)) => Err(error),
        }
    }
}

/// What became of a batch that is not there.
enum Written {
    TakenBack(Box<Report>),
    Not(StoreError),
}

impl From<StoreError> for Written {
    fn from(error: StoreError) -> Self {
        Self::Not(error)
    }
}

/// Reads a list on a thread of its own.
struct Reader {
    directory: Directory,
    origin: Origin,
    /// In a dry run, what was named before: nothing of it is in the database.
    named: Option<HashSet<String>>,
    batch: Batch,
}

impl Reader {
    fn new(directory: Directory, import: &Import, now: Timestamp) -> Self {
        let trust = import.trust.unwrap_or(import.format.trust());
        let source = import.source.clone();
        let mark = provenance::Origin { source, trust: Some(trust), at: whole_second(now) };
        let document = import.document.clone();
        let origin = Origin { format: import.format, document, mark };
        let named = import.dry_run.then(HashSet::new);
        let batch = Batch { said: Vec::new(), report: Report::default() };
        Self { directory, origin, named, batch }
    }

    /// Sends batch after batch, until the list ends or nobody wants any more.
    fn read(mut self, input: impl Read, sender: &mpsc::Sender<Batch>) {
        let document = self.origin.document.clone();
        let mut snapshot = self.directory.snapshot();
        for (position, row) in (1..).zip(Rows::new(self.origin.format, input, document.as_ref())) {
            if position > ROWS_MAX {
                let reason = super::Reason::TooMany(usize::try_from(ROWS_MAX).unwrap_or_default());
                self.batch.report.note_refusal(position, "", reason);
                break;
            }
            self.take(position, row, &snapshot);
            let len = self.batch.said.len();
            // What needs no database is counted, but not endlessly before anybody hears of it.
            if len >= BATCH_LEN || self.batch.report.count() >= 20 * BATCH_LEN as u64 {
                if sender.blocking_send(self.filled()).is_err() {
                    return;
                }
                snapshot = self.directory.snapshot();
            }
        }
        // The receiver is gone only when nobody waits for the report.
        let _ = sender.blocking_send(self.filled());
    }

    fn filled(&mut self) -> Batch {
        let said = std::mem::take(&mut self.batch.said);
        Batch { said, report: std::mem::take(&mut self.batch.report) }
    }

    fn take(&mut self, position: u64, row: Row, snapshot: &Snapshot) {
        let listing = match row {
            Row::Refused(refused) => return self.batch.report.note_refused(refused),
            Row::Listing(listing) => listing,
        };
        match said(&listing, &self.origin) {
            Err(reason) => self.batch.report.note_refusal(position, &listing.url, reason),
            Ok(all) => {
                for one in all {
                    self.take_said(one, snapshot);
                }
            }
        }
    }

    /// Leaves out what the directory knows already.
    fn take_said(&mut self, said: Said, snapshot: &Snapshot) {
        let method = said.facts.method.as_deref();
        if let Some(named) = &mut self.named {
            let (url, protocol) = (&said.canonical_url, said.facts.protocol.name());
            if !named.insert(format!("{url} {} {protocol}", method.unwrap_or_default())) {
                self.batch.report.note(&Outcome::Unchanged);
                return;
            }
        }
        let of_url: Vec<_> = snapshot.on_rail(&said.canonical_url, said.facts.protocol).collect();
        let known = rows::same_endpoint(of_url, method);
        if known.is_some_and(|known| merge(Some(known), &said) == Outcome::Unchanged) {
            self.batch.report.note(&Outcome::Unchanged);
        } else {
            self.batch.said.push(said);
        }
    }
}

/// As the database keeps times.
fn whole_second(now: Timestamp) -> Timestamp {
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

/// An address without what may be a secret in it.
pub(super) fn public_address(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Only addresses that can have none refuse.
    let _ = (url.set_username(""), url.set_password(None));
    url.into()
}

/// Whether a source that is imported every so many hours is due, after its last run. What failed is
/// tried again after an hour, what was cut off by the end of its server at once.
#[must_use]
pub fn is_due(last: Option<&PastRun>, every_hours: u32, now: Timestamp) -> bool {
    let Some(last) = last else { return true };
    let hours = match (&last.finished_at, &last.error) {
        (None, _) => 0,
        (Some(_), Some(_)) => every_hours.min(1),
        (Some(_), None) => every_hours,
    };
    now.duration_since(last.started_at) >= SignedDuration::from_hours(i64::from(hours))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_due_after_its_time_and_sooner_when_it_failed() {
        let at = |hour: i64| Timestamp::from_second(hour * 3_600).unwrap();
        let run = |finished_at, error: Option<&str>| PastRun {
            id: 1,
            source: "a".to_owned(),
            format: "csv".to_owned(),
            origin: None,
            started_at: at(0),
            finished_at,
            added: 0,
            changed: 0,
            unchanged: 0,
            kept: 0,
            refused: 0,
            error: error.map(str::to_owned),
        };
        let due = |run: &PastRun, hour: i64| is_due(Some(run), 6, at(hour));
        assert!(is_due(None, 6, at(0)));
        let good = run(Some(at(0)), None);
        assert!(!due(&good, 5) && due(&good, 6));
        let failed = run(Some(at(0)), Some("no answer"));
        assert!(!due(&failed, 0) && due(&failed, 1));
        assert!(due(&run(None, None), 0));
    }

    #[test]
    fn an_address_is_written_down_without_its_secrets() {
        let url = Url::parse("https://me:secret@a.example/x?key=secret#y").unwrap();
        assert_eq!(public_address(&url), "https://a.example/x");
    }
}
