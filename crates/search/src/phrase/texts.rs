//! Texts as they are compared, one after the other in one piece of memory.

/// Lower case, with single spaces between the words and none around them. Control characters
/// separate words as spaces do.
#[must_use]
pub fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_into(&mut folded, text);
    folded
}

fn fold_into(folded: &mut String, text: &str) {
    let start = folded.len();
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    for word in words.filter(|word| !word.is_empty()) {
        if folded.len() > start {
            folded.push(' ');
        }
        if word.is_ascii() {
            folded.extend(word.bytes().map(|byte| char::from(byte.to_ascii_lowercase())));
        } else {
            folded.extend(word.chars().flat_map(char::to_lowercase));
        }
    }
}

/// Folded texts.
pub(super) struct Texts {
    arena: Box<str>,
    /// Where each text ends in the arena.
    ends: Box<[usize]>,
}

impl Texts {
    pub(super) fn build<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let (mut arena, mut ends) = (String::new(), Vec::new());
        for text in texts {
            fold_into(&mut arena, text);
            ends.push(arena.len());
        }
        Self { arena: arena.into(), ends: ends.into() }
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The text at a position; nothing beyond the last.
    pub(super) fn get(&self, position: u32) -> &str {
        let index = position as usize;
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        let end = self.ends.get(index).copied().unwrap_or(0);
        self.arena.get(start.unwrap_or(0)..end).unwrap_or_default()
    }

    /// Whether the text at a position is this one; texts of another length are not looked at.
    pub(super) fn is(&self, position: u32, text: &str) -> bool {
        let index = position as usize;
        let end = self.ends.get(index).copied().unwrap_or(0);
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        end - start.unwrap_or(0) == text.len() && self.get(position) == text
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        (0_u32..).take(self.len()).map(|position| self.get(position))
    }

    pub(super) fn memory_len(&self) -> usize {
        size_of_val(&*self.arena) + size_of_val(&*self.ends)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_folded() {
        assert_eq!(folded("  Price\tof \u{0} BITCOIN\n"), "price of bitcoin");
        assert_eq!(folded("ÉCOLE  Straße"), "école straße");
        assert_eq!(folded(" \n"), "");
        let texts = Texts::build(["A b", "", "C"].into_iter());
        assert_eq!(texts.iter().collect::<Vec<_>>(), ["a b", "", "c"]);
        assert_eq!(texts.get(9), "");
        assert!(texts.is(0, "a b") && texts.is(1, "") && !texts.is(2, "d") && !texts.is(9, "c"));
    }
}
