//! Answers a [`ListQuery`]: candidates in order, filters, total, page.

use super::{Entry, Snapshot};
use crate::ListQuery;
use crate::query::Filters;
use crate::search::{Hit, Tier};
use farebox_search::{BitSet, Order};
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
        let order = query.sort.map(|sort| self.orders.sorted(sort));
        let default = self.orders.default_order();
        match (&query.search, order) {
            (None, order) => self.page(query, order.unwrap_or(default).positions()),
            (Some(text), None) => self.page(query, &self.by_relevance(text, default)),
            (Some(text), Some(order)) => {
                let len = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
                let hits = self.directory.index.search(text);
                let found = BitSet::of(len, hits.iter().map(|hit| hit.position));
                let positions = order.positions().iter().copied();
                let candidates: Vec<u32> = positions.filter(|at| found.contains(*at)).collect();
                self.page(query, &candidates)
            }
        }
    }

    /// The listings that meet every condition; `None` where there is no condition.
    fn meeting(&self, filters: &Filters) -> Option<BitSet> {
        let met = self.facets.meeting(filters);
        let priced = filters.max_price_usd.map(|most| self.orders.priced_at_most(most));
        match (met, priced) {
            (Some(mut met), Some(priced)) => {
                met.intersect_with(&priced);
                Some(met)
            }
            (met, priced) => met.or(priced),
        }
    }

    /// What a search finds: by tier; among those that hold the phrase, what is featured first;
    /// then by how much of the query is covered, and last in the default order.
    fn by_relevance(&self, text: &str, default: &Order) -> Vec<u32> {
        let featured = self.facets.featured();
        let is_featured = |hit: &Hit| hit.tier != Tier::Words && featured.contains(hit.position);
        let mut hits = self.directory.index.search(text);
        hits.sort_by_cached_key(|hit| {
            // Scores are never negative, so their bits are ordered as they are.
            let rank = default.rank(hit.position);
            (hit.tier, !is_featured(hit), Reverse(hit.score.to_bits()), rank)
        });
        hits.into_iter().map(|hit| hit.position).collect()
    }

    fn page(&self, query: &ListQuery, candidates: &[u32]) -> Page {
        let Some(met) = self.meeting(&query.filters) else {
            return self.cut(query, candidates);
        };
        let mut accepted: Vec<u32> =
            candidates.iter().copied().filter(|position| met.contains(*position)).collect();
        if query.filters.verified {
            let ahead = self.facets.domain_verified();
            accepted.sort_by_key(|position| !ahead.contains(*position));
        }
        self.cut(query, &accepted)
    }

    fn cut(&self, query: &ListQuery, positions: &[u32]) -> Page {
        let page = positions.iter().skip(query.offset).take(query.limit);
        let rows = page.filter_map(|position| self.entries.get(*position as usize));
        Page { rows: rows.cloned().collect(), total: positions.len() }
    }
}
