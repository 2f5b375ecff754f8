//! Why a search found a listing, for those who ask.

use farebox_search::lexical::{MatchedWord, Matching};
use farebox_search::{Hit, Tier};
use serde::Serialize;
use utoipa::ToSchema;

/// Why a search found a listing.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = SearchWhy)]
pub struct Why {
    /// `name`: it is called so; `in_name` and `in_description`: the query stands there as it is
    /// written; `similar`: it means about the same, or holds most of the query's words.
    tier: &'static str,
    /// How near the meanings are, from -1 to 1; null where meaning did not count.
    similarity: Option<f32>,
    /// How much of the query's words it covers, from 0 to 1.
    coverage: f32,
    /// The words of the query that it answers.
    words: Vec<Word>,
    /// Whether it is paid in a way that the query names.
    is_rail_named: bool,
}

/// A word of the query that a listing answers.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = SearchWord)]
struct Word {
    /// What was asked for.
    asked: String,
    /// What the listing says.
    found: String,
    /// `word`, `synonym`, `translation`, `related` or `corrected`.
    by: &'static str,
    /// How much of it is covered, from 0 to 1.
    covered: f32,
}

impl Why {
    pub(super) fn of(hit: &Hit) -> Option<Self> {
        let why = hit.why.as_ref()?;
        Some(Self {
            tier: match hit.tier {
                Tier::Name => "name",
                Tier::InName => "in_name",
                Tier::InDescription => "in_description",
                Tier::Similar | Tier::Any => "similar",
            },
            similarity: why.cosine.map(rounded),
            coverage: rounded(why.coverage),
            words: why.words.iter().map(Word::of).collect(),
            is_rail_named: why.is_rail_named,
        })
    }
}

impl Word {
    fn of(word: &MatchedWord) -> Self {
        Self {
            asked: word.asked.clone(),
            found: word.found.clone(),
            by: match word.matching {
                Matching::Word => "word",
                Matching::Synonym => "synonym",
                Matching::Translation => "translation",
                Matching::Related => "related",
                Matching::Corrected => "corrected",
            },
            covered: rounded(word.covered),
        }
    }
}

/// To three digits: more of them say nothing.
fn rounded(figure: f32) -> f32 {
    (figure * 1_000.0).round() / 1_000.0
}
