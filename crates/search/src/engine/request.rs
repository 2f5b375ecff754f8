//! What is asked of an engine, and what it answers.

use crate::lexical::{MatchedWord, ParsedQuery};
use crate::phrase::folded;
use crate::{BitSet, Embedding, Order, Position};

/// A query, read once.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// The phrase as it is written, folded; tiers A to C.
    pub(super) phrase: String,
    parsed: ParsedQuery,
}

impl Query {
    /// Reads a query: any text.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self { phrase: folded(text), parsed: ParsedQuery::parse(text) }
    }

    /// Whether nothing is asked for, so that everything is found.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.phrase.is_empty()
    }

    /// What was understood of it: also the rails that it names and what a call may cost.
    #[must_use]
    pub const fn parsed(&self) -> &ParsedQuery {
        &self.parsed
    }

    /// The phrase without what it says about paying, where it says something about that and
    /// something else.
    pub(super) fn phrase_without_payment(&self) -> Option<String> {
        let names_payment = self.parsed.price().is_some()
            || self.parsed.is_cheap()
            || !self.parsed.rails().is_empty();
        let phrase = names_payment.then(|| folded(&self.parsed.text()))?;
        (!phrase.is_empty() && phrase != self.phrase).then_some(phrase)
    }
}

/// How what is found is ranked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ranking {
    /// Tier after tier, from A to D; within a tier by meaning and words.
    #[default]
    Tiers,
    /// Tier A first, then all others in one list by meaning and words, where to hold the phrase
    /// counts a little.
    Best,
}

/// A question to an engine.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// What to look for.
    pub query: &'a Query,
    /// Only these; `None` for all.
    pub filter: Option<&'a BitSet>,
    /// The order of all without a query, and of equals with one.
    pub default_order: &'a Order,
    /// An order to use instead of relevance.
    pub sort: Option<&'a Order>,
    /// These come before all others, whatever the rest says.
    pub ahead: Option<&'a BitSet>,
    /// These come first within tiers A, B and C.
    pub featured: Option<&'a BitSet>,
    /// These meet what the query says about paying beyond the rail, such as the price: they count
    /// more where meaning and words are compared.
    pub preferred: Option<&'a BitSet>,
    /// How what is found is ranked.
    pub ranking: Ranking,
    /// Whether meaning counts. Without it words alone make tier D.
    pub by_meaning: bool,
    /// What the query means in the vectors that the engine was given (`Engine::with_vectors`);
    /// `None` for our own model's.
    pub embedding: Option<&'a Embedding>,
    /// Hits to leave out at the start.
    pub offset: usize,
    /// Hits at most.
    pub limit: usize,
    /// Whether to say why each hit was found.
    pub explain: bool,
}

impl<'a> Request<'a> {
    /// A plain question: everything that is found by relevance, the first `limit` of it.
    #[must_use]
    pub const fn new(query: &'a Query, default_order: &'a Order, limit: usize) -> Self {
        Self {
            query,
            filter: None,
            default_order,
            sort: None,
            ahead: None,
            featured: None,
            preferred: None,
            ranking: Ranking::Tiers,
            by_meaning: true,
            embedding: None,
            offset: 0,
            limit,
            explain: false,
        }
    }
}

/// Why a document was found, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// A: the name is the query.
    Name,
    /// B: the name holds the query.
    InName,
    /// C: the description holds the query.
    InDescription,
    /// D: it means the same, or most of the query's words occur.
    Similar,
    /// E: nothing was asked for.
    Any,
}

/// A document that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Its place in the list that the engine was built from.
    pub position: Position,
    /// Why it was found.
    pub tier: Tier,
    /// The same in detail, if that was asked for and there was a query.
    pub why: Option<Why>,
}

/// Why a document stands where it does.
#[derive(Clone, Debug, PartialEq)]
pub struct Why {
    /// The words of the query that it answers, and by what.
    pub words: Vec<MatchedWord>,
    /// How alike the meanings are, from -1 to 1; `None` when meaning did not count.
    pub cosine: Option<f32>,
    /// How much of the query's words it covers, from 0 to 1.
    pub coverage: f32,
    /// Whether the query names a rail by which it is paid.
    pub is_rail_named: bool,
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// The hits of the page, in order.
    pub hits: Vec<Hit>,
    /// How many there are in all.
    pub total: usize,
}
