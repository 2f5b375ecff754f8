//! A phrase as it is written, in names and in descriptions: tiers A to C.
//!
//! Case does not matter, nor does how much white space there is; everything else does. The answer
//! is exactly that of comparing the phrase with every text.

mod dictionary;
mod field;
mod junctions;
mod postings;
mod texts;

pub use texts::folded;

use crate::{BitSet, Document, Position};
use field::{Field, Thresholds};
use texts::Texts;

/// An immutable index of names and descriptions.
pub struct PhraseIndex {
    names: Field,
    descriptions: Field,
}

/// Who holds a phrase; no document is in two of the three.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhraseHits {
    /// Tier A: the name is the phrase. Ascending.
    pub exact_name: Vec<Position>,
    /// Tier B: the name holds the phrase.
    pub in_name: BitSet,
    /// Tier C: the description holds the phrase.
    pub in_description: BitSet,
}

impl PhraseIndex {
    /// Indexes documents by their place in the list.
    #[must_use]
    pub fn build<'a>(documents: impl Iterator<Item = Document<'a>> + Clone) -> Self {
        let names = Texts::build(documents.clone().map(|document| document.name));
        let descriptions = Texts::build(documents.map(|document| document.description));
        let len = u32::try_from(names.len()).unwrap_or(Position::MAX);
        let thresholds = Thresholds::of(len);
        Self {
            names: Field::build(names, thresholds),
            descriptions: Field::build(descriptions, thresholds),
        }
    }

    /// How many documents there are.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.names.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Who holds a phrase, each under the best of its tiers. An empty phrase stands nowhere.
    #[must_use]
    pub fn find(&self, phrase: &str) -> PhraseHits {
        self.find_folded(&folded(phrase))
    }

    pub(crate) fn find_folded(&self, phrase: &str) -> PhraseHits {
        let mut in_name = self.names.find(phrase);
        let mut in_description = self.descriptions.find(phrase);
        in_description.subtract(&in_name);
        let is_phrase = |position: &Position| self.names.is(*position, phrase);
        let exact_name: Vec<Position> = in_name.iter().filter(is_phrase).collect();
        for position in &exact_name {
            in_name.remove(*position);
        }
        PhraseHits { exact_name, in_name, in_description }
    }

    /// Bytes of memory that it takes.
    #[must_use]
    pub fn memory_len(&self) -> usize {
        self.names.memory_len() + self.descriptions.memory_len()
    }
}

#[cfg(test)]
mod tests;
