//! Words that mean the same, or lead to the same listing.
//!
//! The tables are plain text beside this file, one fact a line, easy to extend; their format is
//! described in `tables/README.md`.

mod parse;
mod table;

pub(crate) use table::{Meaning, PHRASE_WORDS_MAX, Table};

/// How sure it is that one word stands for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kinship {
    /// The same thing under another name.
    Same,
    /// A word of another language.
    Translation,
    /// What somebody who asks for the one is often content with.
    Related,
}

impl Kinship {
    /// What a match counts, beside 1 for the word itself.
    pub(crate) const fn weight(self) -> f32 {
        match self {
            Self::Same => 0.9,
            Self::Translation => 0.85,
            Self::Related => 0.5,
        }
    }
}
