//! The handle to the directory: reads from the snapshot, writes to the database.

use crate::embedding::{Degraded, DocumentVectors, Embedder, Texts};
use crate::health::Check;
use crate::prober::SweepFigures;
use crate::record::record_in;
use crate::snapshot::{Page, meant_text};
use crate::store::revision::{self, Revision};
use crate::{Change, Clock, Health, Listing, ListingError, ListingFacts, ListingStatus};
use crate::{ListQuery, Snapshot, claim, samples, store, webhook};
use arc_swap::ArcSwap;
use farebox_money::BtcUsd;
use farebox_store::{Store, StoreError, Transaction};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How long a deleted listing is kept.
const DELETED_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How often the orders of a large directory follow its changes.
const SETTLED_EVERY: Duration = Duration::from_secs(10);
/// Listings that one purge drops at most.
const PURGED_MAX: usize = 10_000;
/// Batches of checks that come in this time show together.
const REFRESH_DELAY: Duration = Duration::from_secs(1);

/// A handle to the directory; cheap to clone.
#[derive(Clone)]
pub struct Directory {
    store: Store,
    snapshot: Arc<ArcSwap<Snapshot>>,
    /// Held while a snapshot is made, so that none is replaced by an older one; when its orders were
    /// last made anew.
    publishing: Arc<Mutex<Instant>>,
    clock: Clock,
    /// Asks another model than our own, where there is one.
    semantics: Option<Semantics>,
    /// Whether a refresh is about to happen.
    is_refresh_due: Arc<AtomicBool>,
    sweep_figures: Arc<SweepFigures>,
}

/// A service that says what texts mean, in place of our own model.
#[derive(Clone)]
pub struct Semantics {
    /// Asked for each search.
    pub embedder: Embedder,
    /// What it said of the listings.
    pub vectors: DocumentVectors,
}

/// A change of the directory that did not happen.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// The facts make no listing.
    #[error(transparent)]
    Listing(#[from] ListingError),
    /// There is no listing of this id.
    #[error("no listing has the id {0:?}")]
    UnknownListing(String),
    /// The database did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Directory {
    /// Opens the directory kept in `store`, which was opened with [`crate::schema`], and
    /// builds the first snapshot. Prices are compared at `rate`, where one is known yet.
    ///
    /// # Errors
    /// [`StoreError`] when the listings cannot be read.
    pub async fn open(store: Store, rate: Option<BtcUsd>) -> Result<Self, StoreError> {
        while store.write(|transaction| store::take_in_observations(transaction)).await? {}
        let (listings, revision) = store.read(load).await?;
        let build = move || Snapshot::build(listings, rate, revision);
        let snapshot = in_background(build).await?;
        Ok(Self {
            store,
            snapshot: Arc::new(ArcSwap::from_pointee(snapshot)),
            publishing: Arc::new(Mutex::new(Instant::now())),
            clock: Clock::default(),
            semantics: None,
            is_refresh_due: Arc::default(),
            sweep_figures: Arc::default(),
        })
    }

    /// The same directory, searched by the vectors of a service where it gives them.
    #[must_use]
    pub fn with_semantics(self, semantics: Semantics) -> Self {
        Self { semantics: Some(semantics), ..self }
    }

    /// Answers a question as [`Snapshot::list`] does, by the vectors of the service where one is
    /// set; beside it why not, where it was set and did not help.
    pub async fn search(&self, query: &ListQuery) -> (Page, Option<Degraded>) {
        let (Some(semantics), Some(text)) = (&self.semantics, &query.search) else {
            return (self.snapshot().list(query), None);
        };
        let found = semantics.embedder.query(text).await;
        let snapshot = self.snapshot();
        match found.map(|meant| snapshot.list_by_meaning(query, &meant)) {
            Ok(Some(page)) => (page, None),
            Ok(None) => (snapshot.list(query), Some(Degraded::VectorDeadline)),
            Err(degraded) => (snapshot.list(query), Some(degraded)),
        }
    }

    /// The texts of all listings for [`DocumentVectors::run`], if there are others than at the
    /// revision that it saw last.
    #[must_use]
    pub fn texts(&self, seen: Option<u64>) -> Option<Texts> {
        let snapshot = self.snapshot();
        let revision = u64::try_from(snapshot.revision().0).unwrap_or_default();
        let texts = || snapshot.listings().map(meant_text).collect();
        (seen != Some(revision)).then(|| Texts { revision, texts: texts() })
    }

    /// The same directory by another clock.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// The time by the directory's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The database below.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// The directory as it is now; later changes do not show in it.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Compares prices at another rate from now on.
    pub async fn set_rate(&self, rate: BtcUsd) {
        let _publishing = self.publishing.lock().await;
        let before = self.snapshot();
        // A new snapshot sorts anew; the same rate is not worth it.
        if before.rate() != Some(rate) {
            self.snapshot.store(Arc::new(before.with_rate(rate)));
        }
    }

    /// Runs a change of the directory in one transaction, by the directory's clock. When it returns,
    /// what was changed is on the disk and shows in [`Self::snapshot`].
    ///
    /// # Errors
    /// What `work` returned, or a [`StoreError`] turned into `E`; nothing was changed then.
    pub async fn change<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Change<'_>) -> Result<T, E> + Send + 'static,
    {
        self.change_at(self.now(), work).await
    }

    async fn change_at<T, E, F>(&self, now: Timestamp, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Change<'_>) -> Result<T, E> + Send + 'static,
    {
        let write = move |transaction: &Transaction<'_>| work(&Change::new(transaction, now));
        let done = self.store.write(write).await?;
        // The change is on the disk: who made it must not be told that it failed.
        if let Err(error) = self.refresh().await {
            tracing::error!(%error, "the directory shows an older state until it can read again");
        }
        Ok(done)
    }

    /// Brings the snapshot up to what the database holds, whoever wrote it. Says whether there was
    /// anything new.
    ///
    /// # Errors
    /// [`StoreError`]; the snapshot stays as it was.
    pub async fn refresh(&self) -> Result<bool, StoreError> {
        let mut settled_at = self.publishing.lock().await;
        let before = self.snapshot();
        let (known, rate) = (before.revision(), before.rate());
        let news = move |transaction: &Transaction<'_>| News::after(transaction, known);
        let is_settling_due = settled_at.elapsed() >= SETTLED_EVERY;
        let next = match self.store.read(news).await? {
            News::None if before.is_settled() || !is_settling_due => {
                return self.take_vectors(before).await;
            }
            News::None => in_background(move || before.settled()).await?,
            News::Changed { listings, health, revision } => {
                let change = move || before.with_changes(listings, health, revision);
                in_background(move || match change() {
                    next if is_settling_due && !next.is_settled() => next.settled(),
                    next => next,
                })
                .await?
            }
            News::All(listings, revision) => {
                in_background(move || Snapshot::build(listings, rate, revision)).await?
            }
        };
        if next.is_settled() {
            *settled_at = Instant::now();
        }
        let next = Arc::new(next);
        self.snapshot.store(Arc::clone(&next));
        let _ = self.take_vectors(next).await?;
        Ok(true)
    }

    /// Puts the vectors of the service into the snapshot, where there are others than it has.
    async fn take_vectors(&self, snapshot: Arc<Snapshot>) -> Result<bool, StoreError> {
        let ready = self.semantics.as_ref().filter(|semantics| semantics.vectors.is_complete());
        let Some(vectors) = ready.map(|semantics| semantics.vectors.clone()) else {
            return Ok(false);
        };
        if snapshot.has_vectors(vectors.version()) {
            return Ok(false);
        }
        let next = in_background(move || snapshot.with_vectors(&vectors)).await?;
        self.snapshot.store(Arc::new(next));
        Ok(true)
    }

    /// Drops listings that were deleted long enough ago, and claims past their time. Returns how
    /// many listings that were.
    ///
    /// # Errors
    /// [`StoreError`]; then what is left goes the next time.
    pub async fn purge(&self) -> Result<u64, StoreError> {
        let now = self.now();
        let before = now.saturating_sub(DELETED_KEPT).unwrap_or(now);
        let drop_rows = move |transaction: &Transaction<'_>| -> Result<u64, StoreError> {
            claim::purge(transaction, now)?;
            webhook::purge(transaction, now)?;
            store::purge(transaction, before, PURGED_MAX)
        };
        self.store.write(drop_rows).await
    }

    /// Imports the sample listings that the binary carries, marked as sample data and never
    /// checked, unless this edition is there already. Returns how many listings there are.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was imported then.
    pub async fn import_samples(&self, now: Timestamp) -> Result<usize, StoreError> {
        let digest = samples::digest();
        let known = digest.clone();
        let imported =
            self.store.read(move |transaction| store::is_imported(transaction, &known)).await?;
        if imported {
            return Ok(self.snapshot().len());
        }
        let unreadable = |error: std::io::Error| StoreError::Unreadable(error.to_string());
        let listings = in_background(move || samples::listings(now)).await?;
        let listings = listings.map_err(unreadable)?;
        let replace = move |transaction: &Transaction<'_>| -> Result<(), StoreError> {
            store::replace_samples(transaction, &digest, &listings, now)
        };
        self.store.write(replace).await?;
        self.refresh().await?;
        Ok(self.snapshot().len())
    }

    /// Lists an endpoint, or replaces what is said about one that is listed: the same canonical
    /// URL, method and protocol. Returns its id, which stays the same for ever.
    ///
    /// # Errors
    /// [`DirectoryError::Listing`] names what cannot be used; nothing was changed then.
    pub async fn upsert_listing(
        &self,
        facts: ListingFacts,
        now: Timestamp,
    ) -> Result<String, DirectoryError> {
        let (facts, canonical_url) = facts.checked()?;
        let fresh = Listing::new(facts, canonical_url, now);
        self.change_at(now, move |change| {
            let (method, protocol) = (fresh.facts.method.as_deref(), fresh.facts.protocol);
            let before = change.find_endpoint(&fresh.canonical_url, method, protocol)?;
            let after = match &before {
                None => fresh,
                Some(known) => Listing {
                    facts: fresh.facts,
                    status: ListingStatus::Active,
                    deleted_at: None,
                    updated_at: now,
                    ..known.clone()
                },
            };
            change.put(before.as_ref(), &after)?;
            Ok(after.id)
        })
        .await
    }

    /// Lists exactly these endpoints as the ones that this server answers itself: what it listed
    /// before and no longer answers, at an earlier address for example, is taken out. Returns
    /// their ids in the same order.
    ///
    /// # Errors
    /// [`DirectoryError::Listing`] names what cannot be used; nothing was changed then.
    pub async fn set_own_listings(
        &self,
        facts: Vec<ListingFacts>,
        now: Timestamp,
    ) -> Result<Vec<String>, DirectoryError> {
        let checked = facts.into_iter().map(ListingFacts::checked);
        let fresh = checked.map(|checked| {
            let (facts, canonical_url) = checked?;
            Ok(Listing::new(ListingFacts { is_demo: true, ..facts }, canonical_url, now))
        });
        let fresh = fresh.collect::<Result<Vec<_>, ListingError>>()?;
        let ids = fresh.iter().map(|listing| listing.id.clone()).collect();
        let replace =
            move |transaction: &Transaction<'_>| store::replace_own(transaction, &fresh, now);
        if self.store.write(replace).await? {
            self.refresh().await?;
        }
        Ok(ids)
    }

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
        let recorded = self.store.write(write).await?;
        self.refresh_soon();
        Ok(recorded)
    }

    /// Brings the snapshot up to date in a second, unless that is about to happen already.
    pub(crate) fn refresh_soon(&self) {
        if self.is_refresh_due.swap(true, Ordering::SeqCst) {
            return;
        }
        let directory = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(REFRESH_DELAY).await;
            directory.is_refresh_due.store(false, Ordering::SeqCst);
            if let Err(error) = directory.refresh().await {
                tracing::error!(%error, "the directory shows an older state until it can read again");
            }
        });
    }

    /// How this server's sweep goes.
    #[must_use]
    pub fn sweep_figures(&self) -> &Arc<SweepFigures> {
        &self.sweep_figures
    }
}

/// What a snapshot does not show yet.
enum News {
    None,
    Changed { listings: Vec<Listing>, health: Vec<(String, Health)>, revision: Revision },
    All(Vec<Listing>, Revision),
}

impl News {
    fn after(transaction: &Transaction<'_>, known: Revision) -> Result<Self, StoreError> {
        let (latest, latest_whole) = revision::latest(transaction)?;
        if latest == known {
            return Ok(Self::None);
        }
        if latest_whole > known {
            return Ok(Self::All(store::load_listings(transaction)?, latest));
        }
        Ok(Self::Changed {
            listings: store::changed_after(transaction, known)?,
            health: store::health_changed_after(transaction, known)?,
            revision: latest,
        })
    }
}

fn load(transaction: &Transaction<'_>) -> Result<(Vec<Listing>, Revision), StoreError> {
    let (latest, _) = revision::latest(transaction)?;
    Ok((store::load_listings(transaction)?, latest))
}

/// Runs what takes milliseconds off the threads that answer requests.
async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::Closed)
}
