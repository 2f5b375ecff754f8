//! Words into entries of the vocabulary (WordPiece): the longest entry that the word begins with,
//! then the longest continuation of what is left, and so on.

use foldhash::fast::FixedState;
use std::collections::HashMap;

/// Strangers look things up in it and add nothing, so a fixed hash does no harm.
type Entries = HashMap<&'static str, u32, FixedState>;

pub(super) struct Vocabulary {
    beginnings: Entries,
    continuations: Entries,
    unknown: u32,
    piece_len_max: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum VocabularyError {
    /// The entry at this place is there twice.
    Repeated(usize),
    NoUnknown,
}

/// How a word is made of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    Whole,
    Pieces,
    Unknown,
}

impl Vocabulary {
    /// The place of an entry is its token; entries that go on in a word begin with `##`.
    pub(super) fn new(entries: &'static str) -> Result<Self, VocabularyError> {
        let mut vocabulary = Self {
            beginnings: Entries::default(),
            continuations: Entries::default(),
            unknown: 0,
            piece_len_max: 0,
        };
        for (token, (index, entry)) in (0_u32..).zip(entries.split('\n').enumerate()) {
            let (pieces, piece) = match entry.strip_prefix("##") {
                Some(rest) if !rest.is_empty() => (&mut vocabulary.continuations, rest),
                _ => (&mut vocabulary.beginnings, entry),
            };
            if pieces.insert(piece, token).is_some() {
                return Err(VocabularyError::Repeated(index));
            }
            vocabulary.piece_len_max = vocabulary.piece_len_max.max(piece.len());
        }
        let unknown = vocabulary.beginnings.get("[UNK]").copied();
        vocabulary.unknown = unknown.ok_or(VocabularyError::NoUnknown)?;
        Ok(vocabulary)
    }

    pub(super) const fn unknown(&self) -> u32 {
        self.unknown
    }

    /// Adds the word's tokens; that of `[UNK]` if it cannot be made of entries.
    pub(super) fn spell(&self, word: &str, tokens: &mut Vec<u32>) -> Spelling {
        let before = tokens.len();
        let mut rest = word;
        let mut pieces = &self.beginnings;
        while !rest.is_empty() {
            let Some((token, after)) = self.longest(pieces, rest) else {
                tokens.truncate(before);
                tokens.push(self.unknown);
                return Spelling::Unknown;
            };
            tokens.push(token);
            rest = after;
            pieces = &self.continuations;
        }
        if tokens.len() == before + 1 { Spelling::Whole } else { Spelling::Pieces }
    }

    /// The longest entry that the text begins with, and what comes after it.
    fn longest<'a>(&self, pieces: &Entries, text: &'a str) -> Option<(u32, &'a str)> {
        (1..=text.len().min(self.piece_len_max)).rev().find_map(|len| {
            let (piece, after) = text.split_at_checked(len)?;
            Some((*pieces.get(piece)?, after))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spell(word: &str) -> (Vec<u32>, Spelling) {
        let vocabulary =
            Vocabulary::new("[UNK]\nweb\n##hook\n##hooks\n##s\nhook\n\u{e9}\n##").unwrap();
        let mut tokens = vec![99];
        let spelling = vocabulary.spell(word, &mut tokens);
        (tokens.split_off(1), spelling)
    }

    #[test]
    fn the_longest_piece_comes_first() {
        assert_eq!(spell("web"), (vec![1], Spelling::Whole));
        assert_eq!(spell("webhooks"), (vec![1, 3], Spelling::Pieces));
        assert_eq!(spell("hooks"), (vec![5, 4], Spelling::Pieces));
        assert_eq!(spell("\u{e9}s"), (vec![6, 4], Spelling::Pieces));
        assert_eq!(spell("webx"), (vec![0], Spelling::Unknown));
        assert_eq!(spell("\u{e8}"), (vec![0], Spelling::Unknown));
    }

    #[test]
    fn a_vocabulary_has_each_entry_once_and_unk() {
        let error = |entries| Vocabulary::new(entries).err();
        assert_eq!(error("[UNK]\na\nb\na"), Some(VocabularyError::Repeated(3)));
        assert_eq!(error("a\nb"), Some(VocabularyError::NoUnknown));
        assert_eq!(error(""), Some(VocabularyError::NoUnknown));
    }
}
