//! Text into words, as BERT's tokenizers for lower-case English do it: control characters dropped,
//! Chinese characters set apart, accents stripped, lower case, split at spaces and around
//! punctuation.

use super::characters::{is_accent, is_chinese, is_dropped, is_punctuation};
use std::ops::ControlFlow;
use unicode_normalization::UnicodeNormalization;

/// Longer words are not looked at, as the reference has it.
const WORD_CHARS_MAX: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word<'a> {
    /// Not empty, at most [`WORD_CHARS_MAX`] characters.
    Text(&'a str),
    TooLong,
}

/// Visits the words of the text in their order until the visitor breaks off.
pub(super) fn visit_words(text: &str, visit: impl FnMut(Word<'_>) -> ControlFlow<()>) {
    let mut words = Words { current: String::new(), chars: 0, visit };
    let visited = if text.is_ascii() { words.ascii(text) } else { words.unicode(text) };
    if visited.is_continue() {
        let _ = words.end();
    }
}

struct Words<V> {
    current: String,
    /// Those beyond the limit are counted and not kept.
    chars: usize,
    visit: V,
}

impl<V: FnMut(Word<'_>) -> ControlFlow<()>> Words<V> {
    /// The same as [`Self::unicode`], several times faster.
    fn ascii(&mut self, text: &str) -> ControlFlow<()> {
        for byte in text.bytes() {
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' => self.end()?,
                _ if byte.is_ascii_alphanumeric() => self.push(byte.to_ascii_lowercase().into()),
                _ if byte.is_ascii_punctuation() => self.alone(byte.into())?,
                _ => {}
            }
        }
        ControlFlow::Continue(())
    }

    fn unicode(&mut self, text: &str) -> ControlFlow<()> {
        let kept = text.chars().filter(|character| !is_dropped(*character));
        let stripped = kept.flat_map(set_apart).nfd().filter(|character| !is_accent(*character));
        for character in stripped.flat_map(char::to_lowercase) {
            if character.is_whitespace() {
                self.end()?;
            } else if is_punctuation(character) {
                self.alone(character)?;
            } else {
                self.push(character);
            }
        }
        ControlFlow::Continue(())
    }

    fn push(&mut self, character: char) {
        self.chars += 1;
        if self.chars <= WORD_CHARS_MAX {
            self.current.push(character);
        }
    }

    fn alone(&mut self, character: char) -> ControlFlow<()> {
        self.end()?;
        self.push(character);
        self.end()
    }

    fn end(&mut self) -> ControlFlow<()> {
        let visited = match self.chars {
            0 => return ControlFlow::Continue(()),
            1..=WORD_CHARS_MAX => (self.visit)(Word::Text(&self.current)),
            _ => (self.visit)(Word::TooLong),
        };
        self.current.clear();
        self.chars = 0;
        visited
    }
}

fn set_apart(character: char) -> impl Iterator<Item = char> {
    let space = is_chinese(character).then_some(' ');
    space.into_iter().chain([character]).chain(space)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        visit_words(text, |word| {
            found.push(match word {
                Word::Text(word) => word.to_owned(),
                Word::TooLong => "TOO LONG".to_owned(),
            });
            ControlFlow::Continue(())
        });
        found
    }

    #[test]
    fn splits_as_the_reference_does() {
        for (text, expected) in [
            ("", vec![]),
            (" \t\r\n", vec![]),
            ("BTC/USD rate: $5!", vec!["btc", "/", "usd", "rate", ":", "$", "5", "!"]),
            ("a\u{12}b\u{b}c\u{7f}d", vec!["abcd"]),
            ("Caf\u{e9} Nai\u{308}ve", vec!["cafe", "naive"]),
            ("\u{c5}NGSTR\u{d6}M \u{130}stanbul", vec!["angstrom", "istanbul"]),
            ("x\u{4e2d}\u{6587}y", vec!["x", "\u{4e2d}", "\u{6587}", "y"]),
            ("zero\u{200b}width\u{ad}", vec!["zerowidth"]),
            ("no\u{a0}break\u{2028}line\u{85}s", vec!["no", "break", "lines"]),
            (
                "\u{ab}quoted\u{bb}\u{2014}\u{37e}",
                vec!["\u{ab}", "quoted", "\u{bb}", "\u{2014}", ";"],
            ),
            ("\u{fffd}a\u{e000}b", vec!["ab"]),
        ] {
            assert_eq!(words(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_word_of_101_characters_is_too_long() {
        assert_eq!(words(&"\u{e9}".repeat(100)), ["e".repeat(100)]);
        assert_eq!(words(&format!("{} b", "a".repeat(101))), ["TOO LONG", "b"]);
        assert_eq!(words(&format!("{} b", "\u{df}".repeat(101))), ["TOO LONG", "b"]);
    }

    proptest! {
        #[test]
        fn the_fast_path_says_the_same(text in "[\\x00-\\x7f]{0,300}") {
            // A character that is dropped makes the text one that is not ASCII.
            prop_assert_eq!(words(&text), words(&format!("{text}\u{200b}")));
        }

        #[test]
        fn words_are_lower_case_without_spaces(text in "\\PC{0,100}|(?s:.{0,200})") {
            for word in words(&text) {
                prop_assert!(!word.is_empty() && !word.contains(char::is_whitespace) || word == "TOO LONG");
            }
        }
    }
}
