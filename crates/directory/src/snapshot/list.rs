//! Answers a [`ListQuery`]: filters, search, order, total, page.

use super::why::Why;
use super::{Entry, Snapshot};
use crate::ListQuery;
use crate::query::{Filters, Ranking};
use farebox_money::{MicroUsd, Sats};
use farebox_search::lexical::PriceLimit;
use farebox_search::{BitSet, Embedding, Engine, Query, Request};
use std::sync::Arc;

/// Some rows of an answer.
#[derive(Clone, Debug)]
pub struct Page {
    /// The rows, in order.
    pub rows: Vec<Arc<Entry>>,
    /// Why each of the rows was found, in the same order; empty where nobody asked.
    pub whys: Vec<Option<Why>>,
    /// How many rows the whole answer has.
    pub total: usize,
}

impl Snapshot {
    /// Answers a question: the rows of the page, and how many there are in all.
    #[must_use]
    pub fn list(&self, query: &ListQuery) -> Page {
        self.list_by(query, &self.lookup.engine, None)
    }

    /// The same by what another model makes of the search; `None` where this snapshot has no
    /// vectors of that model.
    pub(crate) fn list_by_meaning(&self, query: &ListQuery, meant: &Embedding) -> Option<Page> {
        let engine = &self.vectors.as_ref()?.engine;
        Some(self.list_by(query, engine, Some(meant)))
    }

    fn list_by(&self, query: &ListQuery, engine: &Engine, meant: Option<&Embedding>) -> Page {
        let filter = self.meeting(&query.filters);
        let text = Query::parse(query.search.as_deref().unwrap_or_default());
        let is_search = !text.is_empty();
        let featured = is_search.then(|| self.facets.featured());
        let ahead = query.filters.verified.then(|| self.facets.domain_verified());
        let preferred = text.parsed().price().and_then(|limit| self.priced_within(limit));
        let default = self.orders.default_order();
        let found = engine.search(&Request {
            filter: filter.as_ref(),
            sort: query.sort.map(|sort| self.orders.sorted(sort)),
            ahead: ahead.as_ref(),
            featured: featured.as_ref(),
            preferred: preferred.as_ref(),
            ranking: match query.ranking {
                Ranking::Tiers => farebox_search::Ranking::Tiers,
                Ranking::Best => farebox_search::Ranking::Best,
            },
            embedding: meant,
            offset: query.offset,
            explain: query.explain && is_search,
            ..Request::new(&text, default, query.limit)
        });
        let rows = found.hits.iter().filter_map(|hit| self.entry(hit.position).cloned());
        let whys = match query.explain && is_search {
            true => found.hits.iter().map(Why::of).collect(),
            false => Vec::new(),
        };
        Page { rows: rows.collect(), whys, total: found.total }
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

    /// The listings that cost no more than a query says; `None` without a rate to compare at.
    fn priced_within(&self, limit: PriceLimit) -> Option<BitSet> {
        let most = match limit {
            PriceLimit::MicroUsd(micro_usd) => MicroUsd::new(micro_usd),
            PriceLimit::Sats(sats) => self.rate?.to_usd_nearest(Sats::new(sats).to_msat()?)?,
        };
        Some(self.orders.priced_at_most(most))
    }
}
