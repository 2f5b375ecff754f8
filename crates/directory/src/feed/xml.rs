//! What XML can hold.

use std::borrow::Cow;

/// The text without the characters that no XML document may have, however escaped (XML 1.0, 2.2):
/// one of them in one name would make the whole feed unreadable.
pub(super) fn legal(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_legal) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|character| is_legal(*character)).collect())
}

fn is_legal(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}
