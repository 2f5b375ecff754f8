//! What a query asks for, before any index is asked.
//!
//! A query is a list of [`Group`]s, each a word with what else it may be called by, and of
//! [`Phrase`]s: words that mean something together, such as `text to speech`.

mod group;
mod parse;
mod phrases;

pub(crate) use group::{Group, Phrase};
pub(crate) use parse::meanings;
pub(crate) use phrases::phrases;

use crate::lexical::intent::{PriceLimit, RailSet};
use crate::lexical::words::Language;
use group::translation;

/// Characters of a query that are read; the rest is left out.
pub const QUERY_CHARS_MAX: usize = 512;
/// Words of a query that count at most.
pub const QUERY_WORDS_MAX: usize = 24;

/// A query that was understood.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedQuery {
    pub(crate) groups: Vec<Group>,
    pub(crate) phrases: Vec<Phrase>,
    /// Groups of which the first is to become the second: `speech to text`.
    pub(crate) directions: Vec<(usize, usize)>,
    /// The foreign languages that it seems to be in.
    pub(crate) languages: Vec<Language>,
    /// The query without what it says about paying, filler kept.
    shown: Vec<ShownWord>,
    rails: RailSet,
    price: Option<PriceLimit>,
    is_cheap: bool,
}

/// A word of the query in its place.
#[derive(Clone, Debug, PartialEq)]
struct ShownWord {
    text: String,
    /// The group that stands for it; filler has none.
    group: Option<usize>,
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
        let mut translated: Vec<usize> = Vec::new();
        for word in &self.shown {
            let Some(index) = word.group else {
                push(&mut text, &word.text);
                continue;
            };
            if translated.contains(&index) {
                continue;
            }
            if let Some((groups, words)) = self.translated_phrase(index) {
                push(&mut text, &words);
                translated.extend(groups);
                continue;
            }
            let own = || translation(&self.groups.get(index)?.meanings);
            push(&mut text, &written(index).or_else(own).unwrap_or_else(|| word.text.clone()));
        }
        text
    }

    /// The phrase of another language that begins with a group, in English.
    fn translated_phrase(&self, first: usize) -> Option<(&[usize], String)> {
        let mut phrases = self.phrases.iter().filter(|it| it.groups.first() == Some(&first));
        phrases.find_map(|phrase| Some((&*phrase.groups, translation(&phrase.meanings)?)))
    }
}

fn push(text: &mut String, words: &str) {
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(words);
}
