//! The documents of each term.
//!
//! The postings of a term come in segments: first those documents that are most about it, then
//! the next, each segment by ascending position. So a walk can end after any segment and has
//! seen the best. What lies beyond the last segment is not kept: it would never be walked, and
//! documents are looked up in `forward` in the end.

use super::forward::Forward;
use super::{TermId, varint};
use crate::Position;

/// Postings of the segments, each four times the one before.
pub(super) const SEGMENTS: [usize; 3] = [4_096, 16_384, 45_056];

/// The documents of each term.
pub(super) struct Postings {
    bytes: Vec<u8>,
    terms: Vec<Term>,
}

struct Term {
    start: u64,
    document_count: u32,
}

impl Postings {
    /// Turns the documents' terms round.
    pub(super) fn build(forward: &Forward, term_count: usize) -> Self {
        let mut starts = vec![0_u32; term_count + 1];
        let documents = || (0..).take(forward.len());
        for position in documents() {
            for (term, _) in forward.terms(position) {
                if let Some(count) = starts.get_mut(term as usize + 1) {
                    *count += 1;
                }
            }
        }
        let counts: Vec<u32> = starts.iter().skip(1).copied().collect();
        let mut total = 0;
        for start in &mut starts {
            total += *start;
            *start = total;
        }
        let mut postings = vec![(0, 0_u8); total as usize];
        for position in documents() {
            for (term, impact) in forward.terms(position) {
                let Some(next) = starts.get_mut(term as usize) else { continue };
                if let Some(posting) = postings.get_mut(*next as usize) {
                    *posting = (position, impact);
                }
                *next += 1;
            }
        }
        Self::encode(&counts, &mut postings)
    }

    fn encode(counts: &[u32], mut postings: &mut [(Position, u8)]) -> Self {
        let mut built = Self { bytes: Vec::new(), terms: Vec::with_capacity(counts.len()) };
        for count in counts {
            let (of_term, rest) = postings.split_at_mut(*count as usize);
            postings = rest;
            let start = built.bytes.len() as u64;
            built.terms.push(Term { start, document_count: *count });
            built.push(of_term);
        }
        built.bytes.shrink_to_fit();
        built
    }

    fn push(&mut self, mut postings: &mut [(Position, u8)]) {
        for segment_len in SEGMENTS {
            let len = segment_len.min(postings.len());
            if len == 0 {
                return;
            }
            if len < postings.len() {
                postings.select_nth_unstable_by_key(len, |(position, impact)| {
                    (std::cmp::Reverse(*impact), *position)
                });
            }
            let (segment, rest) = postings.split_at_mut(len);
            segment.sort_unstable_by_key(|(position, _)| *position);
            let mut before = 0;
            for (position, impact) in segment {
                varint::push(&mut self.bytes, *position - before);
                self.bytes.push(*impact);
                before = *position;
            }
            postings = rest;
        }
    }

    /// How many documents hold a term.
    pub(super) fn document_count(&self, term: TermId) -> u32 {
        self.terms.get(term as usize).map_or(0, |term| term.document_count)
    }

    /// Calls `visit` for the documents of the first so many segments.
    pub(super) fn walk(&self, term: TermId, segments: usize, mut visit: impl FnMut(Position, u8)) {
        let Some(term) = self.terms.get(term as usize) else { return };
        let start = usize::try_from(term.start).unwrap_or(usize::MAX);
        let mut rest = self.bytes.get(start..).unwrap_or_default();
        let mut left = term.document_count as usize;
        for segment_len in SEGMENTS.iter().take(segments) {
            let len = left.min(*segment_len);
            left -= len;
            let mut position = 0;
            for _ in 0..len {
                let Some(step) = varint::take(&mut rest) else { return };
                let Some((impact, after)) = rest.split_first() else { return };
                rest = after;
                position += step;
                visit(position, *impact);
            }
        }
    }

    pub(super) fn memory_len(&self) -> usize {
        self.bytes.capacity() + self.terms.capacity() * size_of::<Term>()
    }
}
