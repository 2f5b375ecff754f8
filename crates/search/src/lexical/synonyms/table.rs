//! The tables in memory: what a run of words may mean besides itself.

use super::Kinship;
use super::parse::{Sign, lines};
use crate::lexical::words::{Language, for_each_word, is_stop_word, languages_of_stop_word, stem};
use std::collections::HashMap;
use std::sync::LazyLock;

const ENGLISH: &str = include_str!("tables/english.txt");
const FOREIGN: [(Language, &str); 5] = [
    (Language::Spanish, include_str!("tables/spanish.txt")),
    (Language::German, include_str!("tables/german.txt")),
    (Language::French, include_str!("tables/french.txt")),
    (Language::Portuguese, include_str!("tables/portuguese.txt")),
    (Language::Chinese, include_str!("tables/chinese.txt")),
];

/// Words of a phrase at most, filler not counted.
pub(crate) const PHRASE_WORDS_MAX: usize = 4;
/// Meanings of one phrase at most.
const MEANINGS_MAX: usize = 16;

/// What a phrase may mean.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Meaning {
    /// English words, folded.
    pub(crate) words: Vec<String>,
    /// Their stems.
    pub(crate) stems: Vec<String>,
    /// How sure that is.
    pub(crate) kinship: Kinship,
}

/// A translation of a phrase.
#[derive(Clone, Debug)]
pub(crate) struct Translation {
    /// From which language.
    pub(crate) language: Language,
    /// Whether the phrase is an English one as well.
    pub(crate) is_english_too: bool,
    /// The best first.
    pub(crate) meanings: Vec<Meaning>,
}

/// All tables.
pub(crate) struct Table {
    english: HashMap<String, Vec<Meaning>>,
    foreign: HashMap<(Language, String), Translation>,
    /// Every English word of the tables with how it is written, for spelling.
    words: Vec<String>,
}

impl Table {
    /// The tables that the program carries.
    pub(crate) fn shipped() -> &'static Self {
        static SHIPPED: LazyLock<Table> = LazyLock::new(Table::parse);
        &SHIPPED
    }

    /// What English words with these stems also mean.
    pub(crate) fn meanings(&self, stems: &[&str]) -> &[Meaning] {
        self.english.get(&stems.join(" ")).map_or(&[], Vec::as_slice)
    }

    /// What folded words mean in English, by each language that has them.
    pub(crate) fn translations(&self, words: &[&str]) -> Vec<&Translation> {
        let found = FOREIGN.iter().filter_map(|(language, _)| {
            let stems: Vec<_> = words.iter().map(|word| stem(*language, word)).collect();
            self.foreign.get(&(*language, stems.join(" ")))
        });
        found.collect()
    }

    /// Every English word of the tables, folded.
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }

    fn parse() -> Self {
        let mut table =
            Self { english: HashMap::new(), foreign: HashMap::new(), words: Vec::new() };
        for line in lines(ENGLISH) {
            let left: Vec<_> = line.left.iter().map(|phrase| english(phrase)).collect();
            let right: Vec<_> = line.right.iter().map(|phrase| english(phrase)).collect();
            table.words.extend(left.iter().chain(&right).flat_map(|(words, _)| words.clone()));
            let (others, kinship) = match line.sign {
                Sign::Leads => (&right, Kinship::Related),
                Sign::None | Sign::Translates | Sign::MayTranslate => (&left, Kinship::Same),
            };
            for (_, stems) in &left {
                table.add(stems, others, kinship);
            }
        }
        for (language, text) in FOREIGN {
            table.add_translations(language, text);
        }
        table.words.sort_unstable();
        table.words.dedup();
        table
    }

    fn add(&mut self, stems: &[String], others: &[(Vec<String>, Vec<String>)], kinship: Kinship) {
        let meanings = self.english.entry(stems.join(" ")).or_default();
        for (words, others) in others {
            let is_known = others == stems || meanings.iter().any(|known| known.stems == *others);
            if !is_known && meanings.len() < MEANINGS_MAX {
                let (words, stems) = (words.clone(), others.clone());
                meanings.push(Meaning { words, stems, kinship });
            }
        }
        meanings.sort_by_key(|meaning| meaning.kinship);
    }

    fn add_translations(&mut self, language: Language, text: &str) {
        for line in lines(text) {
            let meanings: Vec<Meaning> = line
                .right
                .iter()
                .map(|phrase| english(phrase))
                .map(|(words, stems)| Meaning { words, stems, kinship: Kinship::Translation })
                .collect();
            for phrase in &line.left {
                let is_english_too = line.sign == Sign::MayTranslate;
                let meanings = meanings.clone();
                let stems = foreign_stems(language, phrase);
                let translation = Translation { language, is_english_too, meanings };
                self.foreign.entry((language, stems)).or_insert(translation);
            }
        }
    }
}

/// The words of an English phrase without filler, and their stems.
fn english(phrase: &str) -> (Vec<String>, Vec<String>) {
    let mut words = Vec::new();
    for_each_word(phrase, |word| {
        if !is_stop_word(word) {
            words.push(word.to_owned());
        }
    });
    let stems = words.iter().map(|word| stem(Language::English, word).into_owned()).collect();
    (words, stems)
}

fn foreign_stems(language: Language, phrase: &str) -> String {
    if language == Language::Chinese {
        return phrase.split_whitespace().collect();
    }
    let mut stems: Vec<String> = Vec::new();
    for_each_word(phrase, |word| {
        if languages_of_stop_word(word).all(|of| of != language) {
            stems.push(stem(language, word).into_owned());
        }
    });
    stems.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stands_for(phrase: &str, other: &str) -> bool {
        let (_, stems) = english(phrase);
        let stems: Vec<&str> = stems.iter().map(String::as_str).collect();
        let (_, other) = english(other);
        Table::shipped().meanings(&stems).iter().any(|meaning| meaning.stems == other)
    }

    #[test]
    fn every_line_is_well_formed() {
        for line in lines(ENGLISH) {
            let sides = match line.sign {
                Sign::None => line.left.len() >= 2,
                Sign::Leads => !line.left.is_empty() && !line.right.is_empty(),
                Sign::Translates | Sign::MayTranslate => false,
            };
            assert!(sides, "{line:?}");
            for phrase in line.left.iter().chain(&line.right) {
                let (words, _) = english(phrase);
                assert!((1..=PHRASE_WORDS_MAX).contains(&words.len()), "{phrase:?} in {line:?}");
            }
        }
        for (language, text) in FOREIGN {
            for line in lines(text) {
                assert!(matches!(line.sign, Sign::Translates | Sign::MayTranslate), "{line:?}");
                assert!(!line.left.is_empty() && !line.right.is_empty(), "{line:?}");
                for phrase in &line.left {
                    let stems = foreign_stems(language, phrase);
                    let count = stems.split(' ').count();
                    assert!(!stems.is_empty() && count <= PHRASE_WORDS_MAX, "{phrase:?}");
                }
                for phrase in &line.right {
                    let (words, _) = english(phrase);
                    assert!((1..=PHRASE_WORDS_MAX).contains(&words.len()), "{phrase:?}");
                }
            }
        }
    }

    #[test]
    fn names_of_one_thing_stand_for_each_other_and_relations_lead_one_way() {
        assert!(stands_for("tts", "text to speech") && stands_for("text to speech", "tts"));
        assert!(stands_for("geocode", "address to coordinates"));
        assert!(stands_for("stt", "transcription"));
        assert!(!stands_for("weather", "weather"));
    }

    #[test]
    fn other_languages_are_translated() {
        let translated = |words: &[&str]| -> Vec<String> {
            let translations = Table::shipped().translations(words);
            translations
                .into_iter()
                .flat_map(|it| it.meanings.iter().map(|m| m.words.join(" ")))
                .collect()
        };
        assert!(translated(&["imagenes"]).contains(&"image".to_owned()));
        assert!(translated(&["天气"]).contains(&"weather".to_owned()));
        assert_eq!(translated(&["zzz"]), Vec::<String>::new());
    }
}
