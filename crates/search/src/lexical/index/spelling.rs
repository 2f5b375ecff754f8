//! Which words of a query are misspelt, and what was meant.

use super::LexicalIndex;
use super::terms::Word;
use crate::lexical::misspelt::{Correction, Spelling};
use crate::lexical::synonyms::Table;
use std::collections::HashMap;

/// A word that so many documents write may be a slip, if a much commoner word is near.
const SLIP_COUNT_MAX: u32 = 2;
/// What makes a near word much commoner.
const MUCH_COMMONER: u32 = 25;

/// The spelling of all words of documents and of the tables.
pub(super) fn of(words: HashMap<Box<str>, Word>) -> Spelling {
    let of_documents = words.iter().map(|(word, known)| (&**word, known.count));
    let of_tables = Table::shipped().words().filter(|word| !words.contains_key(*word));
    Spelling::new(of_documents.chain(of_tables.map(|word| (word, 1))))
}

/// What a word of a query was probably meant to be; nothing if it is well known.
pub(super) fn corrections<'a>(
    index: &'a LexicalIndex,
    word: &str,
    stem: &str,
) -> Vec<Correction<'a>> {
    let term = index.terms.of_stem(stem);
    let holders = term.map_or(0, |term| index.postings.document_count(term));
    if holders > SLIP_COUNT_MAX {
        return Vec::new();
    }
    let mut corrections = index.spelling.corrections(word);
    let commoner = holders.saturating_mul(MUCH_COMMONER);
    corrections.retain(|correction| correction.slips == 1 || holders == 0);
    corrections.retain(|correction| correction.count >= commoner);
    corrections
}
