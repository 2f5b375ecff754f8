//! A directory of generated listings: the engine with what a server keeps beside it to filter and
//! to sort by.

use crate::questions::{Question, Sort};
use farebox_search::{BitSet, Column, Document, Engine, Found, Order, Query, Ranking, Request};
use farebox_testing::listings::GeneratedListing;
use std::collections::HashMap;
use std::time::{Duration, Instant};

pub struct Directory {
    engine: Engine,
    by_protocol: Vec<BitSet>,
    by_health: Vec<BitSet>,
    by_category: HashMap<String, BitSet>,
    featured: BitSet,
    prices: Column<u64>,
    default_order: Order,
    by_price: Order,
    by_name: Order,
    /// How long all of it took to build.
    pub build_time: Duration,
}

impl Directory {
    pub fn build(listings: &[GeneratedListing]) -> Self {
        let begun = Instant::now();
        let engine = Engine::build(listings.iter().map(document));
        let len = engine.len();
        let mut by_category: HashMap<String, BitSet> = HashMap::new();
        for (position, listing) in (0_u32..).zip(listings) {
            let category = category(listing).to_owned();
            by_category.entry(category).or_insert_with(|| BitSet::empty(len)).insert(position);
        }
        let set = |accept: &dyn Fn(&GeneratedListing) -> bool| {
            let numbered = (0_u32..).zip(listings);
            BitSet::of(len, numbered.filter(|(_, one)| accept(one)).map(|(position, _)| position))
        };
        let order = |key: &dyn Fn(&GeneratedListing) -> (u64, String)| {
            Order::by_key(len, |position| listings.get(position as usize).map(key))
        };
        Self {
            by_protocol: (0..3).map(|wanted| set(&|one| one.protocol == wanted)).collect(),
            by_health: (0..4).map(|wanted| set(&|one| one.health == wanted)).collect(),
            featured: set(&|one| one.featured),
            by_category,
            prices: Column::build(listings.iter().map(|one| Some(one.price_micro_usd))),
            default_order: order(&|one| {
                (u64::from(!one.featured) << 8 | u64::from(one.health), one.name.to_lowercase())
            }),
            by_price: order(&|one| (one.price_micro_usd, String::new())),
            by_name: order(&|one| (0, one.name.to_lowercase())),
            engine,
            build_time: begun.elapsed(),
        }
    }

    /// What a request for a list costs: the filters put together, the search, the page, the total.
    pub fn search(&self, question: &Question, ranking: Ranking, by_meaning: bool) -> Found {
        let query = Query::parse(&question.text);
        let filter = self.filter(question);
        let preferred = query.parsed().price().map(|_| self.prices.at_most(&50_000));
        self.engine.search(&Request {
            filter: filter.as_ref(),
            sort: question.sort.map(|sort| match sort {
                Sort::Price => &self.by_price,
                Sort::Name => &self.by_name,
            }),
            featured: Some(&self.featured),
            preferred: preferred.as_ref(),
            ranking,
            by_meaning,
            offset: question.offset,
            ..Request::new(&query, &self.default_order, question.limit)
        })
    }

    fn filter(&self, question: &Question) -> Option<BitSet> {
        let mut filter: Option<BitSet> = None;
        let mut keep = |set: &BitSet| match &mut filter {
            Some(filter) => filter.intersect_with(set),
            None => filter = Some(set.clone()),
        };
        let of = |sets: &'_ [BitSet], wanted: Option<u8>| {
            wanted.and_then(|wanted| sets.get(usize::from(wanted))).cloned()
        };
        of(&self.by_protocol, question.protocol).iter().for_each(&mut keep);
        of(&self.by_health, question.health).iter().for_each(&mut keep);
        if let Some(category) = &question.category {
            self.by_category.get(category).into_iter().for_each(&mut keep);
        }
        if let Some(most) = question.price_max_micro_usd {
            keep(&self.prices.at_most(&most));
        }
        filter
    }

    /// Bytes of the engine, and of the sets and orders beside it.
    pub fn memory_len(&self) -> (usize, usize) {
        let sets = self.by_protocol.iter().chain(&self.by_health).chain(self.by_category.values());
        let sets: usize = sets.chain([&self.featured]).map(BitSet::memory_len).sum();
        let orders = [&self.default_order, &self.by_price, &self.by_name];
        let orders: usize = orders.iter().map(|order| order.memory_len()).sum();
        (self.engine.memory_len(), sets + orders + self.prices.memory_len())
    }
}

pub fn category(listing: &GeneratedListing) -> &str {
    listing.labels.split(' ').next().unwrap_or_default()
}

fn document(listing: &GeneratedListing) -> (Document<'_>, u32) {
    let document = Document {
        name: &listing.name,
        description: &listing.description,
        labels: &listing.labels,
        url: &listing.url,
        provider: &listing.provider,
        rail: &listing.rail,
    };
    (document, listing.host)
}
