//! Letters without case and marks: `Übersetzung` and `ubersetzung` are one word.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Appends a word in lower case, in compatible forms (full-width letters and ligatures become
/// plain ones) and without diacritics.
pub(super) fn fold_into(folded: &mut String, word: &str) {
    if word.is_ascii() {
        folded.extend(word.chars().map(|letter| letter.to_ascii_lowercase()));
        return;
    }
    let plain = word.nfkd().filter(|letter| !is_combining_mark(*letter));
    for letter in plain.flat_map(char::to_lowercase) {
        match letter {
            'ß' => folded.push_str("ss"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'æ' => folded.push_str("ae"),
            'ı' => folded.push('i'),
            // Compatible forms can bring spaces and signs along.
            _ if letter.is_alphanumeric() => folded.push(letter),
            _ => {}
        }
    }
}

/// Whether a letter belongs to a script that is written without spaces between words.
pub(super) const fn is_unspaced(letter: char) -> bool {
    matches!(letter,
        '\u{3040}'..='\u{30ff}'      // Japanese syllables
        | '\u{3400}'..='\u{4dbf}'    // rare ideographs
        | '\u{4e00}'..='\u{9fff}'    // ideographs
        | '\u{ac00}'..='\u{d7af}'    // Korean syllables
        | '\u{f900}'..='\u{faff}'    // compatible ideographs
        | '\u{20000}'..='\u{2fa1f}') // further ideographs
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn folded(word: &str) -> String {
        let mut folded = String::new();
        fold_into(&mut folded, word);
        folded
    }

    #[test]
    fn case_and_marks_do_not_count() {
        assert_eq!(folded("Traducción"), "traduccion");
        assert_eq!(folded("ÜBERSETZUNG"), "ubersetzung");
        assert_eq!(folded("Straße"), "strasse");
        assert_eq!(folded("ＧＰＴ"), "gpt");
        assert_eq!(folded("天气"), "天气");
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(word in "[a-zA-Zà-üÀ-Ü一-三ø-ł]{0,12}") {
            let once = folded(&word);
            prop_assert_eq!(folded(&once), once);
        }
    }
}
