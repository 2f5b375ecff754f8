//! The whole search: phrases, words and meaning put together.
//!
//! What is found is in tiers. A to C hold the query as it is written: as their name, in their
//! name, in their description. D are those whose meaning is near, and those that cover most of the
//! query's words. Within a tier the order is that of `fusion`; equals keep the caller's default
//! order. Totals are exact: every document of tiers A to C counts, and of D as
//! many as the limits named in `tiers` let in.
//!
//! An engine is immutable. After a change the next one shares the indexes of most documents and
//! has new ones of those that were added since: see [`Engine::with_changes`].

mod asked;
mod changes;
mod fusion;
mod others;
mod ranked;
mod request;
mod sections;
mod segment;
mod spread;
mod tiers;

pub use request::{Found, Hit, Query, Ranking, Request, Tier, Why};

use crate::{BitSet, Document, Model, Position};
use asked::Asked;
use others::Others;
use segment::Segment;
use std::sync::Arc;
use tiers::Tiers;

/// Finds documents.
#[derive(Clone)]
pub struct Engine {
    base: Arc<Segment>,
    /// What was added since the base was built; its positions follow those of the base.
    added: Option<Arc<Segment>>,
    /// The documents that were not taken out; `None` if none was.
    alive: Option<BitSet>,
    /// Vectors of another model.
    others: Option<Arc<Others>>,
}

impl Engine {
    /// Indexes documents by their place in the list, each with the number of its group. Of one
    /// group, such as the listings of one host, only a few stand together among hits of tier D.
    #[must_use]
    pub fn build<'a>(documents: impl Iterator<Item = (Document<'a>, u32)> + Clone) -> Self {
        let base = Arc::new(Segment::build(documents, Model::shipped()));
        Self { base, added: None, alive: None, others: None }
    }

    /// How many positions there are, those of documents that were taken out included. Every set
    /// and order of a request is over so many.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.base.len() + self.added.as_ref().map_or(0, |added| added.len())
    }

    /// Whether there is no document.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Answers a question.
    #[must_use]
    pub fn search(&self, request: &Request<'_>) -> Found {
        let allowed = self.allowed(request.filter);
        if request.query.is_empty() {
            let all = allowed.unwrap_or_else(|| BitSet::full(self.len()));
            let positions = sections::ordered_page(request, &all);
            let hit = |position| Hit { position, tier: Tier::Any, why: None };
            return Found { hits: positions.into_iter().map(hit).collect(), total: all.count() };
        }
        let asked = Asked::new(self, request);
        let tiers = Tiers::find(self, request.query, &asked, allowed.as_ref());
        let positions = match request.sort {
            Some(_) => sections::ordered_page(request, &tiers.all()),
            None => sections::page(request, &asked, &tiers),
        };
        let hit = |position| Hit {
            position,
            tier: tiers.tier(position),
            why: request.explain.then(|| asked.why(position)).flatten(),
        };
        Found { hits: positions.into_iter().map(hit).collect(), total: tiers.count() }
    }

    /// What passes the filter and was not taken out; `None` for everything.
    fn allowed(&self, filter: Option<&BitSet>) -> Option<BitSet> {
        match (filter, &self.alive) {
            (Some(filter), Some(alive)) => {
                let mut allowed = filter.clone();
                allowed.intersect_with(alive);
                Some(allowed)
            }
            (filter, alive) => filter.or(alive.as_ref()).cloned(),
        }
    }

    /// The segments, each with the position of its first document.
    fn segments(&self) -> impl Iterator<Item = (Position, &Segment)> {
        let added = self.added.iter().map(|added| (self.base.len(), &**added));
        std::iter::once((0, &*self.base)).chain(added)
    }

    /// Bytes of memory that it takes, about; the embedding model is not counted.
    #[must_use]
    pub fn memory_len(&self) -> usize {
        let alive = self.alive.as_ref().map_or(0, BitSet::memory_len);
        let others = self.others.as_ref().map_or(0, |others| others.memory_len());
        alive + others + self.segments().map(|(_, segment)| segment.memory_len()).sum::<usize>()
    }
}
