//! Vectors of another model than our own, over the same documents.

use super::Engine;
use crate::{BitSet, Embedding, Position, VectorIndex};
use std::sync::Arc;

/// Pairs of documents that the two models are compared by.
const PAIRS: usize = 2_000;
/// Steps in which their cosines are compared.
const STEPS: usize = 50;

/// The vectors of another model, and how its cosines compare with those of our own.
///
/// What a cosine of 0.5 says differs from model to model. One of another model counts like the one
/// of our own that as many pairs of these documents stay below: then what is said of cosines
/// elsewhere, such as from where on two texts are alike, holds for every model.
pub(super) struct Others {
    vectors: VectorIndex,
    /// Ascending: cosines of the other model, each with the one of our own that it counts like.
    scale: Vec<(f32, f32)>,
}

impl Others {
    fn new(engine: &Engine, vectors: VectorIndex) -> Self {
        let scale = scale(engine, &vectors);
        Self { vectors, scale }
    }

    pub(super) fn nearest(
        &self,
        embedding: &Embedding,
        within: Option<&BitSet>,
        floor: f32,
        count_max: usize,
    ) -> Vec<(Position, f32)> {
        let found = self.vectors.nearest(embedding, within, f32::NEG_INFINITY, count_max);
        let found = found.into_iter().map(|(position, cosine)| (position, self.scaled(cosine)));
        found.filter(|(_, cosine)| *cosine >= floor).collect()
    }

    pub(super) fn cosines(&self, embedding: &Embedding, positions: &[Position]) -> Vec<f32> {
        let cosines = self.vectors.cosines(embedding, positions);
        cosines.into_iter().map(|cosine| self.scaled(cosine)).collect()
    }

    pub(super) fn memory_len(&self) -> usize {
        self.vectors.memory_len() + size_of_val(&*self.scale)
    }

    /// The cosine of our own model that this one counts like.
    fn scaled(&self, cosine: f32) -> f32 {
        let above = self.scale.partition_point(|(theirs, _)| *theirs <= cosine);
        let below = above.checked_sub(1).and_then(|at| self.scale.get(at));
        match (below, self.scale.get(above)) {
            (Some((from, own_from)), Some((to, own_to))) => {
                own_from + (cosine - from) / (to - from) * (own_to - own_from)
            }
            (None, Some((_, own))) | (Some((_, own)), None) => *own,
            (None, None) => cosine,
        }
    }
}

impl Engine {
    /// The same engine with vectors of another model, by position. A question that brings an
    /// embedding of that model is answered by them. A document that was added since they were made
    /// has none, and is found by its words; so give them anew after a change.
    #[must_use]
    pub fn with_vectors(&self, vectors: VectorIndex) -> Self {
        let others = Some(Arc::new(Others::new(self, vectors)));
        Self { others, ..self.clone() }
    }
}

/// Cosines of both models at the same shares of the pairs, from -1 to 1.
fn scale(engine: &Engine, vectors: &VectorIndex) -> Vec<(f32, f32)> {
    let (mut theirs, mut own) = (Vec::new(), Vec::new());
    for (a, b) in pairs(engine.base.len()) {
        let cosine = |vectors: &VectorIndex| Some(vectors.cosine(&vectors.embedding(a)?, b));
        if let (Some(their), Some(our)) = (cosine(vectors), cosine(&engine.base.vectors)) {
            theirs.push(their);
            own.push(our);
        }
    }
    theirs.sort_by(f32::total_cmp);
    own.sort_by(f32::total_cmp);
    let last = theirs.len().saturating_sub(1);
    let steps = (0..=STEPS).filter_map(|step| {
        let at = last * step / STEPS;
        Some((*theirs.get(at)?, *own.get(at)?))
    });
    let mut scale = vec![(-1.0, -1.0)];
    for (their, our) in steps.chain([(1.0, 1.0)]) {
        // Only where both grow, so that the order of cosines stays what it was.
        if scale.last().is_some_and(|(theirs, own)| their > *theirs && our > *own) {
            scale.push((their, our));
        }
    }
    scale
}

/// Pairs of different documents, spread over all.
fn pairs(len: u32) -> impl Iterator<Item = (Position, Position)> {
    // The golden ratio's share of 2^32: its multiples are spread evenly.
    let spread = move |number: u32| {
        let place = u64::from(number.wrapping_mul(0x9e37_79b9));
        Position::try_from((place * u64::from(len)) >> 32).unwrap_or(0)
    };
    let pairs = (1_u32..).step_by(2).map(move |number| (spread(number), spread(number * 7 + 1)));
    pairs.take(PAIRS).filter(|(a, b)| a != b)
}
