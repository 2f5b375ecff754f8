//! Sentences that one host repeats in listing after listing. They say who it is, not what one
//! endpoint does, and count less.

use crate::Document;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// A sentence counts as repeated from so many documents of one host on.
const REPEATED_FROM: u8 = 3;
/// Counters: about as many as there are sentences, within these bounds.
const COUNTERS_MIN: usize = 1 << 12;
const COUNTERS_MAX: usize = 1 << 24;

/// How often each sentence of each host was met: counters by hash, which is rarely wrong and
/// then only lowers a weight.
pub(super) struct Boilerplate {
    counters: Vec<u8>,
}

impl Boilerplate {
    pub(super) fn count<'a>(documents: impl Iterator<Item = Document<'a>> + Clone) -> Self {
        let count = documents.clone().count().saturating_mul(8).next_power_of_two();
        let mut counters = vec![0; count.clamp(COUNTERS_MIN, COUNTERS_MAX)];
        for document in documents {
            for text in [document.name, document.description] {
                for sentence in sentences(text) {
                    let at = counter(&document, sentence, counters.len());
                    if let Some(counter) = counters.get_mut(at) {
                        *counter = u8::saturating_add(*counter, 1);
                    }
                }
            }
        }
        Self { counters }
    }

    /// Whether the document's host says this sentence in other listings too.
    pub(super) fn is_repeated(&self, document: &Document<'_>, sentence: &str) -> bool {
        let at = counter(document, sentence, self.counters.len());
        self.counters.get(at).is_some_and(|count| *count >= REPEATED_FROM)
    }
}

fn counter(document: &Document<'_>, sentence: &str, count: usize) -> usize {
    let host = document.url.split('/').next().unwrap_or_default();
    let mut hasher = DefaultHasher::new();
    (host, sentence).hash(&mut hasher);
    // The count is a power of two; a truncated hash is as good.
    usize::try_from(hasher.finish() & (count as u64 - 1)).unwrap_or(0)
}

/// A text cut at sentence ends, colons and dashes.
pub(super) fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut before = ' ';
    let parts = text.split(move |letter: char| {
        let is_end = letter.is_whitespace()
            && matches!(before, '.' | ':' | ';' | '!' | '?' | '—' | '–' | '|' | '-');
        before = letter;
        is_end || letter == '\n'
    });
    parts.map(str::trim).filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_host_repeats_is_told_from_what_it_says_once() {
        let document = |name, url| Document { name, url, ..Document::default() };
        let documents = [
            document("Acme: forecast", "acme.example/forecast"),
            document("Acme: tides", "acme.example/tides"),
            document("Acme: wind", "acme.example/wind"),
            document("Other: wind", "other.example/wind"),
        ];
        let boilerplate = Boilerplate::count(documents.iter().copied());
        assert!(boilerplate.is_repeated(&documents[0], "Acme:"));
        assert!(!boilerplate.is_repeated(&documents[0], "forecast"));
        assert!(!boilerplate.is_repeated(&documents[3], "Other:"));
    }

    #[test]
    fn sentences_end_at_signs_before_white_space() {
        let found: Vec<&str> = sentences("A b: c v1.2 d. E - f\ng").collect();
        assert_eq!(found, ["A b:", "c v1.2 d.", "E -", "f", "g"]);
    }
}
