//! Answers a [`ListQuery`]: candidates in order, filters, total, page.

use super::{Entry, Snapshot};
use crate::ListQuery;
use crate::search::{Hit, Tier};
use std::cmp::Reverse;
use std::sync::Arc;

/// Some rows of an answer.
#[derive(Clone, Debug)]
pub struct Page {
    /// The rows, in order.
    pub rows: Vec<Arc<Entry>>,
    /// How many rows the whole answer has.
    pub total: usize,
}

impl Snapshot {
    /// Answers a question: the rows of the page, and how many there are in all.
    #[must_use]
    pub fn list(&self, query: &ListQuery) -> Page {
        match (&query.search, query.sort) {
            (None, None) => self.page(query, self.orders.default_order(&self.entries)),
            (None, Some(sort)) => {
                self.page(query, self.orders.sorted(sort, &self.entries, self.rate))
            }
            (Some(text), None) => self.page(query, &self.by_relevance(text)),
            (Some(text), Some(sort)) => {
                let found = self.found(text);
                let sorted = self.orders.sorted(sort, &self.entries, self.rate);
                let is_found = |position: &u32| found.get(*position as usize) == Some(&true);
                let candidates: Vec<u32> = sorted.iter().copied().filter(is_found).collect();
                self.page(query, &candidates)
            }
        }
    }

    /// What a search finds: by tier; among those that hold the phrase, what is featured first;
    /// then by how much of the query is covered, and last in the default order.
    fn by_relevance(&self, text: &str) -> Vec<u32> {
        let places = self.orders.default_places(&self.entries);
        let place = |hit: &Hit| places.get(hit.position as usize).copied().unwrap_or(u32::MAX);
        let is_featured = |hit: &Hit| {
            let entry = self.entries.get(hit.position as usize);
            hit.tier != Tier::Words && entry.is_some_and(|entry| entry.listing.facts.featured)
        };
        let mut hits = self.directory.index.search(text);
        hits.sort_by_cached_key(|hit| {
            // Scores are never negative, so their bits are ordered as they are.
            (hit.tier, !is_featured(hit), Reverse(hit.score.to_bits()), place(hit))
        });
        hits.into_iter().map(|hit| hit.position).collect()
    }

    fn found(&self, text: &str) -> Vec<bool> {
        let mut found = vec![false; self.entries.len()];
        for hit in self.directory.index.search(text) {
            if let Some(slot) = found.get_mut(hit.position as usize) {
                *slot = true;
            }
        }
        found
    }

    fn page(&self, query: &ListQuery, candidates: &[u32]) -> Page {
        if query.filters.is_empty() {
            return self.cut(query, candidates);
        }
        let accepted = |position: &u32| {
            self.entries
                .get(*position as usize)
                .is_some_and(|entry| query.filters.accept(&entry.listing, self.rate))
        };
        let mut accepted: Vec<u32> = candidates.iter().copied().filter(accepted).collect();
        if query.filters.verified {
            let entry = |position: &u32| self.entries.get(*position as usize);
            accepted.sort_by_key(|position| {
                !entry(position).is_some_and(|entry| entry.listing.facts.domain_verified)
            });
        }
        self.cut(query, &accepted)
    }

    fn cut(&self, query: &ListQuery, positions: &[u32]) -> Page {
        let page = positions.iter().skip(query.offset).take(query.limit);
        let rows = page.filter_map(|position| self.entries.get(*position as usize));
        Page { rows: rows.cloned().collect(), total: positions.len() }
    }
}
