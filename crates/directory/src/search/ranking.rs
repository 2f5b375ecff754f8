//! Tier D, and the order within every tier: how much of the query a document covers.
//!
//! Each word of a document weighs by the field it stands in and, with diminishing returns, by
//! how often (BM25 with fields). A document's score is the share of the query that it covers,
//! each word of the query weighted by its rarity.

use super::Document;
use super::words::{for_each_stem, query_stems};
use std::collections::HashMap;

const NAME_WEIGHT: f32 = 2.0;
const LABELS_WEIGHT: f32 = 1.5;
const DESCRIPTION_WEIGHT: f32 = 1.0;
const URL_WEIGHT: f32 = 0.9;
const PROVIDER_WEIGHT: f32 = 0.7;
const RAIL_WEIGHT: f32 = 0.5;

/// Where returns diminish (BM25's `k1`).
const SATURATION: f32 = 2.0;
/// How much longer documents are held back (BM25's `b`).
const LENGTH_SHARE: f32 = 0.4;
/// A document belongs to tier D when it holds at least this share of the query, by the number
/// of words or by their rarity.
const MOST: f32 = 0.5;

pub(super) struct Ranking {
    document_count: usize,
    words: HashMap<Box<str>, Word>,
}

struct Word {
    rarity: f32,
    postings: Box<[Posting]>,
}

struct Posting {
    position: u32,
    /// From 0 to 1: how much the document is about the word.
    impact: f32,
}

/// How much of a query a document covers.
#[derive(Clone, Copy, Default)]
pub(super) struct Coverage {
    /// From 0 to 1, weighted by rarity and by impact.
    pub(super) score: f32,
    /// The share of the words that it holds at all.
    held: f32,
    /// The same, by their rarity.
    held_rarity: f32,
    /// Whether it holds most of the query.
    pub(super) is_most: bool,
}

impl Ranking {
    pub(super) fn build<'a>(documents: impl Iterator<Item = Document<'a>>) -> Self {
        let counted: Vec<HashMap<Box<str>, f32>> =
            documents.map(|document| weigh_words(&document)).collect();
        let lengths: Vec<f32> = counted.iter().map(|words| words.values().sum()).collect();
        let mean_length = lengths.iter().sum::<f32>() / float(lengths.len()).max(1.0);
        let mut postings: HashMap<Box<str>, Vec<Posting>> = HashMap::new();
        for ((position, words), length) in (0_u32..).zip(counted).zip(&lengths) {
            let length = 1.0 - LENGTH_SHARE + LENGTH_SHARE * length / mean_length.max(1.0);
            for (word, weight) in words {
                let impact = weight / (weight + SATURATION * length);
                postings.entry(word).or_default().push(Posting { position, impact });
            }
        }
        let document_count = lengths.len();
        let words = postings
            .into_iter()
            .map(|(word, postings)| (word, Word::new(postings, document_count)))
            .collect();
        Self { document_count, words }
    }

    pub(super) fn len(&self) -> usize {
        self.document_count
    }

    /// The coverage of each document.
    pub(super) fn coverage(&self, query: &str) -> Vec<Coverage> {
        let mut coverages = vec![Coverage::default(); self.document_count];
        let stems = query_stems(query);
        let words: Vec<Option<&Word>> =
            stems.iter().map(|stem| self.words.get(stem.as_str())).collect();
        // A word that no document holds is as rare as can be, but must not empty the answer.
        let unknown = words.iter().flatten().map(|word| word.rarity).fold(0.0, f32::max) * 0.5;
        let total: f32 = words.iter().map(|word| word.map_or(unknown, |word| word.rarity)).sum();
        let each = 1.0 / float(stems.len()).max(1.0);
        for word in words.into_iter().flatten() {
            for posting in &word.postings {
                if let Some(coverage) = coverages.get_mut(posting.position as usize) {
                    coverage.score += word.rarity * posting.impact / total;
                    coverage.held += each;
                    coverage.held_rarity += word.rarity / total;
                    coverage.is_most = coverage.held.max(coverage.held_rarity) >= MOST;
                }
            }
        }
        coverages
    }
}

impl Word {
    fn new(postings: Vec<Posting>, document_count: usize) -> Self {
        let (holders, all) = (float(postings.len()), float(document_count));
        Self {
            rarity: (1.0 + (all - holders + 0.5) / (holders + 0.5)).ln(),
            postings: postings.into(),
        }
    }
}

fn weigh_words(document: &Document<'_>) -> HashMap<Box<str>, f32> {
    let mut words: HashMap<Box<str>, f32> = HashMap::new();
    let fields = [
        (document.name, NAME_WEIGHT),
        (document.labels.as_str(), LABELS_WEIGHT),
        (document.description, DESCRIPTION_WEIGHT),
        (document.url, URL_WEIGHT),
        (document.provider, PROVIDER_WEIGHT),
        (document.rail.as_str(), RAIL_WEIGHT),
    ];
    for (text, weight) in fields {
        for_each_stem(text, |stem| match words.get_mut(stem) {
            Some(sum) => *sum += weight,
            None => drop(words.insert(stem.into(), weight)),
        });
    }
    words
}

#[expect(clippy::cast_precision_loss, reason = "counts of documents, for ranking only")]
fn float(count: usize) -> f32 {
    count as f32
}
