//! The index of words: postings to find candidates by, the terms of each document to look one
//! up, and the spelling of all words.

mod boilerplate;
mod candidates;
mod forward;
mod postings;
mod question;
mod score;
mod terms;
mod varint;
mod weigh;

pub use question::Question;
pub use score::{MatchedWord, Matching};

use super::ParsedQuery;
use super::intent::RailSet;
use crate::{BitSet, Document, Position};
use boilerplate::Boilerplate;
use forward::Forward;
use postings::Postings;
use terms::Terms;

/// A stem's number.
type TermId = u32;

/// An immutable index of the words of documents.
pub struct LexicalIndex {
    terms: Terms,
    postings: Postings,
    forward: Forward,
    rails: Box<[RailSet]>,
}

impl LexicalIndex {
    /// Indexes documents by their place in the list.
    #[must_use]
    pub fn build<'a>(documents: impl Iterator<Item = Document<'a>> + Clone) -> Self {
        let boilerplate = Boilerplate::count(documents.clone());
        let mut terms = Terms::default();
        let mut forward = Forward::default();
        let mut rails = Vec::new();
        let mut weighed = Vec::new();
        for document in documents {
            weigh::weigh(&document, &boilerplate, &mut terms, &mut weighed);
            forward.push(&weighed);
            rails.push(RailSet::of_document(document.rail));
        }
        forward.shrink();
        let postings = Postings::build(&forward, terms.len());
        terms.take_words();
        Self { terms, postings, forward, rails: rails.into() }
    }

    /// How many documents it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.forward.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts a query into the words of this index: ask once, then use it for every look-up here.
    #[must_use]
    pub fn question(&self, query: &ParsedQuery) -> Question {
        question::ask(self, query)
    }

    /// The documents that cover most of the question, best first, at most so many, with their
    /// coverage. The work is bounded whatever the size of the index: of very common words only
    /// those documents are walked that are most about them.
    #[must_use]
    pub fn candidates(
        &self,
        question: &Question,
        filter: Option<&BitSet>,
        count_max: usize,
    ) -> Vec<(Position, f32)> {
        candidates::find(self, question, filter, count_max)
    }

    /// How much of the question a document covers, from 0 to 1.
    #[must_use]
    pub fn coverage(&self, question: &Question, position: Position) -> f32 {
        score::coverage(self, question, position)
    }

    /// Which words of a document answer the question.
    #[must_use]
    pub fn matched_words(&self, question: &Question, position: Position) -> Vec<MatchedWord> {
        score::matched_words(self, question, position)
    }

    /// How a document is paid.
    #[must_use]
    pub fn rails(&self, position: Position) -> RailSet {
        self.rails.get(position as usize).copied().unwrap_or_default()
    }

    /// Bytes of memory that it takes, about.
    #[must_use]
    pub fn memory_len(&self) -> usize {
        self.terms.memory_len()
            + self.postings.memory_len()
            + self.forward.memory_len()
            + size_of_val(&*self.rails)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of documents, for ranking only")]
fn float(count: u32) -> f32 {
    count as f32
}
