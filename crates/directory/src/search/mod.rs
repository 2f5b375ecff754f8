//! Finding listings by words. Pure: an index is built from documents and answers queries with
//! positions, tiers and scores; it knows no filters, no order of listings and no database, so
//! that another engine can take its place.

mod phrases;
mod ranking;
mod words;

use phrases::Phrases;
use ranking::Ranking;

/// Characters of a query at most.
pub const QUERY_LEN_MAX: usize = 200;

/// What a query is compared with.
pub(crate) struct Document<'a> {
    /// Weighs most; tiers A and B look here.
    pub(crate) name: &'a str,
    /// Tier C looks here.
    pub(crate) description: &'a str,
    /// Category and tags.
    pub(crate) labels: String,
    /// The words of the URL.
    pub(crate) url: &'a str,
    /// Who runs it.
    pub(crate) provider: &'a str,
    /// Protocol and network: how it is paid.
    pub(crate) rail: String,
}

/// Why a document was found, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tier {
    /// A: the name is the query.
    Name,
    /// B: the name holds the query.
    InName,
    /// C: the description holds the query.
    InDescription,
    /// D: most of the query's words occur.
    Words,
}

/// A document that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Hit {
    /// Its place in the list that the index was built from.
    pub(crate) position: u32,
    /// Why.
    pub(crate) tier: Tier,
    /// From 0 to 1: how much of the query it covers; orders hits within a tier.
    pub(crate) score: f32,
}

/// An immutable index over documents.
pub(crate) struct TextIndex {
    phrases: Phrases,
    ranking: Ranking,
}

impl TextIndex {
    /// Indexes documents by their place in the list.
    pub(crate) fn build<'a>(documents: impl Iterator<Item = Document<'a>> + Clone) -> Self {
        Self { phrases: Phrases::build(documents.clone()), ranking: Ranking::build(documents) }
    }

    /// Every document that belongs to a tier, in no particular order.
    pub(crate) fn search(&self, query: &str) -> Vec<Hit> {
        let phrase = phrases::folded(query);
        if phrase.is_empty() {
            return Vec::new();
        }
        let mut tiers: Vec<Option<Tier>> = vec![None; self.ranking.len()];
        self.phrases.find(&phrase, &mut tiers);
        let coverage = self.ranking.coverage(query);
        let hits = (0_u32..).zip(tiers).zip(coverage);
        hits.filter_map(|((position, tier), coverage)| {
            let by_words = coverage.is_most.then_some(Tier::Words);
            tier.or(by_words).map(|tier| Hit { position, tier, score: coverage.score })
        })
        .collect()
    }
}
