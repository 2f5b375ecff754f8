//! The whole directory at one moment, immutable: what every read is answered from.

mod facets;
mod list;
mod opportunities;
mod order;
mod stats;

pub use list::Page;
pub use opportunities::{Coverage, Opportunities};
pub use stats::{Category, CategoryTree, Counts, RailCounts, Stats};

use crate::api::row::service_row;
use crate::query::{Dialect, sources};
use crate::search::{Document, TextIndex};
use crate::store::revision::Revision;
use crate::text::KnownNames;
use crate::{ListQuery, Listing, ListingStatus, Protocol, QueryError};
use farebox_money::BtcUsd;
use order::Orders;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, OnceLock};

/// A listing with what follows from its neighbours.
#[derive(Debug)]
pub struct Entry {
    listing: Listing,
    related_protocols: Vec<Protocol>,
    row: OnceLock<Box<str>>,
}

impl Entry {
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
    entries: Vec<Arc<Entry>>,
    directory: Arc<Lookup>,
    orders: Orders,
    stats: OnceLock<Stats>,
    categories: OnceLock<CategoryTree>,
    known_names: OnceLock<KnownNames>,
    /// Of all rails, and of each, in the order of [`Protocol::ALL`].
    opportunities: [OnceLock<Opportunities>; Protocol::ALL.len() + 1],
}

/// What changes only when listings come, go or change their texts.
struct Lookup {
    positions: HashMap<String, u32>,
    by_url: HashMap<String, Vec<u32>>,
    sources: Vec<String>,
    index: TextIndex,
    newest: OnceLock<Box<[u32]>>,
}

impl Snapshot {
    /// Builds a snapshot of these listings; prices are compared at `rate`, where one is known.
    #[must_use]
    pub(crate) fn build(listings: Vec<Listing>, rate: Option<BtcUsd>, revision: Revision) -> Self {
        let directory = Lookup::build(&listings);
        let protocols: Vec<Protocol> = listings.iter().map(|one| one.facts.protocol).collect();
        let related = |listing: &Listing| {
            let positions = directory.by_url.get(&listing.canonical_url);
            let positions = positions.into_iter().flatten();
            let found = positions.filter_map(|position| protocols.get(*position as usize));
            let others: BTreeSet<Protocol> = found.copied().collect();
            let own = listing.facts.protocol;
            others.into_iter().filter(|protocol| *protocol != own).collect()
        };
        let entries = listings
            .into_iter()
            .map(|listing| {
                Arc::new(Entry {
                    related_protocols: related(&listing),
                    listing,
                    row: OnceLock::new(),
                })
            })
            .collect();
        Self::assemble(revision, rate, entries, Arc::new(directory))
    }

    fn assemble(
        revision: Revision,
        rate: Option<BtcUsd>,
        entries: Vec<Arc<Entry>>,
        directory: Arc<Lookup>,
    ) -> Self {
        Self {
            revision,
            rate,
            entries,
            directory,
            orders: Orders::default(),
            stats: OnceLock::new(),
            categories: OnceLock::new(),
            known_names: OnceLock::new(),
            opportunities: Default::default(),
        }
    }

    /// The same listings, compared at another rate.
    #[must_use]
    pub(crate) fn with_rate(&self, rate: BtcUsd) -> Self {
        let lookup = Arc::clone(&self.directory);
        Self::assemble(self.revision, Some(rate), self.entries.clone(), lookup)
    }

    /// The snapshot after these listings changed, came or went.
    #[must_use]
    pub(crate) fn with_changes(&self, changed: Vec<Listing>, revision: Revision) -> Self {
        match self.in_place(&changed) {
            Some(entries) => {
                Self::assemble(revision, self.rate, entries, Arc::clone(&self.directory))
            }
            None => self.rebuilt(changed, revision),
        }
    }

    /// The entries after a change of nothing that is searched for, such as health: then all that
    /// takes time to build stays as it is.
    fn in_place(&self, changed: &[Listing]) -> Option<Vec<Arc<Entry>>> {
        let mut entries = self.entries.clone();
        for listing in changed {
            let position = self.directory.positions.get(&listing.id).copied();
            let Some(position) = position else {
                if listing.status == ListingStatus::Active {
                    return None;
                }
                continue;
            };
            let entry = entries.get_mut(position as usize)?;
            let known = &entry.listing;
            let same = listing.status == ListingStatus::Active
                && listing.facts.same_texts(&known.facts)
                && listing.canonical_url == known.canonical_url;
            if !same {
                return None;
            }
            *entry = Arc::new(Entry {
                listing: listing.clone(),
                related_protocols: entry.related_protocols.clone(),
                row: OnceLock::new(),
            });
        }
        Some(entries)
    }

    fn rebuilt(&self, changed: Vec<Listing>, revision: Revision) -> Self {
        let changed_ids: HashSet<&str> = changed.iter().map(|one| one.id.as_str()).collect();
        let kept = self.listings().filter(|one| !changed_ids.contains(one.id.as_str()));
        let mut listings: Vec<Listing> = kept.cloned().collect();
        listings.extend(changed.into_iter().filter(|one| one.status == ListingStatus::Active));
        Self::build(listings, self.rate, revision)
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
        self.entries.len()
    }

    /// Whether there is no listing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// A listing by its id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Arc<Entry>> {
        let position = self.directory.positions.get(id)?;
        self.entries.get(*position as usize)
    }

    /// The other listings of the same URL: other rails, and other methods.
    pub fn related<'a>(&'a self, listing: &'a Listing) -> impl Iterator<Item = &'a Listing> {
        let positions = self.directory.by_url.get(&listing.canonical_url);
        let positions = positions.into_iter().flatten();
        let entries = positions.filter_map(|position| self.entries.get(*position as usize));
        entries.map(|entry| &entry.listing).filter(|other| other.id != listing.id)
    }

    /// The listings of an address on a rail, of every method.
    pub(crate) fn on_rail(
        &self,
        canonical_url: &str,
        protocol: Protocol,
    ) -> impl Iterator<Item = &Listing> {
        let positions = self.directory.by_url.get(canonical_url).into_iter().flatten();
        let entries = positions.filter_map(|position| self.entries.get(*position as usize));
        entries.map(|entry| &entry.listing).filter(move |one| one.facts.protocol == protocol)
    }

    /// Reads a query string against this directory, see [`ListQuery::parse`].
    ///
    /// # Errors
    /// [`QueryError`] names every parameter that is wrong.
    pub fn parse(&self, raw: &str, dialect: Dialect) -> Result<ListQuery, QueryError> {
        ListQuery::parse(raw, dialect, &self.directory.sources)
    }

    /// Counts of the whole directory.
    #[must_use]
    pub fn stats(&self) -> &Stats {
        self.stats.get_or_init(|| Stats::count(self.listings()))
    }

    /// The categories with their counts.
    #[must_use]
    pub fn categories(&self) -> &CategoryTree {
        self.categories.get_or_init(|| CategoryTree::count(self.listings()))
    }

    /// Every listing, the one that was listed last first.
    pub fn newest(&self) -> impl Iterator<Item = &Listing> {
        let positions = self.directory.newest.get_or_init(|| {
            let listed = self.listings().map(|listing| (listing.registered_at, &listing.id));
            let mut listed: Vec<_> = listed.zip(0_u32..).collect();
            listed.sort_unstable_by(|a, b| b.cmp(a));
            listed.into_iter().map(|(_, position)| position).collect()
        });
        let entries = positions.iter().filter_map(|position| self.entries.get(*position as usize));
        entries.map(|entry| &entry.listing)
    }

    /// Where something is missing, on one rail or on all.
    #[must_use]
    pub fn opportunities(&self, protocol: Option<Protocol>) -> &Opportunities {
        let place = Protocol::ALL.iter().position(|rail| Some(*rail) == protocol);
        let [of_all, of_each @ ..] = &self.opportunities;
        let slot = place.and_then(|place| of_each.get(place)).unwrap_or(of_all);
        slot.get_or_init(|| Opportunities::find(self.listings(), protocol))
    }

    /// The names that belong to verified providers.
    pub(crate) fn known_names(&self) -> &KnownNames {
        self.known_names.get_or_init(|| KnownNames::of(self.listings()))
    }

    /// Every listing, in no particular order.
    pub fn listings(&self) -> impl Iterator<Item = &Listing> {
        self.entries.iter().map(|entry| &entry.listing)
    }
}

impl Lookup {
    fn build(listings: &[Listing]) -> Self {
        let mut positions = HashMap::with_capacity(listings.len());
        let mut by_url: HashMap<String, Vec<u32>> = HashMap::new();
        let mut names = BTreeSet::new();
        for (position, listing) in (0_u32..).zip(listings) {
            positions.insert(listing.id.clone(), position);
            by_url.entry(listing.canonical_url.clone()).or_default().push(position);
            names.extend(sources(&listing.facts.source).map(str::to_lowercase));
        }
        Self {
            positions,
            by_url,
            sources: names.into_iter().collect(),
            index: TextIndex::build(listings.iter().map(document)),
            newest: OnceLock::new(),
        }
    }
}

fn document(listing: &Listing) -> Document<'_> {
    let facts = &listing.facts;
    let without_scheme = facts.url.split_once("://").map_or(facts.url.as_str(), |(_, rest)| rest);
    // What people call paying over Lightning.
    let sats = if facts.protocol == Protocol::L402 { "sats" } else { "" };
    let network = facts.payment_network.as_deref().unwrap_or_default();
    Document {
        name: &facts.name,
        description: &facts.description,
        labels: format!("{} {}", facts.category, facts.tags.join(" ")),
        url: without_scheme,
        provider: &facts.provider,
        rail: format!("{} {network} {sats}", facts.protocol.name()),
    }
}
