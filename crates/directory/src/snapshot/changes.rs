//! The snapshot after a change: the same but for what changed.

use super::facets::Facets;
use super::lookup::Lookup;
use super::order::{Names, Orders, SORTED_AT_ONCE_MAX};
use super::{Entry, Snapshot, other_rails};
use crate::store::revision::Revision;
use crate::{Health, Listing, ListingStatus};
use farebox_money::BtcUsd;
use farebox_search::Position;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// What becomes of the entries of a snapshot.
struct Patch<'a> {
    before: &'a Snapshot,
    entries: Vec<Arc<Entry>>,
    facets: Facets,
    /// Whether some price is another.
    is_priced_anew: bool,
    /// Positions of listings that went, or stand at the end now.
    removed: Vec<Position>,
    /// Addresses at which a listing came or went.
    urls: BTreeSet<&'a str>,
}

impl Snapshot {
    /// The same listings, compared at another rate.
    #[must_use]
    pub(crate) fn with_rate(&self, rate: BtcUsd) -> Self {
        let orders = Orders::build(&self.entries, &self.lookup.names, Some(rate));
        Self { rate: Some(rate), orders, derived: Arc::default(), ..self.shared() }
    }

    /// The snapshot after these listings changed, came or went, and others have another health.
    #[must_use]
    pub(crate) fn with_changes(
        &self,
        changed: Vec<Listing>,
        health: Vec<(String, Health)>,
        revision: Revision,
    ) -> Self {
        let next = match self.patched(&changed, health) {
            Ok(next) => next,
            Err(health) => self.rebuilt(changed, health),
        };
        Self { revision, ..next }
    }

    /// Whether orders and counts follow the latest changes. Those of a large directory are not made
    /// anew for each change, but by [`Self::settled`].
    #[must_use]
    pub(crate) const fn is_settled(&self) -> bool {
        self.is_settled
    }

    /// The same with orders and counts that follow the latest changes.
    #[must_use]
    pub(crate) fn settled(&self) -> Self {
        let lookup = match self.lookup.names.len() == self.entries.len() {
            true => Arc::clone(&self.lookup),
            false => Arc::new(self.lookup.named(Names::build(self.entries.len(), self.alive()))),
        };
        let orders = Orders::build(&self.entries, &lookup.names, self.rate);
        let next =
            Self { lookup, orders, derived: Arc::default(), is_settled: true, ..self.shared() };
        next.warm(self);
        next
    }

    /// Works out what readers of the snapshot before this one asked for.
    fn warm(&self, before: &Self) {
        let (before, derived) = (&before.derived, &self.derived);
        if before.stats.get().is_some() {
            let _ = self.stats();
        }
        if before.categories.get().is_some() {
            let _ = self.categories();
        }
        if before.newest.get().is_some() && derived.newest.get().is_none() {
            drop(self.newest());
        }
        if before.known_names.get().is_some() {
            let _ = self.known_names();
        }
    }

    pub(super) fn shared(&self) -> Self {
        Self {
            revision: self.revision,
            rate: self.rate,
            entries: self.entries.clone(),
            lookup: Arc::clone(&self.lookup),
            facets: self.facets.clone(),
            orders: self.orders.clone(),
            derived: Arc::clone(&self.derived),
            vectors: self.vectors.clone(),
            is_settled: self.is_settled,
        }
    }

    /// The next snapshot with most of this one's indexes; the health back where it is better to
    /// build everything anew.
    fn patched(
        &self,
        changed: &[Listing],
        health: Vec<(String, Health)>,
    ) -> Result<Self, Vec<(String, Health)>> {
        let mut patch = Patch::of(self);
        for listing in changed {
            patch.take(listing);
        }
        let Some(lookup) = patch.lookup() else {
            return Err(health);
        };
        for (id, health) in health {
            let known = lookup.position(&id).and_then(|at| Some((at, patch.listing(at)?)));
            if let Some((position, known)) = known.filter(|(_, known)| known.health != health) {
                let after = Listing { health, ..known.clone() };
                patch.replace(position, after);
            }
        }
        patch.relate(&lookup);
        Ok(patch.snapshot(lookup))
    }

    fn rebuilt(&self, changed: Vec<Listing>, health: Vec<(String, Health)>) -> Self {
        let changed_ids: HashSet<&str> = changed.iter().map(|one| one.id.as_str()).collect();
        let kept = self.listings().filter(|one| !changed_ids.contains(one.id.as_str()));
        let mut listings: Vec<Listing> = kept.cloned().collect();
        listings.extend(changed.into_iter().filter(|one| one.status == ListingStatus::Active));
        let mut health: HashMap<String, Health> = health.into_iter().collect();
        for listing in &mut listings {
            if let Some(health) = health.remove(&listing.id) {
                listing.health = health;
            }
        }
        let next = Self::build(listings, self.rate, self.revision);
        next.warm(self);
        next
    }
}

impl<'a> Patch<'a> {
    fn of(before: &'a Snapshot) -> Self {
        Self {
            before,
            entries: before.entries.clone(),
            facets: before.facets.clone(),
            is_priced_anew: false,
            removed: Vec::new(),
            urls: BTreeSet::new(),
        }
    }

    fn listing(&self, position: Position) -> Option<&Listing> {
        self.entries.get(position as usize).map(|entry| &entry.listing)
    }

    /// Takes one listing in as it is now.
    fn take(&mut self, listing: &'a Listing) {
        let is_shown = listing.status == ListingStatus::Active;
        let known = self.before.lookup.position(&listing.id);
        let known = known.and_then(|at| Some((at, self.before.entry(at)?)));
        let Some((position, entry)) = known else {
            if is_shown {
                self.add(listing);
            }
            return;
        };
        let before = &entry.listing;
        let same_texts = listing.facts.same_texts(&before.facts)
            && listing.canonical_url == before.canonical_url;
        if is_shown && same_texts {
            return self.replace(position, listing.clone());
        }
        self.facets.remove(position, before);
        self.removed.push(position);
        self.urls.insert(&before.canonical_url);
        if is_shown {
            self.add(listing);
        }
    }

    fn add(&mut self, listing: &'a Listing) {
        let position = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        self.entries.push(Entry::new(listing.clone(), Vec::new()));
        self.facets.insert(position, listing);
        self.urls.insert(&listing.canonical_url);
        self.is_priced_anew = true;
    }

    fn replace(&mut self, position: Position, after: Listing) {
        let Some(entry) = self.entries.get_mut(position as usize) else { return };
        let (before, rate) = (&entry.listing, self.before.rate);
        self.is_priced_anew |= before.price_in_usd(rate) != after.price_in_usd(rate);
        self.facets.replace(position, before, &after);
        *entry = Entry::new(after, entry.related_protocols.clone());
    }

    /// Where everything is found now; `None` where it is better to build everything anew.
    fn lookup(&self) -> Option<Arc<Lookup>> {
        let before = &self.before.lookup;
        if self.urls.is_empty() {
            return Some(Arc::clone(before));
        }
        let base_len = before.engine.base_len() as usize;
        let added = self.entries.get(base_len..).unwrap_or_default();
        before.changed(&self.removed, added).map(Arc::new)
    }

    /// Tells the listings of one address of each other, where some came or went.
    fn relate(&mut self, lookup: &Lookup) {
        for url in &self.urls {
            let positions: Vec<Position> = lookup.on_url(url).collect();
            let rails = positions.iter().filter_map(|at| self.listing(*at));
            let rails: Vec<_> = rails.map(|listing| listing.facts.protocol).collect();
            for position in positions {
                let Some(entry) = self.entries.get_mut(position as usize) else { continue };
                let related = other_rails(entry.listing.facts.protocol, rails.iter().copied());
                if related != entry.related_protocols {
                    *entry = Entry::new(entry.listing.clone(), related);
                }
            }
        }
    }

    fn snapshot(self, lookup: Arc<Lookup>) -> Snapshot {
        let before = self.before;
        let is_settled = self.entries.len() <= SORTED_AT_ONCE_MAX;
        let orders = if is_settled {
            Orders::build(&self.entries, &lookup.names, before.rate)
        } else {
            before.orders.extended(&self.entries, self.is_priced_anew, before.rate)
        };
        let is_same_list = self.urls.is_empty();
        let derived = match is_settled || !is_same_list {
            true => Arc::default(),
            false => Arc::clone(&before.derived),
        };
        let (revision, rate) = (before.revision, before.rate);
        let next = Snapshot {
            revision,
            rate,
            entries: self.entries,
            lookup,
            facets: self.facets,
            orders,
            derived,
            vectors: before.vectors.clone().filter(|_| is_same_list),
            is_settled,
        };
        next.warm(before);
        next
    }
}
