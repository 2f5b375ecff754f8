//! Finding by words: which documents hold what a query asks for, and how much of it.
//!
//! `words` cuts text into stems, `synonyms` knows what else they are called,
//! `misspelt` what was meant instead, `intent` takes out
//! what a query says about paying, `query` puts that together, and `index` answers.

mod index;
mod intent;
mod meaning;
mod misspelt;
mod query;
mod synonyms;
mod words;

pub use index::{LexicalIndex, MatchedWord, Matching, Question};
pub use intent::{PriceLimit, Rail, RailSet};
pub use meaning::embedded_text;
pub use query::{ParsedQuery, QUERY_CHARS_MAX, QUERY_WORDS_MAX};
