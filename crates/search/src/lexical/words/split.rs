//! Text cut into words: at whatever is neither letter nor digit, and inside `camelCase`.

use super::fold::{fold_into, is_unspaced};

/// Longer runs of letters are cut; no word that people search for is longer.
const WORD_LETTERS_MAX: usize = 40;

/// Calls `visit` with every folded word in order.
///
/// Of a word in `camelCase` come its parts and then the whole, for `OpenAI` is asked for as
/// `openai`, and `sendSms` as `send sms`. Text in a script without spaces comes as pairs of
/// adjoining characters.
pub(crate) fn for_each_word(text: &str, mut visit: impl FnMut(&str)) {
    let mut word = String::new();
    let mut visit = |part: &str| {
        word.clear();
        fold_into(&mut word, part);
        if !word.is_empty() {
            visit(&word);
        }
    };
    for run in text.split(|letter: char| !letter.is_alphanumeric() && !is_mark(letter)) {
        for_each_script_run(run, |run, unspaced| {
            if unspaced {
                for_each_pair(run, &mut visit);
            } else if !run.is_empty() {
                let run = first_letters(run, WORD_LETTERS_MAX);
                for_each_camel_part(run, &mut visit);
                visit(run);
            }
        });
    }
}

/// A mark that stands on the letter before it is no border between words.
fn is_mark(letter: char) -> bool {
    unicode_normalization::char::is_combining_mark(letter)
}

/// Cuts where a script without spaces begins or ends.
fn for_each_script_run(run: &str, mut visit: impl FnMut(&str, bool)) {
    if run.is_ascii() {
        return visit(run, false);
    }
    let mut start = 0;
    let mut unspaced = run.chars().next().is_some_and(is_unspaced);
    for (at, letter) in run.char_indices() {
        if is_unspaced(letter) != unspaced && !is_mark(letter) {
            visit(run.get(start..at).unwrap_or_default(), unspaced);
            (start, unspaced) = (at, !unspaced);
        }
    }
    visit(run.get(start..).unwrap_or_default(), unspaced);
}

fn for_each_pair(run: &str, visit: &mut impl FnMut(&str)) {
    let mut starts = run.char_indices().map(|(at, _)| at).peekable();
    let mut is_first = true;
    while let Some(start) = starts.next() {
        let second = starts.peek().copied();
        let second_len = second.and_then(|at| run.get(at..)?.chars().next()).map(char::len_utf8);
        match (second, second_len) {
            (Some(at), Some(len)) => visit(run.get(start..at + len).unwrap_or_default()),
            _ if is_first => visit(run.get(start..).unwrap_or_default()),
            _ => {}
        }
        is_first = false;
    }
}

/// The parts of `camelCase` and `HTMLPage`. Nothing if the word is of one part, or if a part is a
/// single letter, as in `IPv4` and `iOS`.
fn for_each_camel_part(word: &str, visit: &mut impl FnMut(&str)) {
    let borders = camel_borders(word);
    if borders.len() <= 2 {
        return;
    }
    let parts = || borders.windows(2).filter_map(|pair| word.get(*pair.first()?..*pair.last()?));
    if parts().all(|part| part.chars().nth(1).is_some()) {
        parts().for_each(visit);
    }
}

/// Where the parts of a word begin, and its end.
fn camel_borders(word: &str) -> Vec<usize> {
    let mut borders = vec![0];
    let mut letters = word.char_indices().peekable();
    let mut before: Option<char> = None;
    while let Some((at, letter)) = letters.next() {
        let next_is_lower = letters.peek().is_some_and(|(_, next)| next.is_lowercase());
        let is_border = letter.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase() || (before.is_uppercase() && next_is_lower)
            });
        if is_border {
            borders.push(at);
        }
        before = Some(letter);
    }
    borders.push(word.len());
    borders
}

fn first_letters(word: &str, count: usize) -> &str {
    let end = word.char_indices().nth(count).map_or(word.len(), |(at, _)| at);
    word.get(..end).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str) -> Vec<String> {
        let mut words = Vec::new();
        for_each_word(text, |word| words.push(word.to_owned()));
        words
    }

    #[test]
    fn words_end_at_punctuation_and_inside_camel_case() {
        assert_eq!(words("Text-to-speech, v2"), ["text", "to", "speech", "v2"]);
        assert_eq!(words("/api/send_sms?x=1"), ["api", "send", "sms", "x", "1"]);
        assert_eq!(
            words("currentConditions:lookup"),
            ["current", "conditions", "currentconditions", "lookup"]
        );
        assert_eq!(words("OCRText"), ["ocr", "text", "ocrtext"]);
        assert_eq!(words("GPT-4o mini"), ["gpt", "4o", "mini"]);
        assert_eq!(words("IPv4"), ["ipv4"]);
        assert_eq!(words("tradu\u{301}cir"), ["traducir"]);
    }

    #[test]
    fn scripts_without_spaces_come_in_pairs() {
        assert_eq!(words("天气预报API"), ["天气", "气预", "预报", "api"]);
        assert_eq!(words("图"), ["图"]);
    }

    proptest! {
        #[test]
        fn any_text_is_cut_into_bounded_words(text in "\\PC{0,120}") {
            for word in words(&text) {
                prop_assert!(!word.contains(' '));
                prop_assert!(word.chars().count() <= WORD_LETTERS_MAX * 18, "{word}");
            }
        }
    }
}
