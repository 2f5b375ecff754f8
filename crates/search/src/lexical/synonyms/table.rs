//! The tables in memory: what a run of words may mean besides itself.

use super::Kinship;
use super::parse::{Sign, lines};
use crate::lexical::words::{
    Directions, Language, for_each_word, is_stop_word, languages_of_stop_word, stem,
};
use std::collections::{HashMap, HashSet};
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
/// Letters of a word in a script without spaces at most.
const UNSPACED_LETTERS_MAX: usize = 8;
/// Meanings of one phrase at most.
const MEANINGS_MAX: usize = 16;

/// What a phrase may mean.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Meaning {
    /// English words, folded.
    pub(crate) words: Vec<String>,
    /// Their stems.
    pub(crate) stems: Vec<String>,
    /// Whether it is two words of which the one becomes the other, as in `text to speech`.
    pub(crate) is_directed: bool,
    /// How sure that is.
    pub(crate) kinship: Kinship,
}

/// A translation of a phrase.
#[derive(Clone, Debug)]
pub(crate) struct Translation {
    /// From which language.
    pub(crate) language: Language,
    /// The best first.
    pub(crate) meanings: Vec<Meaning>,
}

/// All tables.
#[derive(Default)]
pub(crate) struct Table {
    english: HashMap<String, Vec<Meaning>>,
    foreign: HashMap<(Language, String), Translation>,
    /// Foreign words that are unmistakable, folded.
    foreign_words: HashSet<(Language, String)>,
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

    /// The languages in which a folded word stands in a table just so, and is no English word.
    pub(crate) fn languages_of_word(&self, word: &str) -> Vec<Language> {
        let languages = FOREIGN.iter().map(|(language, _)| *language);
        languages.filter(|it| self.foreign_words.contains(&(*it, word.to_owned()))).collect()
    }

    /// Whether an English phrase of the tables has this folded word.
    pub(crate) fn has_word(&self, word: &str) -> bool {
        self.words.binary_search_by(|known| known.as_str().cmp(word)).is_ok()
    }

    /// The longest word that a text in a script without spaces begins with, if the tables know
    /// one.
    pub(crate) fn unspaced_word<'a>(&self, text: &'a str) -> Option<&'a str> {
        let ends = text.char_indices().map(|(at, letter)| at + letter.len_utf8());
        let ends: Vec<usize> = ends.take(UNSPACED_LETTERS_MAX).collect();
        let mut words = ends.iter().rev().filter_map(|end| text.get(..*end));
        words.find(|word| self.foreign.contains_key(&(Language::Chinese, (*word).to_owned())))
    }

    /// Every English word of the tables, folded.
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }

    fn parse() -> Self {
        let mut table = Self::default();
        for line in lines(ENGLISH) {
            let left: Vec<Meaning> = line.left.iter().map(|phrase| english(phrase)).collect();
            let right: Vec<Meaning> = line.right.iter().map(|phrase| english(phrase)).collect();
            let words = left.iter().chain(&right).flat_map(|phrase| phrase.words.iter().cloned());
            table.words.extend(words);
            let (others, kinship) = match line.sign {
                Sign::Leads => (&right, Kinship::Related),
                Sign::None | Sign::Translates | Sign::MayTranslate => (&left, Kinship::Same),
            };
            for phrase in &left {
                table.add(&phrase.stems, others, kinship);
            }
        }
        for (language, text) in FOREIGN {
            table.add_translations(language, text);
        }
        table.words.sort_unstable();
        table.words.dedup();
        table
    }

    fn add(&mut self, stems: &[String], others: &[Meaning], kinship: Kinship) {
        let meanings = self.english.entry(stems.join(" ")).or_default();
        for other in others {
            let is_known =
                other.stems == stems || meanings.iter().any(|known| known.stems == other.stems);
            if !is_known && meanings.len() < MEANINGS_MAX {
                meanings.push(Meaning { kinship, ..other.clone() });
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
                .map(|meaning| Meaning { kinship: Kinship::Translation, ..meaning })
                .collect();
            for phrase in &line.left {
                let meanings = meanings.clone();
                let (words, stems) = foreign(language, phrase);
                if line.sign == Sign::Translates {
                    let words = words.into_iter().filter(|word| !is_short(word));
                    self.foreign_words.extend(words.map(|word| (language, word)));
                }
                let translation = Translation { language, meanings };
                self.foreign.entry((language, stems)).or_insert(translation);
            }
        }
    }
}

/// An English phrase without its filler.
fn english(phrase: &str) -> Meaning {
    let (mut words, mut has_direction) = (Vec::new(), false);
    let mut directions = Directions::default();
    for_each_word(phrase, |word| {
        has_direction |= directions.hear(word).is_some();
        if !is_stop_word(word) {
            words.push(word.to_owned());
        }
    });
    let stems: Vec<String> =
        words.iter().map(|word| stem(Language::English, word).into_owned()).collect();
    let is_directed = has_direction && stems.len() == 2;
    Meaning { words, stems, is_directed, kinship: Kinship::Same }
}

/// The words of a foreign phrase without filler, and their stems as one key.
fn foreign(language: Language, phrase: &str) -> (Vec<String>, String) {
    if language == Language::Chinese {
        let word: String = phrase.split_whitespace().collect();
        return (vec![word.clone()], word);
    }
    let mut words: Vec<String> = Vec::new();
    for_each_word(phrase, |word| {
        if !is_stop_word(word) && languages_of_stop_word(word).all(|of| of != language) {
            words.push(word.to_owned());
        }
    });
    let stems: Vec<_> = words.iter().map(|word| stem(language, word)).collect();
    let key = stems.join(" ");
    (words, key)
}

/// Too short in Latin letters to tell a language: `loi` and `vin` may be anything.
fn is_short(word: &str) -> bool {
    word.is_ascii() && word.len() < UNMISTAKABLE_LEN_MIN
}

/// Letters of a word that tells its language.
const UNMISTAKABLE_LEN_MIN: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn stands_for(phrase: &str, other: &str) -> bool {
        let stems = english(phrase).stems;
        let stems: Vec<&str> = stems.iter().map(String::as_str).collect();
        let other = english(other).stems;
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
                let words = english(phrase).words;
                assert!((1..=PHRASE_WORDS_MAX).contains(&words.len()), "{phrase:?} in {line:?}");
                let is_cut = words.len() == 1 && phrase.split_whitespace().count() > 1;
                assert!(!is_cut, "{phrase:?} is but {words:?}, {line:?}");
            }
        }
        for (language, text) in FOREIGN {
            for line in lines(text) {
                assert!(matches!(line.sign, Sign::Translates | Sign::MayTranslate), "{line:?}");
                assert!(!line.left.is_empty() && !line.right.is_empty(), "{line:?}");
                for phrase in &line.left {
                    let (_, stems) = foreign(language, phrase);
                    let count = stems.split(' ').count();
                    assert!(!stems.is_empty() && count <= PHRASE_WORDS_MAX, "{phrase:?}");
                }
                for phrase in &line.right {
                    let words = english(phrase).words;
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
