//! The words of all documents and their stems.

use super::TermId;
use crate::lexical::words::{Language, stem};
use std::collections::HashMap;

/// Numbers for stems, in the order in which they are first met, so that common ones are small.
#[derive(Default)]
pub(super) struct Terms {
    stems: HashMap<Box<str>, TermId>,
    /// Each written form with its term, while the index is built.
    words: HashMap<Box<str>, Word>,
}

/// A written form.
#[derive(Clone, Copy)]
pub(super) struct Word {
    pub(super) term: TermId,
    pub(super) count: u32,
}

impl Terms {
    /// The term of a folded word of a document; a new one gets the next number.
    pub(super) fn of_word(&mut self, word: &str) -> TermId {
        if let Some(known) = self.words.get_mut(word) {
            known.count = known.count.saturating_add(1);
            return known.term;
        }
        let stem = stem(Language::English, word);
        let next = u32::try_from(self.stems.len()).unwrap_or(u32::MAX);
        let term = match self.stems.get(stem.as_ref()) {
            Some(term) => *term,
            None => *self.stems.entry(stem.into()).or_insert(next),
        };
        self.words.insert(word.into(), Word { term, count: 1 });
        term
    }

    /// The term of a stem, if a document holds it.
    pub(super) fn of_stem(&self, stem: &str) -> Option<TermId> {
        self.stems.get(stem).copied()
    }

    /// How many terms there are.
    pub(super) fn len(&self) -> usize {
        self.stems.len()
    }

    /// The written forms; they are not kept after this.
    pub(super) fn take_words(&mut self) -> HashMap<Box<str>, Word> {
        self.stems.shrink_to_fit();
        std::mem::take(&mut self.words)
    }

    pub(super) fn memory_len(&self) -> usize {
        let entry_len = size_of::<Box<str>>() + size_of::<TermId>() + 1;
        let letters: usize = self.stems.keys().map(|stem| stem.len()).sum();
        self.stems.capacity() * entry_len + letters
    }
}
