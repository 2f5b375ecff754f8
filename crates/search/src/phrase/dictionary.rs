//! Every distinct token of the texts, and which of them hold a given string.

use super::postings::{KeyedPostings, KeyedPostingsBuilder};
use super::texts::Texts;
use hashbrown::{DefaultHashBuilder, HashTable};
use memchr::memmem::Finder;
use std::hash::BuildHasher;

/// Up to three consecutive bytes; fewer are followed by zeros, which no token holds.
type Gram = [u8; GRAM_LEN];
const GRAM_LEN: usize = 3;

/// A token's number, by first appearance.
pub(super) type Token = u32;

pub(super) struct Dictionary {
    tokens: Tokens,
    grams: KeyedPostings<Gram>,
}

/// The tokens, by number and by text.
#[derive(Default)]
pub(super) struct Tokens {
    arena: String,
    /// Where each token ends in the arena.
    ends: Vec<usize>,
    by_text: HashTable<Token>,
    hasher: DefaultHashBuilder,
}

impl Tokens {
    pub(super) fn get(&self, token: Token) -> &str {
        text_of(&self.arena, &self.ends, token)
    }

    pub(super) fn find(&self, text: &str) -> Option<Token> {
        let hash = self.hasher.hash_one(text);
        self.by_text.find(hash, |token| self.get(*token) == text).copied()
    }

    /// The number of a token, which it gets now if it is new.
    fn find_or_add(&mut self, text: &str) -> Token {
        if let Some(token) = self.find(text) {
            return token;
        }
        let token = Token::try_from(self.ends.len()).unwrap_or(Token::MAX);
        self.arena.push_str(text);
        self.ends.push(self.arena.len());
        let (arena, ends, hasher) = (&self.arena, &self.ends, &self.hasher);
        self.by_text.insert_unique(hasher.hash_one(text), token, |token| {
            hasher.hash_one(text_of(arena, ends, *token))
        });
        token
    }

    fn memory_len(&self) -> usize {
        self.arena.capacity()
            + self.ends.capacity() * size_of::<usize>()
            + self.by_text.capacity() * (size_of::<Token>() + 1)
    }
}

fn text_of<'a>(arena: &'a str, ends: &[usize], token: Token) -> &'a str {
    let index = token as usize;
    let start = index.checked_sub(1).and_then(|before| ends.get(before)).copied();
    let end = ends.get(index).copied().unwrap_or(0);
    arena.get(start.unwrap_or(0)..end).unwrap_or_default()
}

impl Dictionary {
    pub(super) fn build(mut tokens: Tokens) -> Self {
        let mut grams = KeyedPostingsBuilder::default();
        tokens.arena.shrink_to_fit();
        tokens.ends.shrink_to_fit();
        for token in (0_u32..).take(tokens.ends.len()) {
            let bytes = tokens.get(token).as_bytes();
            for len in 1..=GRAM_LEN {
                for window in bytes.windows(len) {
                    grams.push(gram(window), token);
                }
            }
        }
        Self { tokens, grams: grams.finish() }
    }

    /// The token that is this text.
    pub(super) fn exactly(&self, text: &str) -> Option<Token> {
        self.tokens.find(text)
    }

    /// The text of a token.
    pub(super) fn text(&self, token: Token) -> &str {
        self.tokens.get(token)
    }

    /// The tokens that hold a text, ascending.
    pub(super) fn containing(&self, text: &str) -> Vec<Token> {
        let Some(list) = self.rarest(text) else {
            return Vec::new();
        };
        let candidates = self.grams.postings.iter(list);
        if text.len() <= GRAM_LEN {
            return candidates.collect();
        }
        let finder = Finder::new(text);
        let holds = |token: &Token| finder.find(self.tokens.get(*token).as_bytes()).is_some();
        candidates.filter(holds).collect()
    }

    /// The tokens that end with a text.
    pub(super) fn ending(&self, text: &str) -> Vec<Token> {
        self.where_holding(text, |token| token.ends_with(text))
    }

    /// The tokens that start with a text.
    pub(super) fn starting(&self, text: &str) -> Vec<Token> {
        self.where_holding(text, |token| token.starts_with(text))
    }

    fn where_holding(&self, text: &str, accept: impl Fn(&str) -> bool) -> Vec<Token> {
        let list = self.rarest(text).into_iter();
        let candidates = list.flat_map(|list| self.grams.postings.iter(list));
        candidates.filter(|token| accept(self.tokens.get(*token))).collect()
    }

    /// How many tokens have to be looked at to find those that hold a text.
    pub(super) fn candidate_count(&self, text: &str) -> u32 {
        self.rarest(text).map_or(0, |list| self.grams.postings.count(list))
    }

    /// The list of the text's rarest gram; `None` when a gram of it stands in no token.
    fn rarest(&self, text: &str) -> Option<u32> {
        let len = text.len().clamp(1, GRAM_LEN);
        let mut rarest = None;
        for window in text.as_bytes().windows(len) {
            let list = self.grams.list(gram(window))?;
            let count = self.grams.postings.count(list);
            if rarest.is_none_or(|(least, _)| count < least) {
                rarest = Some((count, list));
            }
        }
        rarest.map(|(_, list)| list)
    }

    /// Every gram of up to three bytes that is a text, with the tokens that hold it.
    pub(super) fn grams(&self) -> impl Iterator<Item = (String, impl Iterator<Item = Token>)> {
        self.grams.keys().filter_map(|(gram, list)| {
            let bytes: Vec<u8> = gram.into_iter().filter(|byte| *byte != 0).collect();
            Some((String::from_utf8(bytes).ok()?, self.grams.postings.iter(list)))
        })
    }

    pub(super) fn memory_len(&self) -> usize {
        self.tokens.memory_len() + self.grams.memory_len()
    }
}

/// The first bytes of a text.
fn gram(bytes: &[u8]) -> Gram {
    let mut gram = Gram::default();
    for (slot, byte) in gram.iter_mut().zip(bytes) {
        *slot = *byte;
    }
    gram
}

/// Cuts texts into tokens: the tokens, and those of each text in order, by number.
pub(super) struct Tokenized {
    pub(super) tokens: Tokens,
    pub(super) sequence: Vec<Token>,
    /// Where each text ends in the sequence.
    pub(super) ends: Vec<usize>,
}

impl Tokenized {
    pub(super) fn of(texts: &Texts) -> Self {
        let mut tokenized =
            Self { tokens: Tokens::default(), sequence: Vec::new(), ends: Vec::new() };
        for text in texts.iter() {
            // An empty text would otherwise have one empty token.
            for word in text.split(' ').filter(|word| !word.is_empty()) {
                tokenized.sequence.push(tokenized.tokens.find_or_add(word));
            }
            tokenized.ends.push(tokenized.sequence.len());
        }
        tokenized
    }

    pub(super) fn token_count(&self) -> usize {
        self.tokens.ends.len()
    }

    /// The tokens of each text.
    pub(super) fn texts(&self) -> impl Iterator<Item = (u32, &[Token])> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let ranges = starts.zip(&self.ends);
        let texts = ranges.map(|(start, end)| self.sequence.get(start..*end).unwrap_or_default());
        (0_u32..).zip(texts)
    }
}
