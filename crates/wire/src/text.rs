//! Text from strangers.

/// Whether a character is one that a reader does not see, or that changes how others read: no
/// text of a stranger is shown with it.
#[must_use]
pub fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_every_script_are_shown_and_tricks_are_not() {
        for character in "aZ0 ñ漢字שלוםسلام🙂—".chars() {
            assert!(!is_hidden(character), "{character:?}");
        }
        for character in ['\u{1b}', '\u{202e}', '\u{2029}', '\u{feff}', '\u{e0041}', '\r'] {
            assert!(is_hidden(character), "{character:?}");
        }
    }
}
