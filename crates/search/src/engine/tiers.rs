//! Which documents belong to which tier.

use super::Engine;
use super::asked::{Asked, Scored};
use super::fusion::{COSINE_MIN, COVERAGE_MIN, FILLING_COSINE_MIN, FOUND_MIN};
use super::request::{Query, Tier};
use crate::{BitSet, PhraseHits, Position};
use hashbrown::{HashMap, HashSet};

/// Documents that meaning finds at most.
const NEAR_MAX: usize = 100;
/// Documents that words find at most.
const COVERING_MAX: usize = 100;

/// A phrase that so many documents hold needs no similar ones.
const ENOUGH: usize = 1_000;

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
        let mut tiers = Self {
            exact_name: hits.exact_name,
            in_name: hits.in_name,
            in_description: hits.in_description,
            similar: Vec::new(),
            covering: Vec::new(),
        };
        if tiers.count() < ENOUGH {
            tiers.covering = asked.covering(allowed, COVERING_MAX);
            tiers.similar = tiers.find_similar(asked, allowed);
        }
        tiers
    }

    fn find_similar(&self, asked: &Asked<'_>, allowed: Option<&BitSet>) -> Vec<Scored> {
        let mut near = Vec::new();
        if asked.has_meaning() {
            // Those that hold the phrase are near as well, and are taken out.
            near = asked.nearest(allowed, COSINE_MIN, NEAR_MAX + self.count());
            near.retain(|(position, _)| self.tier(*position) == Tier::Similar);
            near.truncate(NEAR_MAX);
        }
        let mut covered: HashMap<Position, f32> = self.covering.iter().copied().collect();
        let mut similar: Vec<Scored> = near
            .into_iter()
            .map(|(position, cosine)| Scored {
                position,
                cosine,
                coverage: covered.remove(&position),
            })
            .collect();
        let covering = self.covering.iter().filter(|(position, coverage)| {
            *coverage >= COVERAGE_MIN
                && covered.contains_key(position)
                && self.tier(*position) == Tier::Similar
        });
        let covering: Vec<(Position, f32)> = covering.copied().collect();
        let positions: Vec<Position> = covering.iter().map(|(position, _)| *position).collect();
        let cosines = asked.cosines(&positions);
        similar.extend(covering.into_iter().zip(cosines).map(|((position, coverage), cosine)| {
            Scored { position, cosine, coverage: Some(coverage) }
        }));
        self.fill_up(similar, asked, allowed)
    }

    /// Adds the nearest where little was found: an answer that may fit is better than none.
    fn fill_up(
        &self,
        mut similar: Vec<Scored>,
        asked: &Asked<'_>,
        allowed: Option<&BitSet>,
    ) -> Vec<Scored> {
        let others = self.exact_name.len() + self.in_name.count() + self.in_description.count();
        if others + similar.len() >= FOUND_MIN || !asked.has_meaning() {
            return similar;
        }
        let known: HashSet<Position> = similar.iter().map(|scored| scored.position).collect();
        let near = asked.nearest(allowed, FILLING_COSINE_MIN, FOUND_MIN);
        let new = near.into_iter().filter(|(position, _)| {
            !known.contains(position) && self.tier(*position) == Tier::Similar
        });
        similar.extend(new.map(|(position, cosine)| Scored { position, cosine, coverage: None }));
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
