//! One field of all documents: which of them hold a phrase, exactly as comparing them all says.
//!
//! A phrase without a space can only stand inside a token, so the holders of the tokens that
//! contain it are the answer. A phrase with spaces starts with the end of a token and ends with
//! the start of one; the texts that hold all of its words and junctions are compared with it.

use super::dictionary::{Dictionary, Token, Tokenized};
use super::junctions::{Junctions, JunctionsBuilder, Side, for_each_pair, push_all};
use super::postings::{KeyedPostings, KeyedPostingsBuilder, Postings, PostingsBuilder};
use super::texts::Texts;
use crate::{BitSet, Position};
use memchr::memmem::Finder;
use std::collections::HashMap;

/// A list is intersected with when it has at most this many times as many entries as there are
/// candidates left; comparing a text costs about as much.
const LIST_PER_CANDIDATE: usize = 16;
/// To find out which tokens of a common short text fit is not worth it beyond this many.
const TOKENS_MAX: u32 = 20_000;
/// Candidates beyond which pairs of common tokens are looked up before texts are compared.
const COMPARED_MAX: usize = 64;

/// From when on a thing is common enough to be kept ready.
#[derive(Clone, Copy, Debug)]
pub(super) struct Thresholds {
    /// Holders of a token.
    pub(super) holders: u32,
    /// Entries of the lists that a short text needs.
    pub(super) entries: usize,
}

impl Thresholds {
    pub(super) fn of(document_count: u32) -> Self {
        Self { holders: (document_count / 32).max(64), entries: document_count as usize / 6 }
    }
}

pub(super) struct Field {
    texts: Texts,
    dictionary: Dictionary,
    /// The holders of each token but the common ones.
    holders: Postings,
    /// The holders of the common tokens.
    common: HashMap<Token, BitSet>,
    /// Where two common tokens follow each other.
    common_pairs: KeyedPostings<(Token, Token)>,
    junctions: Junctions,
    /// The answers for texts of up to three bytes that stand in many tokens.
    short: HashMap<Box<str>, BitSet>,
}

/// Texts that a phrase must be among.
enum Narrowing {
    Tokens(Vec<Token>),
    CommonPair(u32),
    Junction(Vec<u32>),
}

impl Field {
    pub(super) fn build(texts: Texts, thresholds: Thresholds) -> Self {
        let tokenized = Tokenized::of(&texts);
        let len = u32::try_from(texts.len()).unwrap_or(u32::MAX);
        let (holders, common) = index_tokens(&tokenized, len, thresholds);
        let mut common_pairs = KeyedPostingsBuilder::default();
        let mut junctions = JunctionsBuilder::default();
        for (position, text) in tokenized.texts() {
            push_all(&mut junctions, &tokenized.tokens, text, position);
            for_each_pair(text, |before, after| {
                if common.contains_key(&before) && common.contains_key(&after) {
                    common_pairs.push((before, after), position);
                }
            });
        }
        let mut field = Self {
            texts,
            dictionary: Dictionary::build(tokenized.tokens),
            holders,
            common,
            common_pairs: common_pairs.finish(),
            junctions: junctions.finish(),
            short: HashMap::new(),
        };
        field.short = field.common_short_texts(thresholds);
        field
    }

    fn common_short_texts(&self, thresholds: Thresholds) -> HashMap<Box<str>, BitSet> {
        let mut sets = HashMap::new();
        for (text, tokens) in self.dictionary.grams() {
            let tokens: Vec<Token> = tokens.collect();
            // Texts of three bytes are many; only the costliest are worth the memory.
            let least = if text.len() > 2 { thresholds.entries * 6 } else { thresholds.entries };
            if self.cost_of_tokens(&tokens) > least {
                sets.insert(text.into(), self.holders_of(&tokens));
            }
        }
        sets
    }

    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.texts.len()).unwrap_or(u32::MAX)
    }

    /// Whether the field is this folded phrase and nothing else.
    pub(super) fn is(&self, position: Position, phrase: &str) -> bool {
        self.texts.is(position, phrase)
    }

    fn text(&self, position: Position) -> &str {
        self.texts.get(position)
    }

    /// The documents whose field holds a folded phrase.
    pub(super) fn find(&self, phrase: &str) -> BitSet {
        let words: Vec<&str> = phrase.split(' ').collect();
        match *words.as_slice() {
            [] | [""] => BitSet::empty(self.len()),
            [word] => match self.short.get(word) {
                Some(set) => set.clone(),
                None => self.holders_of(&self.dictionary.containing(word)),
            },
            [first, .., last] => self.find_words(phrase, &words, first, last),
        }
    }

    fn find_words(&self, phrase: &str, words: &[&str], first: &str, last: &str) -> BitSet {
        let Some(mut narrowings) = self.narrowings(words) else {
            return BitSet::empty(self.len());
        };
        narrowings.sort_by_cached_key(|narrowing| self.cost(narrowing));
        let mut narrowings = narrowings.iter();
        let Some(least) = narrowings.next() else {
            return BitSet::empty(self.len());
        };
        let mut candidates = self.set_of(least);
        let mut count = candidates.count();
        for narrowing in narrowings {
            if count == 0 || self.cost(narrowing) > count.saturating_mul(LIST_PER_CANDIDATE) {
                break;
            }
            candidates.intersect_with(&self.set_of(narrowing));
            count = candidates.count();
        }
        let ends = (Side { word: first, is_open: true }, Side { word: last, is_open: true });
        if words.len() > 2 {
            return self.compared(phrase, candidates);
        }
        if ends.0.is_whole() && ends.1.is_whole() {
            return candidates;
        }
        let mut found = BitSet::empty(self.len());
        if count > COMPARED_MAX {
            self.take_common_pairs(first, last, &mut candidates, &mut found);
        }
        found.union_with(&self.compared(phrase, candidates));
        found
    }

    /// What a phrase needs; `None` when a word of it stands nowhere.
    fn narrowings(&self, words: &[&str]) -> Option<Vec<Narrowing>> {
        let mut narrowings = Vec::new();
        let last = words.len() - 1;
        let mut before: Option<(Side<'_>, Option<Token>)> = None;
        for (place, word) in words.iter().enumerate() {
            let side = Side { word, is_open: place == 0 || place == last };
            let token = if side.is_open { None } else { Some(self.dictionary.exactly(word)?) };
            if let Some(token) = token {
                narrowings.push(Narrowing::Tokens(vec![token]));
            } else if let Some(tokens) = self.tokens_at_end(word, place == 0) {
                narrowings.push(Narrowing::Tokens(tokens));
            }
            if let Some((side_before, token_before)) = before {
                let common = token_before.zip(token);
                let is_common = |token: &Token| self.common.contains_key(token);
                narrowings.push(match common {
                    Some((a, b)) if is_common(&a) && is_common(&b) => {
                        Narrowing::CommonPair(self.common_pairs.list((a, b))?)
                    }
                    _ => Narrowing::Junction(self.junctions.lists(side_before, side)),
                });
            }
            before = Some((side, token));
        }
        Some(narrowings)
    }

    /// The tokens that a phrase may start in or end in, unless that is too much work to find out.
    fn tokens_at_end(&self, word: &str, is_first: bool) -> Option<Vec<Token>> {
        if self.dictionary.candidate_count(word) > TOKENS_MAX {
            None
        } else if is_first {
            Some(self.dictionary.ending(word))
        } else {
            Some(self.dictionary.starting(word))
        }
    }

    /// Of a phrase of two words: moves those candidates to `found` where common tokens make it
    /// up, and drops those without any other token that could.
    fn take_common_pairs(
        &self,
        first: &str,
        last: &str,
        candidates: &mut BitSet,
        found: &mut BitSet,
    ) {
        let text = |token: &Token| self.dictionary.text(*token);
        let ends = self.common.keys().filter(|token| text(token).ends_with(first));
        let ends: Vec<Token> = ends.copied().collect();
        for start in self.common.keys().filter(|token| text(token).starts_with(last)) {
            for end in &ends {
                let pair = self.common_pairs.list((*end, *start)).into_iter();
                pair.flat_map(|pair| self.common_pairs.postings.iter(pair))
                    .for_each(|position| found.insert(position));
            }
        }
        candidates.subtract(found);
        let sides = (self.tokens_at_end(first, true), self.tokens_at_end(last, false));
        if let (Some(mut others), Some(starting)) = sides {
            others.extend(starting);
            others.retain(|token| !self.common.contains_key(token));
            let worth = candidates.count().saturating_mul(LIST_PER_CANDIDATE);
            if self.cost_of_tokens(&others) <= worth {
                candidates.intersect_with(&self.holders_of(&others));
            }
        }
    }

    fn compared(&self, phrase: &str, candidates: BitSet) -> BitSet {
        let finder = Finder::new(phrase);
        let holds = |position: &Position| finder.find(self.text(*position).as_bytes()).is_some();
        BitSet::of(self.len(), candidates.iter().filter(holds))
    }

    fn cost(&self, narrowing: &Narrowing) -> usize {
        match narrowing {
            Narrowing::Tokens(tokens) => self.cost_of_tokens(tokens),
            Narrowing::CommonPair(list) => self.common_pairs.postings.count(*list) as usize,
            Narrowing::Junction(lists) => {
                lists.iter().map(|list| self.junctions.count(*list) as usize).sum()
            }
        }
    }

    fn cost_of_tokens(&self, tokens: &[Token]) -> usize {
        let set = self.texts.len() / 128;
        let cost = |token: &Token| {
            let is_common = self.common.contains_key(token);
            if is_common { set } else { self.holders.count(*token) as usize }
        };
        tokens.iter().map(cost).sum()
    }

    fn set_of(&self, narrowing: &Narrowing) -> BitSet {
        match narrowing {
            Narrowing::Tokens(tokens) => self.holders_of(tokens),
            Narrowing::CommonPair(list) => {
                BitSet::of(self.len(), self.common_pairs.postings.iter(*list))
            }
            Narrowing::Junction(lists) => {
                let lists = lists.iter();
                BitSet::of(self.len(), lists.flat_map(|list| self.junctions.iter(*list)))
            }
        }
    }

    fn holders_of(&self, tokens: &[Token]) -> BitSet {
        let mut holders = BitSet::empty(self.len());
        for token in tokens {
            match self.common.get(token) {
                Some(set) => holders.union_with(set),
                None => self.holders.iter(*token).for_each(|position| holders.insert(position)),
            }
        }
        holders
    }

    pub(super) fn memory_len(&self) -> usize {
        let sets = self.common.values().chain(self.short.values());
        self.texts.memory_len()
            + self.dictionary.memory_len()
            + self.holders.memory_len()
            + sets.map(BitSet::memory_len).sum::<usize>()
            + self.common_pairs.memory_len()
            + self.junctions.memory_len()
    }
}

/// The holders of each token: a list, or a set for those that are common.
fn index_tokens(
    tokenized: &Tokenized,
    len: u32,
    thresholds: Thresholds,
) -> (Postings, HashMap<Token, BitSet>) {
    let mut lists = PostingsBuilder::default();
    for _ in 0..tokenized.token_count() {
        lists.add_list();
    }
    for (position, text) in tokenized.texts() {
        for token in text {
            lists.push(*token, position);
        }
    }
    let common = lists.take_long(thresholds.holders);
    let set = |list: Postings| BitSet::of(len, list.iter(0));
    (lists.finish(), common.into_iter().map(|(token, list)| (token, set(list))).collect())
}
