//! The terms of each document, for looking up how much of a question one document holds.

use super::{TermId, varint};
use crate::Position;

/// Term and impact of each document, by ascending term.
#[derive(Default)]
pub(super) struct Forward {
    bytes: Vec<u8>,
    ends: Vec<u64>,
}

impl Forward {
    /// Adds the next document's terms, which ascend.
    pub(super) fn push(&mut self, terms: &[(TermId, u8)]) {
        let mut before = 0;
        for (term, impact) in terms {
            varint::push(&mut self.bytes, term - before);
            self.bytes.push(*impact);
            before = *term;
        }
        self.ends.push(self.bytes.len() as u64);
    }

    pub(super) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    /// How many documents there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The terms of a document with their impacts, ascending.
    pub(super) fn terms(&self, position: Position) -> impl Iterator<Item = (TermId, u8)> {
        let mut rest = self.document(position).unwrap_or_default();
        let mut term = 0;
        std::iter::from_fn(move || {
            term += varint::take(&mut rest)?;
            let (impact, left) = rest.split_first()?;
            rest = left;
            Some((term, *impact))
        })
    }

    fn document(&self, position: Position) -> Option<&[u8]> {
        let position = position as usize;
        let end = usize::try_from(*self.ends.get(position)?).ok()?;
        let start = position.checked_sub(1).and_then(|before| self.ends.get(before));
        let start = usize::try_from(start.copied().unwrap_or(0)).ok()?;
        self.bytes.get(start..end)
    }

    pub(super) fn memory_len(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * size_of::<u64>()
    }
}
