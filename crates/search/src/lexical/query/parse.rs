//! From text to groups.

use super::{Group, ParsedQuery, QUERY_CHARS_MAX, QUERY_WORDS_MAX, ShownWord, phrases};
use crate::lexical::intent::{self, Intent, Part};
use crate::lexical::synonyms::{Meaning, Table};
use crate::lexical::words::{
    Language, for_each_word, is_generic, is_stop_word, is_towards, languages_of_stop_word, stem,
};

/// What a word that names a rail counts, when it may be the topic as well.
const RAIL_WEIGHT: f32 = 0.35;
/// What a word counts that fits nearly every listing.
const GENERIC_WEIGHT: f32 = 0.4;
/// English words for a translated phrase: how many of its synonyms are taken over.
const MEANINGS_MAX: usize = 12;

/// A folded word of the query.
struct Word {
    text: String,
    part: Part,
}

pub(super) fn parse(query: &str) -> ParsedQuery {
    let query: String = query.chars().take(QUERY_CHARS_MAX).flat_map(char::to_lowercase).collect();
    let tokens: Vec<&str> = query.split_whitespace().take(QUERY_WORDS_MAX * 4).collect();
    let intent = intent::read(&tokens);
    let words = words_of(&tokens, &intent.parts);
    let languages = languages(&words);
    let (mut groups, mut shown) = (Vec::new(), Vec::new());
    for word in words.iter().filter(|word| word.part != Part::Payment) {
        let is_filler = is_filler(&word.text, &languages);
        let group = (!is_filler).then(|| place_of(word, &languages, &mut groups)).flatten();
        if !is_filler || is_stop_word(&word.text) {
            shown.push(ShownWord { text: word.text.clone(), group });
        }
    }
    let directions = directions(&shown);
    let group_words: Vec<&str> = groups.iter().map(|group: &Group| group.word.as_str()).collect();
    let phrases = phrases(&group_words, &languages);
    let Intent { rails, price, is_cheap, .. } = intent;
    ParsedQuery { groups, phrases, directions, languages, shown, rails, price, is_cheap }
}

/// Every `a to b`: the groups of `a` and `b`.
fn directions(shown: &[ShownWord]) -> Vec<(usize, usize)> {
    let towards = shown.iter().enumerate().filter(|(_, word)| is_towards(&word.text));
    let pairs = towards.filter_map(|(at, _)| {
        let from = shown.iter().take(at).rev().find_map(|word| word.group)?;
        let to = shown.iter().skip(at + 1).find_map(|word| word.group)?;
        (from != to).then_some((from, to))
    });
    pairs.collect()
}

/// The place of a word's group, which is new unless the word was there before. Nothing if the
/// query has too many words.
fn place_of(word: &Word, languages: &[Language], groups: &mut Vec<Group>) -> Option<usize> {
    if let Some(known) = groups.iter().position(|group| group.word == word.text) {
        return Some(known);
    }
    let is_room = groups.len() < QUERY_WORDS_MAX;
    is_room.then(|| {
        groups.push(group(word, languages));
        groups.len() - 1
    })
}

fn group(word: &Word, languages: &[Language]) -> Group {
    let Word { text, part } = word;
    let mut meanings = meanings(&[text]);
    meanings.extend(translate(&[text], languages));
    let weight = match part {
        Part::Rail => RAIL_WEIGHT,
        Part::Topic | Part::Payment if is_generic(text) => GENERIC_WEIGHT,
        Part::Topic | Part::Payment => 1.0,
    };
    Group {
        word: text.clone(),
        stem: stem(Language::English, text).into_owned(),
        is_known: !meanings.is_empty() || Table::shipped().has_word(text),
        meanings,
        weight,
    }
}

fn words_of(tokens: &[&str], parts: &[Part]) -> Vec<Word> {
    let mut words = Vec::new();
    for (token, part) in tokens.iter().zip(parts) {
        for piece in pieces(token) {
            let mut push = |word: &str| {
                if words.len() < QUERY_WORDS_MAX * 2 {
                    words.push(Word { text: word.to_owned(), part: *part });
                }
            };
            match piece {
                Piece::Known(word) => push(word),
                Piece::Text(text) => for_each_word(text, push),
            }
        }
    }
    words
}

/// A part of a token.
enum Piece<'a> {
    /// A word in a script without spaces that the tables know.
    Known(&'a str),
    /// Anything else.
    Text(&'a str),
}

/// Cuts a token where the tables know a word of a script without spaces.
fn pieces(token: &str) -> Vec<Piece<'_>> {
    if token.is_ascii() {
        return vec![Piece::Text(token)];
    }
    let mut pieces = Vec::new();
    let (mut start, mut at) = (0, 0);
    while let Some(rest) = token.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some(word) = Table::shipped().unspaced_word(rest) {
            pieces.extend(token.get(start..at).filter(|text| !text.is_empty()).map(Piece::Text));
            pieces.push(Piece::Known(word));
            at += word.len();
            start = at;
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    pieces.extend(token.get(start..).filter(|text| !text.is_empty()).map(Piece::Text));
    pieces
}

/// The foreign languages that function words or unmistakable words speak for.
fn languages(words: &[Word]) -> Vec<Language> {
    let mut languages = Vec::new();
    for word in words {
        if !is_stop_word(&word.text) {
            languages.extend(languages_of_stop_word(&word.text));
            languages.extend(Table::shipped().languages_of_word(&word.text));
        }
    }
    languages
}

fn is_filler(word: &str, foreign: &[Language]) -> bool {
    is_stop_word(word) || languages_of_stop_word(word).any(|language| foreign.contains(&language))
}

/// What English words also mean.
pub(crate) fn meanings(words: &[&str]) -> Vec<Meaning> {
    let stems: Vec<_> = words.iter().map(|word| stem(Language::English, word)).collect();
    let stems: Vec<&str> = stems.iter().map(AsRef::as_ref).collect();
    Table::shipped().meanings(&stems).to_vec()
}

/// What words mean in English, with the synonyms of that. Words that are English as well, and
/// other forms of a word than the one in the table, count only beside other words of that
/// language: `employer` is no French.
pub(super) fn translate(words: &[&str], languages: &[Language]) -> Vec<Meaning> {
    let mut meanings: Vec<Meaning> = Vec::new();
    for translation in Table::shipped().translations(words) {
        if !languages.contains(&translation.language) {
            continue;
        }
        for meaning in &translation.meanings {
            let stems: Vec<&str> = meaning.stems.iter().map(String::as_str).collect();
            let others = Table::shipped().meanings(&stems);
            meanings.push(meaning.clone());
            meanings.extend(others.iter().cloned());
        }
    }
    meanings.truncate(MEANINGS_MAX);
    meanings
}
