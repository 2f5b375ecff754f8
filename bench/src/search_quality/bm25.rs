//! BM25 over one text for each row, in which the name stands three times.

use crate::listings::{Listings, Row};
use crate::words::{telling_words, words};
use crate::{Failed, Search};
use std::collections::{HashMap, HashSet};

/// Where more of the same word adds little (`k1`).
const SATURATION: f64 = 1.2;
/// How much longer texts are held back (`b`).
const LENGTH_SHARE: f64 = 0.75;

pub struct Bm25 {
    texts: Vec<HashMap<String, u32>>,
    lengths: Vec<f64>,
    mean_length: f64,
    /// In how many texts a word occurs.
    frequency: HashMap<String, u32>,
}

impl Bm25 {
    pub fn build(listings: &Listings) -> Self {
        let texts: Vec<HashMap<String, u32>> = listings.rows.iter().map(counted).collect();
        let mut frequency = HashMap::new();
        for word in texts.iter().flat_map(HashMap::keys) {
            *frequency.entry(word.clone()).or_default() += 1;
        }
        let lengths: Vec<f64> =
            texts.iter().map(|text| f64::from(text.values().sum::<u32>())).collect();
        let mean_length = lengths.iter().sum::<f64>() / lengths.len().max(1) as f64;
        Self { texts, lengths, mean_length, frequency }
    }

    fn score(&self, row: usize, words: &HashSet<String>) -> f64 {
        let (Some(text), Some(length)) = (self.texts.get(row), self.lengths.get(row)) else {
            return 0.0;
        };
        let held_back = 1.0 - LENGTH_SHARE + LENGTH_SHARE * length / self.mean_length;
        let found = words.iter().filter_map(|word| Some((word, f64::from(*text.get(word)?))));
        found
            .map(|(word, count)| {
                let worth = count * (SATURATION + 1.0) / (count + SATURATION * held_back);
                self.rarity(word) * worth
            })
            .sum()
    }

    fn rarity(&self, word: &str) -> f64 {
        let frequency = f64::from(self.frequency.get(word).copied().unwrap_or(0));
        ((self.texts.len() as f64 - frequency + 0.5) / (frequency + 0.5)).ln_1p()
    }
}

fn counted(row: &Row) -> HashMap<String, u32> {
    let name = &row.name;
    let labels = row.labels();
    let rest = format!("{} {labels} {} {}", row.description(), row.address(), row.provider());
    let mut counts = HashMap::new();
    for word in words(&format!("{name} {name} {name} {rest}")) {
        *counts.entry(word).or_default() += 1;
    }
    counts
}

impl Search for Bm25 {
    fn name(&self) -> &'static str {
        "BM25"
    }

    fn search(&self, query: &str) -> Result<Vec<usize>, Failed> {
        let words: HashSet<String> = telling_words(query).into_iter().collect();
        let scored = (0..self.texts.len()).map(|row| (row, self.score(row, &words)));
        let mut found: Vec<(usize, f64)> = scored.filter(|(_, score)| *score > 0.0).collect();
        found.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        Ok(found.into_iter().map(|(row, _)| row).collect())
    }
}
