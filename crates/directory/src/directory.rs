//! The handle to the directory: reads from the snapshot, writes to the database.

use crate::health::{Check, HISTORY_LEN_MAX, Health, summarise};
use crate::{Listing, ListingError, ListingFacts, Snapshot, samples, store};
use arc_swap::ArcSwap;
use farebox_money::BtcUsd;
use farebox_store::{Store, StoreError, Transaction};
use jiff::Timestamp;
use std::sync::Arc;
use tokio::sync::Mutex;

/// A handle to the directory; cheap to clone.
#[derive(Clone)]
pub struct Directory {
    store: Store,
    snapshot: Arc<ArcSwap<Snapshot>>,
    /// Held from a write to its publication, so that snapshots follow the database's order.
    writing: Arc<Mutex<()>>,
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
        let listings = store.read(store::load_listings).await?;
        let snapshot = in_background(move || Snapshot::build(listings, rate)).await?;
        Ok(Self {
            store,
            snapshot: Arc::new(ArcSwap::from_pointee(snapshot)),
            writing: Arc::new(Mutex::new(())),
        })
    }

    /// The directory as it is now; later changes do not show in it.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Compares prices at another rate from now on.
    pub async fn set_rate(&self, rate: BtcUsd) {
        let _writing = self.writing.lock().await;
        let before = self.snapshot();
        // A new snapshot sorts anew; the same rate is not worth it.
        if before.rate() != Some(rate) {
            self.publish(before.with_rate(rate));
        }
    }

    /// Imports the sample listings that the binary carries, marked as sample data and never
    /// checked, unless this edition is there already. Returns how many listings there are.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was imported then.
    pub async fn import_samples(&self, now: Timestamp) -> Result<usize, StoreError> {
        let digest = samples::digest();
        let writing = self.writing.lock().await;
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
        let listings = self.store.read(store::load_listings).await?;
        let rate = self.snapshot().rate();
        self.publish(in_background(move || Snapshot::build(listings, rate)).await?);
        drop(writing);
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
        let _writing = self.writing.lock().await;
        let snapshot = self.snapshot();
        let fresh = Listing::new(facts, canonical_url, now);
        let write = move |transaction: &Transaction<'_>| -> Result<Listing, DirectoryError> {
            let facts = &fresh.facts;
            let known = store::find_id(
                transaction,
                &fresh.canonical_url,
                facts.method.as_deref(),
                facts.protocol,
            )?;
            store::store_facts(transaction, &fresh)?;
            let known = known.as_deref().and_then(|id| snapshot.get(id));
            Ok(match known {
                None => fresh,
                Some(entry) => {
                    Listing { facts: fresh.facts, updated_at: now, ..entry.listing().clone() }
                }
            })
        };
        let listing = self.store.write(write).await?;
        let id = listing.id.clone();
        let before = self.snapshot();
        self.publish(in_background(move || before.with_listing(listing)).await?);
        Ok(id)
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
        let _writing = self.writing.lock().await;
        let replace = move |transaction: &Transaction<'_>| store::replace_own(transaction, &fresh);
        if self.store.write(replace).await? {
            let listings = self.store.read(store::load_listings).await?;
            let rate = self.snapshot().rate();
            self.publish(in_background(move || Snapshot::build(listings, rate)).await?);
        }
        Ok(ids)
    }

    /// Records what a check of a listing found and brings its health up to date.
    ///
    /// # Errors
    /// [`DirectoryError::UnknownListing`]; nothing was recorded then.
    pub async fn record_check(&self, listing_id: &str, check: Check) -> Result<(), DirectoryError> {
        let check = check.cleaned();
        let _writing = self.writing.lock().await;
        let unknown = || DirectoryError::UnknownListing(listing_id.to_owned());
        let snapshot = self.snapshot();
        let known = snapshot.get(listing_id).ok_or_else(unknown)?;
        let last_seen_healthy = known.listing().health.last_seen_healthy;
        let id = listing_id.to_owned();
        let write = move |transaction: &Transaction<'_>| -> Result<Health, DirectoryError> {
            store::insert_observation(transaction, &id, &check)?;
            store::prune(transaction, &id, check.checked_at)?;
            let history = store::history(transaction, &id, HISTORY_LEN_MAX)?;
            let health = summarise(&history, last_seen_healthy, check.checked_at);
            store::store_health(transaction, &id, &health)?;
            Ok(health)
        };
        let health = self.store.write(write).await?;
        let next = snapshot.with_health(listing_id, health).ok_or_else(unknown)?;
        self.publish(next);
        Ok(())
    }

    fn publish(&self, snapshot: Snapshot) {
        self.snapshot.store(Arc::new(snapshot));
    }
}

/// Runs what takes milliseconds off the threads that answer requests.
async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::Closed)
}
