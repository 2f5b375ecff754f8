//! What a query asks for, before any index is asked.
//!
//! A query is a list of [`Group`]s, each one thing that is asked for: a word, or a run of words
//! that means something together, such as `text to speech`. What else a group may be called by
//! comes from the tables of synonyms.

mod group;
mod parse;

pub(crate) use group::{Group, Slot};

use crate::lexical::intent::{PriceLimit, RailSet};

/// Characters of a query that are read; the rest is left out.
pub const QUERY_CHARS_MAX: usize = 512;
/// Words of a query that count at most.
pub const QUERY_WORDS_MAX: usize = 24;

/// A query that was understood.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedQuery {
    pub(crate) groups: Vec<Group>,
    /// Words as they are shown to the embedding, filler kept: the query without what it says
    /// about paying, each with the group and slot that stands for it, if any.
    pub(crate) shown: Vec<ShownWord>,
    rails: RailSet,
    price: Option<PriceLimit>,
    is_cheap: bool,
}

/// A word of the query in its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ShownWord {
    pub(crate) text: String,
    pub(crate) group: Option<usize>,
}

impl ParsedQuery {
    /// Understands a query: any text.
    #[must_use]
    pub fn parse(query: &str) -> Self {
        parse::parse(query)
    }

    /// The rails that it names: a preference, not a filter.
    #[must_use]
    pub const fn rails(&self) -> RailSet {
        self.rails
    }

    /// What a call may cost at most, if it says so.
    #[must_use]
    pub const fn price(&self) -> Option<PriceLimit> {
        self.price
    }

    /// Whether it asks for a low price.
    #[must_use]
    pub const fn is_cheap(&self) -> bool {
        self.is_cheap
    }

    /// Whether no word of it says anything that an index could look for.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// The query without what it says about paying, and with foreign words in English: what the
    /// rest of a search should look for.
    #[must_use]
    pub fn text(&self) -> String {
        self.text_with(|_| None)
    }

    /// The same with some groups written differently.
    pub(crate) fn text_with(&self, written: impl Fn(usize) -> Option<String>) -> String {
        let mut text = String::new();
        let mut last_translated = None;
        for word in &self.shown {
            let other = word.group.and_then(|index| {
                written(index)
                    .or_else(|| self.groups.get(index)?.translation())
                    .map(|it| (index, it))
            });
            match other {
                Some((index, _)) if last_translated == Some(index) => continue,
                Some((index, words)) => {
                    push(&mut text, &words);
                    last_translated = Some(index);
                }
                None => push(&mut text, &word.text),
            }
        }
        text
    }
}

fn push(text: &mut String, words: &str) {
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(words);
}
