//! The embeddings of many documents, and the nearest of them.

use super::quantised::{QuantisedQuery, QuantisedRows};
use super::sign_bits::SignBits;
use super::vector::Embedding;
use crate::{BitSet, Position};
use std::cmp::Ordering;

/// So many documents are all compared; of more, only those that sign bits find near. From about
/// here on that is faster (`examples/nearest`).
const EXACT_MAX: usize = 4_000;

/// Sign bits find at least so many to be compared exactly...
const CANDIDATES_MIN: usize = 1_000;

/// ...and one in so many of all documents.
const CANDIDATES_SHARE: usize = 400;

/// Scored together: their positions and products stay in the nearest cache.
const BATCH: usize = 512;

/// The embeddings of documents, by position. It takes the dimensions + 4 bytes for a document, and
/// an eighth of the dimensions.
pub struct VectorIndex {
    dimensions: usize,
    rows: QuantisedRows,
    signs: SignBits,
}

impl VectorIndex {
    /// An index of the documents' embeddings in the order of their positions. The first one's
    /// number of dimensions is that of the index: a document without an embedding, or with one of
    /// another number of dimensions, is never near.
    #[must_use]
    pub fn build(embeddings: impl IntoIterator<Item = Option<Embedding>>) -> Self {
        let mut embeddings = embeddings.into_iter();
        let mut missing = 0_usize;
        let first = embeddings.by_ref().find_map(|embedding| {
            missing += usize::from(embedding.is_none());
            embedding
        });
        let dimensions = first.as_ref().map_or(0, Embedding::dimensions);
        let (rows, signs) = (QuantisedRows::new(dimensions), SignBits::new(dimensions));
        let mut index = Self { dimensions, rows, signs };
        let before = std::iter::repeat_n(None, missing);
        for embedding in before.chain(first.map(Some)).chain(embeddings) {
            index.push(embedding.as_ref());
        }
        index.rows.shrink();
        index.signs.shrink();
        index
    }

    fn push(&mut self, embedding: Option<&Embedding>) {
        let values = embedding.map(Embedding::values);
        let values = values.filter(|values| values.len() == self.dimensions);
        self.rows.push(values);
        self.signs.push(values);
    }

    /// How many documents there are, those without an embedding included.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no document.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The documents within the filter that are nearest to the query, with their cosines: at most
    /// `count_max`, none below `floor`, the best first and among equals the first.
    ///
    /// Up to 4,000 documents within the filter are all compared. Of more, those are whose sign bits
    /// are nearest: 1,000 or one in 400 of all, whichever is more; so one or two of a hundred can
    /// be missing, most likely at the end of the list. Empty if the query has another number of
    /// dimensions.
    #[must_use]
    pub fn nearest(
        &self,
        query: &Embedding,
        filter: Option<&BitSet>,
        floor: f32,
        count_max: usize,
    ) -> Vec<(Position, f32)> {
        if query.dimensions() != self.dimensions || count_max == 0 {
            return Vec::new();
        }
        let mut near =
            Near { index: self, query: self.rows.query(query.values()), floor, found: Vec::new() };
        if filter.map_or(self.len(), BitSet::count) > EXACT_MAX {
            let candidates = CANDIDATES_MIN.max(self.len() / CANDIDATES_SHARE).max(count_max);
            near.score(self.signs.nearest(query.values(), filter, candidates));
        } else if let Some(filter) = filter {
            near.score(filter.iter());
        } else {
            near.score((0..).take(self.len()));
        }
        near.best(count_max)
    }

    /// The cosines of the documents at these positions, in their order. 0 for a document without
    /// an embedding, and for all if the query has another number of dimensions.
    #[must_use]
    pub fn cosines(&self, query: &Embedding, positions: &[Position]) -> Vec<f32> {
        if query.dimensions() != self.dimensions {
            return vec![0.0; positions.len()];
        }
        self.rows.cosines(&self.rows.query(query.values()), positions)
    }

    /// As [`Self::cosines`], of one document. For several, that one is faster.
    #[must_use]
    pub fn cosine(&self, query: &Embedding, position: Position) -> f32 {
        self.cosines(query, &[position]).first().copied().unwrap_or(0.0)
    }

    /// The embedding of a document, as far as it was kept; `None` if it has none.
    #[must_use]
    pub fn embedding(&self, position: Position) -> Option<Embedding> {
        let row = self.rows.row(position)?.iter().take(self.dimensions);
        Embedding::new(row.map(|value| f32::from(*value)).collect())
    }

    /// Bytes of memory that it takes.
    #[must_use]
    pub const fn memory_len(&self) -> usize {
        self.rows.memory_len() + self.signs.memory_len()
    }
}

/// A search under way.
struct Near<'a> {
    index: &'a VectorIndex,
    query: QuantisedQuery,
    floor: f32,
    found: Vec<(Position, f32)>,
}

impl Near<'_> {
    fn score(&mut self, positions: impl IntoIterator<Item = Position>) {
        let mut positions = positions.into_iter().filter(|at| self.index.rows.is_there(*at));
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            batch.extend(positions.by_ref().take(BATCH));
            if batch.is_empty() {
                break;
            }
            let cosines = self.index.rows.cosines(&self.query, &batch);
            let scored = batch.drain(..).zip(cosines);
            self.found.extend(scored.filter(|(_, cosine)| *cosine >= self.floor));
        }
    }

    fn best(mut self, count_max: usize) -> Vec<(Position, f32)> {
        if self.found.len() > count_max {
            self.found.select_nth_unstable_by(count_max, nearer);
            self.found.truncate(count_max);
        }
        self.found.sort_unstable_by(nearer);
        self.found
    }
}

fn nearer(a: &(Position, f32), b: &(Position, f32)) -> Ordering {
    b.1.total_cmp(&a.1).then(a.0.cmp(&b.0))
}
