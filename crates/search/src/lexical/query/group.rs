//! One thing that a query asks for.

use crate::lexical::synonyms::{Kinship, Meaning};

/// One thing that a query asks for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Group {
    /// Its words; a document that holds them all has it whole.
    pub(crate) slots: Vec<Slot>,
    /// What all of it together may also be called by.
    pub(crate) meanings: Vec<Meaning>,
    /// What it counts beside other groups, besides its rarity: 1, or less.
    pub(crate) weight: f32,
}

/// A word of a query.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Slot {
    /// Folded.
    pub(crate) word: String,
    /// Its English stem.
    pub(crate) stem: String,
    /// What it may also be called by alone.
    pub(crate) meanings: Vec<Meaning>,
    /// Whether the tables know it, so that it is hardly misspelt.
    pub(crate) is_known: bool,
}

impl Group {
    /// The words of it.
    pub(crate) fn words(&self) -> String {
        let words: Vec<&str> = self.slots.iter().map(|slot| slot.word.as_str()).collect();
        words.join(" ")
    }

    /// In English, if it is of another language.
    pub(crate) fn translation(&self) -> Option<String> {
        let slots = self.slots.iter().flat_map(|slot| &slot.meanings);
        let mut meanings = self.meanings.iter().chain(slots);
        let meaning = meanings.find(|meaning| meaning.kinship == Kinship::Translation)?;
        Some(meaning.words.join(" "))
    }
}
