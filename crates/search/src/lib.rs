//! Finding short texts such as listings of APIs: exact substrings, words, misspelt words,
//! meaning; filtered, ordered and counted exactly. All in memory and immutable once built.
//!
//! Pure: no I/O, no clock, no database, and no idea of what a listing is. A document is known by
//! its [`Position`] in the list that an index was built from; whoever built it keeps the rest.

mod bits;
mod column;
mod document;
mod embedding;
mod engine;
pub mod lexical;
mod page;
mod phrase;

pub use bits::BitSet;
pub use column::{Column, Order};
pub use document::Document;
pub use embedding::{DIMENSIONS_MAX, Embedding, Model, ModelError, VectorIndex};
pub use engine::{Engine, Found, Hit, Query, Ranking, Request, Tier, Why};
pub use phrase::{PhraseHits, PhraseIndex, folded};

/// The place of a document in the list that an index was built from.
pub type Position = u32;
