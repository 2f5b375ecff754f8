//! The words of all documents and their stems.

use super::TermId;
use crate::lexical::words::{Language, stem};
use std::collections::HashMap;

/// The name of the term for a host or provider. No word is written like it.
pub(super) fn provider(word: &str) -> String {
    ["@", word].concat()
}

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
        let term = self.number(&stem(Language::English, word));
        self.words.insert(word.into(), Word { term, count: 1 });
        term
    }

    /// The term of a direction's name, which is nobody's written word.
    pub(super) fn of_direction(&mut self, direction: &str) -> TermId {
        self.number(direction)
    }

    /// The term for a host or provider that is called by a folded word.
    pub(super) fn of_provider(&mut self, word: &str) -> TermId {
        self.number(&provider(word))
    }

    fn number(&mut self, stem: &str) -> TermId {
        if let Some(term) = self.stems.get(stem) {
            return *term;
        }
        let next = u32::try_from(self.stems.len()).unwrap_or(u32::MAX);
        *self.stems.entry(stem.into()).or_insert(next)
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
