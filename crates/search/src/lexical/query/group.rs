//! What a query asks for: words, and phrases of them.

use crate::lexical::synonyms::{Kinship, Meaning};

/// A word that a query asks for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Group {
    /// Folded.
    pub(crate) word: String,
    /// Its English stem.
    pub(crate) stem: String,
    /// What it may also be called by.
    pub(crate) meanings: Vec<Meaning>,
    /// Whether the tables know it, so that it is hardly misspelt.
    pub(crate) is_known: bool,
    /// What it counts beside other words, besides its rarity: 1, or less.
    pub(crate) weight: f32,
}

/// Words that together may be called by something else, such as `text to speech`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Phrase {
    /// The words, by their places among the groups.
    pub(crate) groups: Vec<usize>,
    /// What it may also be called by.
    pub(crate) meanings: Vec<Meaning>,
    /// Whether other words stand between these.
    pub(crate) has_gaps: bool,
}

/// The best translation among meanings, if they come from another language.
pub(crate) fn translation(meanings: &[Meaning]) -> Option<String> {
    let meaning = meanings.iter().find(|meaning| meaning.kinship == Kinship::Translation)?;
    Some(meaning.words.join(" "))
}
