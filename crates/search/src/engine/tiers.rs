//! Which documents belong to which tier.

use super::Engine;
use super::asked::{Asked, Scored};
use super::request::{Query, Tier};
use crate::{BitSet, PhraseHits, Position};

/// Meaning finds documents from this cosine on. Of unrelated texts 99 in 100 are below 0.29; at
/// 0.35 two of five that are found are what was meant.
const COSINE_MIN: f32 = 0.35;
/// Documents that meaning finds at most.
const NEAR_MAX: usize = 100;
/// Words find documents from this coverage on.
const COVERAGE_MIN: f32 = 0.3;
/// Documents that words find at most.
const COVERING_MAX: usize = 100;

/// Everything that a query finds; no document is in two tiers.
pub(super) struct Tiers {
    /// Tier A, ascending.
    pub(super) exact_name: Vec<Position>,
    /// Tier B.
    pub(super) in_name: BitSet,
    /// Tier C.
    pub(super) in_description: BitSet,
    /// Tier D, in no particular order.
    pub(super) similar: Vec<Scored>,
    /// The documents of all tiers that cover most of the query, with how much.
    pub(super) covering: Vec<(Position, f32)>,
}

impl Tiers {
    pub(super) fn find(
        engine: &Engine,
        query: &Query,
        asked: &Asked<'_>,
        allowed: Option<&BitSet>,
    ) -> Self {
        let mut hits = phrase_hits(engine, &query.phrase);
        if let Some(phrase) = query.phrase_without_payment() {
            add(&mut hits, phrase_hits(engine, &phrase));
        }
        if let Some(allowed) = allowed {
            hits.exact_name.retain(|position| allowed.contains(*position));
            hits.in_name.intersect_with(allowed);
            hits.in_description.intersect_with(allowed);
        }
        let covering = asked.covering(allowed, COVERING_MAX);
        let mut tiers = Self {
            exact_name: hits.exact_name,
            in_name: hits.in_name,
            in_description: hits.in_description,
            similar: Vec::new(),
            covering,
        };
        tiers.similar = tiers.find_similar(asked, allowed);
        tiers
    }

    fn find_similar(&self, asked: &Asked<'_>, allowed: Option<&BitSet>) -> Vec<Scored> {
        let mut near = Vec::new();
        if asked.has_meaning() {
            let len = self.in_name.len();
            let mut others = allowed.cloned().unwrap_or_else(|| BitSet::full(len));
            self.exact_name.iter().for_each(|position| others.remove(*position));
            others.subtract(&self.in_name);
            others.subtract(&self.in_description);
            near = asked.nearest(Some(&others), COSINE_MIN, NEAR_MAX);
        }
        let coverage = |position: Position| {
            self.covering.iter().find(|(at, _)| *at == position).map(|(_, coverage)| *coverage)
        };
        let mut similar: Vec<Scored> = near
            .into_iter()
            .map(|(position, cosine)| Scored { position, cosine, coverage: coverage(position) })
            .collect();
        let covering = self.covering.iter().filter(|(position, coverage)| {
            *coverage >= COVERAGE_MIN
                && self.tier(*position) == Tier::Similar
                && !similar.iter().any(|near| near.position == *position)
        });
        let covering: Vec<(Position, f32)> = covering.copied().collect();
        let positions: Vec<Position> = covering.iter().map(|(position, _)| *position).collect();
        let cosines = asked.cosines(&positions);
        similar.extend(covering.into_iter().zip(cosines).map(|((position, coverage), cosine)| {
            Scored { position, cosine, coverage: Some(coverage) }
        }));
        similar
    }

    /// The tier of a document that was found.
    pub(super) fn tier(&self, position: Position) -> Tier {
        if self.exact_name.binary_search(&position).is_ok() {
            Tier::Name
        } else if self.in_name.contains(position) {
            Tier::InName
        } else if self.in_description.contains(position) {
            Tier::InDescription
        } else {
            Tier::Similar
        }
    }

    /// How many documents were found.
    pub(super) fn count(&self) -> usize {
        self.exact_name.len()
            + self.in_name.count()
            + self.in_description.count()
            + self.similar.len()
    }

    /// All documents that were found.
    pub(super) fn all(&self) -> BitSet {
        let mut all = self.in_name.clone();
        all.union_with(&self.in_description);
        let similar = self.similar.iter().map(|scored| scored.position);
        self.exact_name.iter().copied().chain(similar).for_each(|position| all.insert(position));
        all
    }
}

fn phrase_hits(engine: &Engine, phrase: &str) -> PhraseHits {
    let mut segments = engine.segments();
    let Some((_, base)) = segments.next() else {
        return PhraseHits {
            exact_name: Vec::new(),
            in_name: BitSet::empty(0),
            in_description: BitSet::empty(0),
        };
    };
    let mut hits = base.phrases.find_folded(phrase);
    for (start, segment) in segments {
        let of_segment = segment.phrases.find_folded(phrase);
        let moved = |position: Position| position + start;
        hits.exact_name.extend(of_segment.exact_name.into_iter().map(moved));
        hits.in_name = hits.in_name.resized(engine.len());
        of_segment.in_name.iter().for_each(|position| hits.in_name.insert(moved(position)));
        hits.in_description = hits.in_description.resized(engine.len());
        of_segment
            .in_description
            .iter()
            .for_each(|position| hits.in_description.insert(moved(position)));
    }
    hits
}

/// Adds the hits of another phrase; a document keeps the better of its tiers.
fn add(hits: &mut PhraseHits, others: PhraseHits) {
    hits.exact_name.extend(others.exact_name);
    hits.exact_name.sort_unstable();
    hits.exact_name.dedup();
    hits.in_name.union_with(&others.in_name);
    hits.in_description.union_with(&others.in_description);
    hits.in_description.subtract(&hits.in_name);
    for position in &hits.exact_name {
        hits.in_name.remove(*position);
        hits.in_description.remove(*position);
    }
}
