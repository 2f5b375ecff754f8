//! The whole directory at one moment, immutable: what every read is answered from.

mod changes;
#[cfg(test)]
mod changes_tests;
mod facets;
mod list;
mod lookup;
mod opportunities;
mod order;
mod stats;
mod vectors;
mod why;

pub use list::Page;
pub use opportunities::{Coverage, Opportunities};
pub use stats::{Category, CategoryTree, Counts, RailCounts, Stats};
pub(crate) use vectors::meant_text;
pub use why::Why;

use crate::api::row::service_row;
use crate::query::Dialect;
use crate::store::revision::Revision;
use crate::text::KnownNames;
use crate::{ListQuery, Listing, Protocol, QueryError};
use facets::Facets;
use farebox_money::BtcUsd;
use farebox_search::Position;
use lookup::Lookup;
use order::Orders;
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
use vectors::Vectors;

/// A listing with what follows from its neighbours.
#[derive(Debug)]
pub struct Entry {
    listing: Listing,
    related_protocols: Vec<Protocol>,
    row: OnceLock<Box<str>>,
}

impl Entry {
    fn new(listing: Listing, related_protocols: Vec<Protocol>) -> Arc<Self> {
        Arc::new(Self { listing, related_protocols, row: OnceLock::new() })
    }

    /// The listing.
    #[must_use]
    pub fn listing(&self) -> &Listing {
        &self.listing
    }

    /// The other rails on which the same URL is listed.
    #[must_use]
    pub fn related_protocols(&self) -> &[Protocol] {
        &self.related_protocols
    }

    /// The row of `/api/v1/services`, a JSON object; written once.
    #[must_use]
    pub fn row_json(&self) -> &str {
        self.row.get_or_init(|| service_row(&self.listing, &self.related_protocols))
    }
}

/// The whole directory at one moment.
pub struct Snapshot {
    revision: Revision,
    rate: Option<BtcUsd>,
    /// By position; what is gone stays in its place until everything is built anew.
    entries: Vec<Arc<Entry>>,
    lookup: Arc<Lookup>,
    facets: Facets,
    orders: Orders,
    derived: Arc<Derived>,
    /// The lookup by the vectors of another model than our own, where there is one.
    vectors: Option<Arc<Vectors>>,
    /// Whether `orders` and `derived` follow the latest changes; those of a large directory lag.
    is_settled: bool,
}

/// What is worked out when it is first asked for.
#[derive(Default)]
struct Derived {
    stats: OnceLock<Stats>,
    categories: OnceLock<CategoryTree>,
    newest: OnceLock<Box<[Position]>>,
    known_names: OnceLock<KnownNames>,
    /// Of all rails, and of each, in the order of [`Protocol::ALL`].
    opportunities: [OnceLock<Opportunities>; Protocol::ALL.len() + 1],
}

impl Snapshot {
    /// Builds a snapshot of these listings; prices are compared at `rate`, where one is known.
    #[must_use]
    pub(crate) fn build(listings: Vec<Listing>, rate: Option<BtcUsd>, revision: Revision) -> Self {
        let lookup = Lookup::build(&listings);
        let protocols: Vec<Protocol> = listings.iter().map(|one| one.facts.protocol).collect();
        let protocol = |position: Position| protocols.get(position as usize).copied();
        let entry = |listing: Listing| {
            let found = lookup.on_url(&listing.canonical_url).filter_map(protocol);
            let related = other_rails(listing.facts.protocol, found);
            Entry::new(listing, related)
        };
        let entries: Vec<Arc<Entry>> = listings.into_iter().map(entry).collect();
        Self {
            revision,
            rate,
            facets: Facets::build(entries.iter().map(|entry| &entry.listing)),
            orders: Orders::build(&entries, &lookup.names, rate),
            entries,
            lookup: Arc::new(lookup),
            derived: Arc::default(),
            vectors: None,
            is_settled: true,
        }
    }

    /// The revision of the directory that it shows.
    pub(crate) fn revision(&self) -> Revision {
        self.revision
    }

    /// The exchange rate that prices are compared at, where one is known.
    #[must_use]
    pub fn rate(&self) -> Option<BtcUsd> {
        self.rate
    }

    /// Listings in the directory.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lookup.len()
    }

    /// Whether there is no listing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of memory that the indexes, sets and orders take, beside the listings themselves.
    #[must_use]
    pub fn index_memory_len(&self) -> usize {
        let engine = self.lookup.engine.memory_len();
        engine + self.facets.memory_len() + self.orders.memory_len()
    }

    /// A listing by its id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Arc<Entry>> {
        self.entry(self.lookup.position(id)?)
    }

    /// The other listings of the same URL: other rails, and other methods.
    pub fn related<'a>(&'a self, listing: &'a Listing) -> impl Iterator<Item = &'a Listing> {
        let same_url = self.on_url(&listing.canonical_url);
        same_url.filter(|other| other.id != listing.id)
    }

    /// The listings of an address on a rail, of every method.
    pub(crate) fn on_rail(
        &self,
        canonical_url: &str,
        protocol: Protocol,
    ) -> impl Iterator<Item = &Listing> {
        self.on_url(canonical_url).filter(move |one| one.facts.protocol == protocol)
    }

    fn on_url(&self, canonical_url: &str) -> impl Iterator<Item = &Listing> {
        let entries = self.lookup.on_url(canonical_url).filter_map(|at| self.entry(at));
        entries.map(|entry| &entry.listing)
    }

    fn entry(&self, position: Position) -> Option<&Arc<Entry>> {
        self.entries.get(position as usize)
    }

    /// Reads a query string against this directory, see [`ListQuery::parse`].
    ///
    /// # Errors
    /// [`QueryError`] names every parameter that is wrong.
    pub fn parse(&self, raw: &str, dialect: Dialect) -> Result<ListQuery, QueryError> {
        ListQuery::parse(raw, dialect, &self.lookup.sources)
    }

    /// Counts of the whole directory.
    #[must_use]
    pub fn stats(&self) -> &Stats {
        self.derived.stats.get_or_init(|| Stats::count(self.listings()))
    }

    /// The categories with their counts.
    #[must_use]
    pub fn categories(&self) -> &CategoryTree {
        self.derived.categories.get_or_init(|| CategoryTree::count(self.listings()))
    }

    /// Every listing, the one that was listed last first.
    pub fn newest(&self) -> impl Iterator<Item = &Listing> {
        let positions = self.derived.newest.get_or_init(|| {
            let listed = self.alive();
            let listed = listed.map(|(at, one)| (one.registered_at, &one.id, at));
            let mut listed: Vec<_> = listed.collect();
            listed.sort_unstable_by(|a, b| b.cmp(a));
            listed.into_iter().map(|(.., position)| position).collect()
        });
        positions.iter().filter_map(|at| self.entry(*at)).map(|entry| &entry.listing)
    }

    /// Where something is missing, on one rail or on all.
    #[must_use]
    pub fn opportunities(&self, protocol: Option<Protocol>) -> &Opportunities {
        let place = Protocol::ALL.iter().position(|rail| Some(*rail) == protocol);
        let [of_all, of_each @ ..] = &self.derived.opportunities;
        let slot = place.and_then(|place| of_each.get(place)).unwrap_or(of_all);
        slot.get_or_init(|| Opportunities::find(self.listings(), protocol))
    }

    /// The names that belong to verified providers.
    pub(crate) fn known_names(&self) -> &KnownNames {
        self.derived.known_names.get_or_init(|| KnownNames::of(self.listings()))
    }

    /// Every listing, in no particular order.
    pub fn listings(&self) -> impl Iterator<Item = &Listing> {
        self.alive().map(|(_, listing)| listing)
    }

    fn alive(&self) -> impl Iterator<Item = (Position, &Listing)> {
        let placed = (0..).zip(&self.entries).map(|(at, entry)| (at, &entry.listing));
        placed.filter(|(position, _)| self.lookup.is_alive(*position))
    }
}

/// The rails among these that are not its own.
fn other_rails(own: Protocol, all: impl Iterator<Item = Protocol>) -> Vec<Protocol> {
    let others: BTreeSet<Protocol> = all.filter(|protocol| *protocol != own).collect();
    others.into_iter().collect()
}
