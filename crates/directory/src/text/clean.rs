//! Text of listings is written by strangers: cleaned here before it is stored or shown.

use farebox_wire::text::is_hidden;
use unicode_normalization::UnicodeNormalization;

/// Characters of a name at most.
pub const NAME_LEN_MAX: usize = 200;
/// Characters of a description at most.
pub const DESCRIPTION_LEN_MAX: usize = 2_000;
/// Characters of a category, and of other short texts, at most.
pub const SHORT_LEN_MAX: usize = 100;
/// Tags of a listing at most.
pub const TAGS_MAX: usize = 32;

/// The text without control, invisible and direction-changing characters, in its composed form
/// (NFC), on one line, with single spaces, cut to `len_max` characters.
#[must_use]
pub fn clean_text(text: &str, len_max: usize) -> String {
    let mut cleaned = String::with_capacity(text.len().min(len_max.saturating_mul(4)));
    let mut count = 0;
    let mut pending_space = false;
    let visible = text.chars().filter(|one| one.is_whitespace() || !is_hidden(*one));
    for character in visible.nfc() {
        if character.is_whitespace() {
            pending_space = !cleaned.is_empty();
            continue;
        }
        let needed = if pending_space { 2 } else { 1 };
        if count + needed > len_max {
            break;
        }
        if pending_space {
            cleaned.push(' ');
            pending_space = false;
        }
        cleaned.push(character);
        count += needed;
    }
    cleaned
}

/// [`clean_text`], with nothing left read as nothing said.
#[must_use]
pub fn clean_optional(text: Option<&str>, len_max: usize) -> Option<String> {
    text.map(|text| clean_text(text, len_max)).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_a_reader_cannot_see_is_removed() {
        assert_eq!(clean_text("pay\u{202e}lap\u{200b}\u{e0041}!", 50), "paylap!");
        assert_eq!(clean_text(" a\t\r\n b\u{0}\u{1b}[31m ", 50), "a b[31m");
        assert_eq!(clean_optional(Some("\u{feff} "), 50), None);
    }

    #[test]
    fn one_letter_is_written_in_one_way() {
        assert_eq!(clean_text("e\u{301}", 50), "é");
        assert_eq!(clean_text("e\u{200d}\u{301}", 50), "é");
    }

    #[test]
    fn long_text_is_cut_at_a_character() {
        assert_eq!(clean_text("äöü äöü", 5), "äöü ä");
        assert_eq!(clean_text("äöü äöü", 4), "äöü");
    }

    proptest! {
        #[test]
        fn cleaning_twice_changes_nothing(text in "\\PC{0,60}", len_max in 0usize..50) {
            let once = clean_text(&text, len_max);
            prop_assert!(once.chars().count() <= len_max);
            prop_assert_eq!(clean_text(&once, len_max), once);
        }
    }
}
