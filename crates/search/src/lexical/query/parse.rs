//! From text to groups.

use super::{Group, ParsedQuery, QUERY_CHARS_MAX, QUERY_WORDS_MAX, ShownWord, Slot};
use crate::lexical::intent::{self, Part};
use crate::lexical::synonyms::{Meaning, PHRASE_WORDS_MAX, Table};
use crate::lexical::words::{
    Language, for_each_word, is_generic, is_stop_word, languages_of_stop_word, stem,
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
    let foreign = languages(&words);
    let mut parsed = ParsedQuery {
        groups: Vec::new(),
        shown: Vec::new(),
        rails: intent.rails,
        price: intent.price,
        is_cheap: intent.is_cheap,
    };
    let mut rest = words.as_slice();
    while let Some(first) = rest.first() {
        let taken = take_group(rest, &foreign);
        let group = taken.group.map(|group| {
            let known = parsed.groups.iter().position(|known| known.slots == group.slots);
            known.unwrap_or_else(|| {
                parsed.groups.push(group);
                parsed.groups.len() - 1
            })
        });
        let (now, later) = rest.split_at(taken.len.max(1).min(rest.len()));
        parsed.shown.extend(
            now.iter()
                .map(|word| ShownWord { text: word.text.clone(), group })
                .filter(|_| first.part != Part::Payment),
        );
        rest = later;
    }
    parsed.groups.truncate(QUERY_WORDS_MAX);
    parsed
}

fn words_of(tokens: &[&str], parts: &[Part]) -> Vec<Word> {
    let mut words = Vec::new();
    for (token, part) in tokens.iter().zip(parts) {
        for_each_word(token, |word| {
            if words.len() < QUERY_WORDS_MAX * 2 {
                words.push(Word { text: word.to_owned(), part: *part });
            }
        });
    }
    words
}

/// The foreign languages that function words or unmistakable words speak for.
fn languages(words: &[Word]) -> Vec<Language> {
    let mut languages = Vec::new();
    for word in words {
        if !is_stop_word(&word.text) {
            languages.extend(languages_of_stop_word(&word.text));
            let translations = Table::shipped().translations(&[&word.text]).into_iter();
            languages.extend(translations.filter(|it| !it.is_english_too).map(|it| it.language));
        }
    }
    languages
}

/// A group and how many words of the query it took, filler included.
struct Taken {
    group: Option<Group>,
    len: usize,
}

/// The group that the words begin with; none if they begin with filler.
fn take_group(words: &[Word], foreign: &[Language]) -> Taken {
    let Some(first) = words.first() else {
        return Taken { group: None, len: 0 };
    };
    if first.part == Part::Payment || is_filler(&first.text, foreign) {
        return Taken { group: None, len: 1 };
    }
    take_phrase(words, foreign).unwrap_or_else(|| {
        let mut slot = slot(&first.text);
        let translated = translate(&[&first.text], foreign);
        slot.is_known |= !translated.is_empty();
        slot.meanings.extend(translated);
        let weight = match first.part {
            Part::Rail => RAIL_WEIGHT,
            Part::Topic | Part::Payment if is_generic(&first.text) => GENERIC_WEIGHT,
            Part::Topic | Part::Payment => 1.0,
        };
        Taken { group: Some(Group { slots: vec![slot], meanings: Vec::new(), weight }), len: 1 }
    })
}

fn is_filler(word: &str, foreign: &[Language]) -> bool {
    is_stop_word(word) || languages_of_stop_word(word).any(|language| foreign.contains(&language))
}

/// The longest run of words that the tables know as a phrase.
fn take_phrase(words: &[Word], foreign: &[Language]) -> Option<Taken> {
    let topic = words.iter().take_while(|word| word.part != Part::Payment);
    let contents: Vec<(usize, &str)> = topic
        .enumerate()
        .map(|(at, word)| (at, word.text.as_str()))
        .filter(|(_, word)| !is_filler(word, foreign))
        .take(PHRASE_WORDS_MAX)
        .collect();
    (2..=contents.len()).rev().find_map(|count| {
        let phrase: Vec<&str> = contents.iter().take(count).map(|(_, word)| *word).collect();
        let mut meanings = meanings(&phrase);
        meanings.extend(translate(&phrase, foreign));
        let (last, _) = contents.get(count - 1)?;
        (!meanings.is_empty()).then(|| {
            let slots = phrase.iter().map(|word| slot(word)).collect();
            Taken { group: Some(Group { slots, meanings, weight: 1.0 }), len: last + 1 }
        })
    })
}

fn slot(word: &str) -> Slot {
    let meanings = meanings(&[word]);
    let is_known = !meanings.is_empty();
    let stem = stem(Language::English, word).into_owned();
    Slot { word: word.to_owned(), stem, meanings, is_known }
}

/// What English words also mean.
pub(crate) fn meanings(words: &[&str]) -> Vec<Meaning> {
    let stems: Vec<_> = words.iter().map(|word| stem(Language::English, word)).collect();
    let stems: Vec<&str> = stems.iter().map(AsRef::as_ref).collect();
    Table::shipped().meanings(&stems).to_vec()
}

/// What words mean in English, with the synonyms of that. A phrase that is English as well
/// counts as foreign only beside other words of that language.
fn translate(words: &[&str], foreign: &[Language]) -> Vec<Meaning> {
    let mut meanings: Vec<Meaning> = Vec::new();
    for translation in Table::shipped().translations(words) {
        let is_lone = words.len() == 1 && !foreign.contains(&translation.language);
        if translation.is_english_too && is_lone {
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
