//! Counts of the whole directory.

use crate::{HealthStatus, Listing, Protocol};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Counts of the whole directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Over all rails.
    pub total: Counts,
    /// Of each rail, in the order of [`Protocol::ALL`].
    pub by_protocol: Vec<(Protocol, Counts)>,
    /// Listings of each verdict, in the order of the alphabet.
    pub by_health: BTreeMap<&'static str, usize>,
    /// Listings that each source gave.
    pub by_source: BTreeMap<String, usize>,
    /// Listings whose URL holds placeholders.
    pub templates: usize,
    /// Listings that this very server answers for practice.
    pub demos: usize,
    /// Sample rows.
    pub samples: usize,
    /// When the last check of any listing was made.
    pub last_check: Option<Timestamp>,
}

/// How many listings and how many who offer them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Listings.
    pub endpoints: usize,
    /// Distinct hosts.
    pub hosts: usize,
    /// Distinct hosts with a listing that can be called as it stands and is no demo.
    pub hosts_callable: usize,
}

#[derive(Default)]
struct Hosts {
    endpoints: usize,
    all: HashSet<String>,
    callable: HashSet<String>,
}

impl Hosts {
    fn add(&mut self, host: &str, callable: bool) {
        self.endpoints += 1;
        if !self.all.contains(host) {
            self.all.insert(host.to_owned());
        }
        if callable && !self.callable.contains(host) {
            self.callable.insert(host.to_owned());
        }
    }

    fn counts(&self) -> Counts {
        Counts {
            endpoints: self.endpoints,
            hosts: self.all.len(),
            hosts_callable: self.callable.len(),
        }
    }
}

impl Stats {
    pub(super) fn count<'a>(listings: impl Iterator<Item = &'a Listing>) -> Self {
        let mut total = Hosts::default();
        let mut by_protocol: HashMap<Protocol, Hosts> = HashMap::new();
        let mut stats = Self::default();
        for status in HealthStatus::ALL {
            stats.by_health.insert(status.name(), 0);
        }
        for listing in listings {
            let host = listing.host();
            let (template, demo) = (listing.is_template(), listing.facts.is_demo);
            total.add(&host, !template && !demo);
            let rail = by_protocol.entry(listing.facts.protocol).or_default();
            rail.add(&host, !template && !demo);
            stats.add(listing, template);
        }
        stats.total = total.counts();
        let counts = |protocol| by_protocol.get(&protocol).map(Hosts::counts);
        stats.by_protocol =
            Protocol::ALL.map(|protocol| (protocol, counts(protocol).unwrap_or_default())).into();
        stats
    }

    fn add(&mut self, listing: &Listing, template: bool) {
        let facts = &listing.facts;
        *self.by_health.entry(listing.health.status.name()).or_default() += 1;
        *self.by_source.entry(facts.source.clone()).or_default() += 1;
        self.templates += usize::from(template);
        self.demos += usize::from(facts.is_demo);
        self.samples += usize::from(facts.sample_data);
        self.last_check = self.last_check.max(listing.health.last_checked);
    }
}

/// The categories, the largest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CategoryTree {
    /// What stands before the first slash.
    pub categories: Vec<Category>,
}

/// A category and what is below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Category {
    /// Its name within the one above.
    pub name: String,
    /// Listings in it, those below included.
    pub counts: RailCounts,
    /// What stands after the slash, the largest first.
    pub subcategories: Vec<Category>,
}

/// Listings of each rail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RailCounts {
    /// On L402.
    pub l402: usize,
    /// On x402.
    pub x402: usize,
    /// On MPP.
    pub mpp: usize,
}

impl RailCounts {
    /// On every rail.
    #[must_use]
    pub const fn total(self) -> usize {
        self.l402 + self.x402 + self.mpp
    }

    fn add(&mut self, protocol: Protocol) {
        match protocol {
            Protocol::L402 => self.l402 += 1,
            Protocol::X402 => self.x402 += 1,
            Protocol::Mpp => self.mpp += 1,
        }
    }
}

#[derive(Default)]
struct Branch<'a> {
    counts: RailCounts,
    below: HashMap<&'a str, RailCounts>,
}

impl CategoryTree {
    pub(super) fn count<'a>(listings: impl Iterator<Item = &'a Listing>) -> Self {
        let mut branches: HashMap<&str, Branch<'_>> = HashMap::new();
        for listing in listings {
            let category = listing.facts.category.as_str();
            let (top, below) = category
                .split_once('/')
                .map_or((category, None), |(top, below)| (top, Some(below)));
            let branch = branches.entry(top).or_default();
            branch.counts.add(listing.facts.protocol);
            if let Some(below) = below {
                branch.below.entry(below).or_default().add(listing.facts.protocol);
            }
        }
        let categories =
            branches.into_iter().map(|(name, branch)| Category {
                name: name.to_owned(),
                counts: branch.counts,
                subcategories: largest_first(branch.below.into_iter().map(|(name, counts)| {
                    Category { name: name.to_owned(), counts, subcategories: Vec::new() }
                })),
            });
        Self { categories: largest_first(categories) }
    }
}

fn largest_first(categories: impl Iterator<Item = Category>) -> Vec<Category> {
    let mut categories: Vec<Category> = categories.collect();
    categories.sort_by(|a, b| {
        let by_size = b.counts.total().cmp(&a.counts.total());
        by_size.then_with(|| a.name.cmp(&b.name))
    });
    categories
}
