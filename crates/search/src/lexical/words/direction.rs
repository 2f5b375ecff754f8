//! `speech to text` and `text to speech` hold the same words.

use super::stem::{Language, stem};
use super::stop::is_stop_word;

/// Hears words one after the other and tells each `a to b` among them.
#[derive(Default)]
pub(crate) struct Directions {
    last: Option<String>,
    is_towards: bool,
}

impl Directions {
    /// Takes the next folded word; the name of a direction if one ends with it.
    pub(crate) fn hear(&mut self, word: &str) -> Option<String> {
        if is_towards(word) {
            self.is_towards = self.last.is_some();
            return None;
        }
        if is_stop_word(word) {
            return None;
        }
        let stem = stem(Language::English, word).into_owned();
        let towards = std::mem::take(&mut self.is_towards);
        let from = self.last.replace(stem).filter(|_| towards)?;
        Some(direction(&from, self.last.as_deref()?))
    }
}

/// Whether a word stands between what is turned and what it is turned into.
pub(crate) fn is_towards(word: &str) -> bool {
    matches!(word, "to" | "into" | "2")
}

/// The name of a direction between two stems. No word is written like it.
pub(crate) fn direction(from: &str, to: &str) -> String {
    [from, ">", to].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_turned_into_what_is_heard() {
        let hear = |text: &str| -> Vec<String> {
            let mut directions = Directions::default();
            text.split(' ').filter_map(|word| directions.hear(word)).collect()
        };
        assert_eq!(hear("convert speech to the text"), ["speech>text"]);
        assert_eq!(hear("html into markdown to pdf"), ["html>markdown", "markdown>pdf"]);
        assert_eq!(hear("to send text"), Vec::<String>::new());
    }
}
