//! Where listings are found: by id, by address, by what they say.

use super::Entry;
use super::order::Names;
use crate::query::sources;
use crate::{Listing, Protocol};
use farebox_search::{Document, Engine, Position};
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// What changes only when listings come, go or change their texts.
pub(super) struct Lookup {
    /// Of the listings that were there when everything was built.
    base: Arc<Places>,
    /// Of those that came since.
    added: Places,
    /// Positions of listings that are gone, or stand elsewhere now.
    gone: HashSet<Position>,
    /// The names of the lists that rows came from, in lower case.
    pub(super) sources: Vec<String>,
    pub(super) engine: Engine,
    pub(super) names: Arc<Names>,
}

#[derive(Default)]
struct Places {
    by_id: HashMap<Box<str>, Position>,
    by_url: HashMap<Box<str>, Vec<Position>>,
}

impl Places {
    fn insert(&mut self, listing: &Listing, position: Position) {
        self.by_id.insert(listing.id.as_str().into(), position);
        self.by_url.entry(listing.canonical_url.as_str().into()).or_default().push(position);
    }
}

impl Lookup {
    pub(super) fn build(listings: &[Listing]) -> Self {
        let mut base = Places::default();
        let mut names = BTreeSet::new();
        for (position, listing) in (0..).zip(listings) {
            base.insert(listing, position);
            names.extend(sources(&listing.facts.source).map(str::to_lowercase));
        }
        let texts: Vec<Texts<'_>> = listings.iter().map(Texts::of).collect();
        Self {
            base: Arc::new(base),
            added: Places::default(),
            gone: HashSet::new(),
            sources: names.into_iter().collect(),
            engine: Engine::build(texts.iter().map(Texts::document)),
            names: Arc::new(Names::build(listings.len(), (0..).zip(listings))),
        }
    }

    /// The lookup after the listings at these positions went and those behind the base, `added`,
    /// came; `None` where it is better to build everything anew.
    pub(super) fn changed(&self, removed: &[Position], added: &[Arc<Entry>]) -> Option<Self> {
        let gone: HashSet<Position> = self.gone.iter().chain(removed).copied().collect();
        let changed_count = u32::try_from(gone.len().max(added.len())).ok()?;
        if !self.engine.can_change(changed_count) {
            return None;
        }
        let mut places = Places::default();
        let mut names: BTreeSet<String> = self.sources.iter().cloned().collect();
        for (position, entry) in (self.engine.base_len()..).zip(added) {
            if !gone.contains(&position) {
                places.insert(&entry.listing, position);
                names.extend(sources(&entry.listing.facts.source).map(str::to_lowercase));
            }
        }
        let texts: Vec<Texts<'_>> = added.iter().map(|entry| Texts::of(&entry.listing)).collect();
        let removed = removed.iter().copied();
        Some(Self {
            base: Arc::clone(&self.base),
            added: places,
            engine: self.engine.with_changes(removed, texts.iter().map(Texts::document)),
            gone,
            sources: names.into_iter().collect(),
            names: Arc::clone(&self.names),
        })
    }

    /// The same with other names.
    pub(super) fn named(&self, names: Names) -> Self {
        let added = Places { by_id: self.added.by_id.clone(), by_url: self.added.by_url.clone() };
        Self {
            base: Arc::clone(&self.base),
            added,
            gone: self.gone.clone(),
            sources: self.sources.clone(),
            engine: self.engine.clone(),
            names: Arc::new(names),
        }
    }

    /// How many positions hold a listing.
    pub(super) fn len(&self) -> usize {
        (self.engine.len() as usize).saturating_sub(self.gone.len())
    }

    /// Whether the listing at a position is still there.
    pub(super) fn is_alive(&self, position: Position) -> bool {
        self.gone.is_empty() || !self.gone.contains(&position)
    }

    pub(super) fn position(&self, id: &str) -> Option<Position> {
        let found = self.added.by_id.get(id).or_else(|| self.base.by_id.get(id)).copied();
        found.filter(|position| self.is_alive(*position))
    }

    /// The listings of an address.
    pub(super) fn on_url(&self, canonical_url: &str) -> impl Iterator<Item = Position> {
        let places = [&*self.base, &self.added].into_iter();
        let found = places.filter_map(|places| places.by_url.get(canonical_url)).flatten();
        found.copied().filter(|position| self.is_alive(*position))
    }
}

/// What a search compares with, as far as a listing does not have it in one piece.
struct Texts<'a> {
    listing: &'a Listing,
    labels: String,
    rail: String,
}

impl<'a> Texts<'a> {
    fn of(listing: &'a Listing) -> Self {
        let facts = &listing.facts;
        let network = facts.payment_network.as_deref().unwrap_or_default();
        let asset = facts.payment_asset.as_deref().unwrap_or_default();
        // What people call paying over Lightning.
        let sats = if facts.protocol == Protocol::L402 { " lightning sats" } else { "" };
        Self {
            listing,
            labels: format!("{} {}", facts.category, facts.tags.join(" ")),
            rail: format!("{} {network} {asset}{sats}", facts.protocol.name()),
        }
    }

    /// The document, and the number of the group that it belongs to: its host.
    fn document(&self) -> (Document<'_>, u32) {
        let facts = &self.listing.facts;
        let url = facts.url.split_once("://").map_or(facts.url.as_str(), |(_, rest)| rest);
        let document = Document {
            name: &facts.name,
            description: &facts.description,
            labels: &self.labels,
            url,
            provider: &facts.provider,
            rail: &self.rail,
        };
        let mut hasher = DefaultHasher::new();
        self.listing.service_id.hash(&mut hasher);
        #[expect(clippy::cast_possible_truncation, reason = "half of a hash is one too")]
        let group = hasher.finish() as u32;
        (document, group)
    }
}
