//! A bit for each number of a vector: whether it is positive. Vectors whose bits differ in few
//! places are near each other, which is found out much faster than how near exactly.

use super::kernels::{self, BLOCK};
use super::nearest_bits::NearestBits;
use crate::{BitSet, Position};

const WORD_BITS: usize = u64::BITS as usize;

/// The bits of many vectors, in the order that `kernels::distances` reads.
pub(super) struct SignBits {
    words_per_vector: usize,
    len: usize,
    words: Vec<u64>,
}

impl SignBits {
    pub(super) const fn new(dimensions: usize) -> Self {
        Self { words_per_vector: dimensions.div_ceil(WORD_BITS), len: 0, words: Vec::new() }
    }

    pub(super) fn push(&mut self, vector: Option<&[f32]>) {
        let (block, lane) = (self.len / BLOCK, self.len % BLOCK);
        let start = block * self.block_len();
        if lane == 0 {
            self.words.resize(start + self.block_len(), 0);
        }
        let lane_words = self.words.iter_mut().skip(start + lane).step_by(BLOCK);
        for (word, bits) in lane_words.zip(bits(vector.unwrap_or_default())) {
            *word = bits;
        }
        self.len += 1;
    }

    /// The positions, within the filter, of about `count` vectors that differ least: at least as
    /// many if there are, at most twice as many. Among equals the first.
    pub(super) fn nearest(
        &self,
        vector: &[f32],
        filter: Option<&BitSet>,
        count: usize,
    ) -> Vec<Position> {
        let query: Vec<u64> = bits(vector).collect();
        let mut nearest = NearestBits::new(count, vector.len());
        let mut distances = [0; BLOCK];
        let blocks = self.words.chunks_exact(self.block_len().max(1));
        for ((index, block), first) in blocks.enumerate().zip((0_u32..).step_by(BLOCK)) {
            let mut wanted = filter.map_or(u64::MAX, |filter| filter.word(index));
            if wanted == 0 {
                continue;
            }
            let used = self.len - index * BLOCK;
            if used < BLOCK {
                wanted &= (1 << used) - 1;
            }
            wanted &= kernels::distances(&query, block, nearest.bound(), &mut distances);
            while wanted != 0 {
                let lane = wanted.trailing_zeros();
                wanted &= wanted - 1;
                if let Some(distance) = distances.get(lane as usize) {
                    nearest.offer(first + lane, *distance);
                }
            }
        }
        nearest.into_positions()
    }

    const fn block_len(&self) -> usize {
        self.words_per_vector * BLOCK
    }

    pub(super) const fn memory_len(&self) -> usize {
        self.words.capacity() * size_of::<u64>()
    }

    pub(super) fn shrink(&mut self) {
        self.words.shrink_to_fit();
    }
}

fn bits(vector: &[f32]) -> impl Iterator<Item = u64> {
    vector.chunks(WORD_BITS).map(|values| {
        let positive = |value: &f32| u64::from(*value > 0.0);
        values.iter().rev().fold(0, |word, value| word << 1 | positive(value))
    })
}
