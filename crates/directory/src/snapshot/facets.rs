//! Which listings have which property: one set of positions for each value that can be filtered by.

use crate::query::{Filters, sources};
use crate::{HealthStatus, L402Format, Listing, ProbeStatus, Protocol, Verification};
use farebox_search::{BitSet, Position};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Sets that hold less than one position in so many are kept as lists.
const SPARSE_SHARE: usize = 32;

/// A property that listings have or have not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Facet {
    Protocol(Protocol),
    Health(HealthStatus),
    ProbeStatus(ProbeStatus),
    Featured,
    PaymentValid,
    Verified,
    DomainVerified,
    L402Format(L402Format),
    LngetCompatible(bool),
    /// In lower case.
    PaymentAsset(String),
    /// In lower case.
    Source(String),
    /// A category or one that it is below.
    Category(String),
}

/// The sets of every property that some listing has.
#[derive(Clone)]
pub(super) struct Facets {
    len: u32,
    sets: HashMap<Facet, Arc<Positions>>,
}

#[derive(Clone)]
enum Positions {
    /// Ascending.
    Few(Vec<Position>),
    Many(BitSet),
}

impl Facets {
    pub(super) fn build<'a>(listings: impl ExactSizeIterator<Item = &'a Listing>) -> Self {
        let len = u32::try_from(listings.len()).unwrap_or(u32::MAX);
        let mut found: HashMap<Facet, Vec<Position>> = HashMap::new();
        for (position, listing) in (0..len).zip(listings) {
            for facet in facets(listing) {
                found.entry(facet).or_default().push(position);
            }
        }
        let sets = found
            .into_iter()
            .map(|(facet, positions)| (facet, Arc::new(Positions::of(len, positions))))
            .collect();
        Self { len, sets }
    }

    /// Brings the sets up to date with one listing that changed in place.
    pub(super) fn replace(&mut self, position: Position, before: &Listing, after: &Listing) {
        let (before, after) = (facets(before), facets(after));
        for facet in before.difference(&after) {
            if let Some(set) = self.sets.get_mut(facet) {
                Arc::make_mut(set).remove(position);
            }
        }
        for facet in after.difference(&before) {
            let set = self.sets.entry(facet.clone());
            let set = set.or_insert_with(|| Arc::new(Positions::Few(Vec::new())));
            Arc::make_mut(set).insert(position, self.len);
        }
    }

    /// Takes a listing in at a position behind all others.
    pub(super) fn insert(&mut self, position: Position, listing: &Listing) {
        self.len = self.len.max(position.saturating_add(1));
        for facet in facets(listing) {
            let set = self.sets.entry(facet);
            let set = set.or_insert_with(|| Arc::new(Positions::Few(Vec::new())));
            Arc::make_mut(set).insert(position, self.len);
        }
    }

    /// Takes a listing out.
    pub(super) fn remove(&mut self, position: Position, listing: &Listing) {
        for facet in facets(listing) {
            if let Some(set) = self.sets.get_mut(&facet) {
                Arc::make_mut(set).remove(position);
            }
        }
    }

    /// The listings that meet every condition but the price; `None` where there is no condition.
    pub(super) fn meeting(&self, filters: &Filters) -> Option<BitSet> {
        let mut wanted = wanted(filters);
        let first = wanted.pop()?;
        let mut set = match self.sets.get(&first) {
            Some(positions) => positions.to_bits(self.len),
            None => BitSet::empty(self.len),
        };
        for facet in wanted {
            match self.sets.get(&facet).map(|positions| &**positions) {
                Some(Positions::Many(other)) if other.len() == self.len => {
                    set.intersect_with(other);
                }
                Some(Positions::Many(other)) => set.intersect_with(&other.resized(self.len)),
                Some(Positions::Few(other)) => {
                    let both = other.iter().copied().filter(|position| set.contains(*position));
                    set = BitSet::of(self.len, both);
                }
                None => return Some(BitSet::empty(self.len)),
            }
        }
        Some(set)
    }

    /// Those whose providers proved that the host is theirs.
    pub(super) fn domain_verified(&self) -> BitSet {
        self.set(&Facet::DomainVerified)
    }

    /// Those that are shown before others.
    pub(super) fn featured(&self) -> BitSet {
        self.set(&Facet::Featured)
    }

    fn set(&self, facet: &Facet) -> BitSet {
        let positions = self.sets.get(facet);
        positions.map_or_else(|| BitSet::empty(self.len), |positions| positions.to_bits(self.len))
    }

    /// Bytes of memory that the sets take.
    pub(super) fn memory_len(&self) -> usize {
        let one = |positions: &Arc<Positions>| match &**positions {
            Positions::Few(list) => size_of_val(&**list),
            Positions::Many(set) => set.memory_len(),
        };
        self.sets.values().map(one).sum()
    }
}

impl Positions {
    fn of(len: u32, ascending: Vec<Position>) -> Self {
        if ascending.len().saturating_mul(SPARSE_SHARE) < len as usize {
            Self::Few(ascending)
        } else {
            Self::Many(BitSet::of(len, ascending))
        }
    }

    fn to_bits(&self, len: u32) -> BitSet {
        match self {
            Self::Few(list) => BitSet::of(len, list.iter().copied()),
            Self::Many(set) if set.len() == len => set.clone(),
            Self::Many(set) => set.resized(len),
        }
    }

    fn insert(&mut self, position: Position, len: u32) {
        match self {
            Self::Many(set) => {
                if set.len() < len {
                    *set = set.resized(len);
                }
                set.insert(position);
            }
            Self::Few(list) => {
                if let Err(place) = list.binary_search(&position) {
                    list.insert(place, position);
                    *self = Self::of(len, std::mem::take(list));
                }
            }
        }
    }

    fn remove(&mut self, position: Position) {
        match self {
            Self::Many(set) => set.remove(position),
            Self::Few(list) => {
                if let Ok(place) = list.binary_search(&position) {
                    list.remove(place);
                }
            }
        }
    }
}

/// Every property of a listing.
fn facets(listing: &Listing) -> BTreeSet<Facet> {
    let facts = &listing.facts;
    let verification = listing.verification();
    let is_x402_valid = facts.protocol == Protocol::X402 && facts.x402_payment_valid == Some(true);
    let flags = [
        (facts.featured, Facet::Featured),
        (is_x402_valid, Facet::PaymentValid),
        (verification != Verification::None, Facet::Verified),
        (facts.domain_verified, Facet::DomainVerified),
    ];
    let mut found = BTreeSet::from([
        Facet::Protocol(facts.protocol),
        Facet::Health(listing.health.status),
        Facet::ProbeStatus(facts.probe_status),
    ]);
    found.extend(flags.into_iter().filter_map(|(has, facet)| has.then_some(facet)));
    found.extend(facts.l402_format.map(Facet::L402Format));
    found.extend(facts.lnget_compatible.map(Facet::LngetCompatible));
    let asset = facts.payment_asset.as_deref();
    found.extend(asset.map(|asset| Facet::PaymentAsset(asset.to_ascii_lowercase())));
    found.extend(sources(&facts.source).map(|source| Facet::Source(source.to_lowercase())));
    let above = facts.category.match_indices('/').filter_map(|(end, _)| facts.category.get(..end));
    let categories = above.chain([facts.category.as_str()]);
    found.extend(categories.map(|category| Facet::Category(category.to_owned())));
    found
}

/// The properties that these filters ask for; the price is none.
fn wanted(filters: &Filters) -> Vec<Facet> {
    let flags = [
        (filters.featured, Facet::Featured),
        (filters.payment_valid, Facet::PaymentValid),
        (filters.verified, Facet::Verified),
    ];
    let flags = flags.into_iter().filter_map(|(is_wanted, facet)| is_wanted.then_some(facet));
    let mut wanted: Vec<Facet> = flags.collect();
    wanted.extend(filters.protocol.map(Facet::Protocol));
    wanted.extend(filters.health.map(Facet::Health));
    wanted.extend(filters.probe_status.map(Facet::ProbeStatus));
    wanted.extend(filters.l402_format.map(Facet::L402Format));
    wanted.extend(filters.lnget_compatible.map(Facet::LngetCompatible));
    let asset = filters.payment_asset.as_deref();
    wanted.extend(asset.map(|asset| Facet::PaymentAsset(asset.to_ascii_lowercase())));
    wanted.extend(filters.source.clone().map(Facet::Source));
    wanted.extend(filters.category.clone().map(Facet::Category));
    wanted
}
