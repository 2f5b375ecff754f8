//! Finding by words: which documents hold what a query asks for, and how much of it.
//!
//! `words` cuts text into stems, `synonyms` knows what else they are called, `intent` takes out
//! what a query says about paying, `query` puts that together, and `index` answers.

mod index;
mod intent;
mod query;
mod synonyms;
mod words;

pub use index::{LexicalIndex, MatchedWord, Matching, Question};
pub use intent::{PriceLimit, Rail, RailSet};
pub use query::{ParsedQuery, QUERY_CHARS_MAX, QUERY_WORDS_MAX};
