//! What an embedding is made of.

use super::query::meanings;
use super::synonyms::Kinship;
use super::words::{for_each_word, is_stop_word};
use crate::Document;

/// Longer words are no abbreviations.
const ABBREVIATION_LEN_MAX: usize = 4;
/// Abbreviations that are written out.
const ABBREVIATIONS_MAX: usize = 4;
/// Names of more words say themselves what they mean.
const NAME_WORDS_MAX: usize = 16;

/// The text to embed for a document: its name and description, and what the abbreviations of
/// its name stand for. Many listings are called nothing but `tts` or `qr`, which no model of
/// words knows.
#[must_use]
pub fn embedded_text(document: &Document<'_>) -> String {
    let mut text = format!("{}. {}", document.name, document.description);
    let (mut words, mut written_out) = (0, 0);
    for_each_word(document.name, |word| {
        words += 1;
        let is_candidate = word.len() <= ABBREVIATION_LEN_MAX && !is_stop_word(word);
        if !is_candidate || words > NAME_WORDS_MAX || written_out >= ABBREVIATIONS_MAX {
            return;
        }
        let long_form = meanings(&[word]).into_iter().find(|meaning| {
            let len: usize = meaning.words.iter().map(String::len).sum();
            meaning.kinship == Kinship::Same && len > word.len() + 1
        });
        if let Some(meaning) = long_form {
            text.push(' ');
            text.push_str(&meaning.words.join(" "));
            written_out += 1;
        }
    });
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abbreviations_are_written_out() {
        let named = |name| embedded_text(&Document { name, ..Document::default() });
        assert_eq!(named("tts"), "tts.  text speech");
        assert_eq!(named("Weather"), "Weather. ");
    }
}
