//! Where two tokens meet: the last two bytes of the one and the first two of the next.
//!
//! A phrase of several words can only stand where all of its junctions do. That keeps phrases of
//! common words, which stand in most texts one by one, from being compared with most texts.

use super::dictionary::Tokens;
use super::postings::{KeyedPostings, KeyedPostingsBuilder};

/// Bytes of a token that take part.
pub(super) const SIDE_LEN: usize = 2;

/// The bytes before a space, the last but one first, and those after it. Zero stands for no byte;
/// no token holds one.
type Junction = [u8; SIDE_LEN * 2];

pub(super) struct Junctions {
    lists: KeyedPostings<Junction>,
}

/// Collects junctions.
#[derive(Default)]
pub(super) struct JunctionsBuilder {
    lists: KeyedPostingsBuilder<Junction>,
}

/// One side of a junction in a phrase.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) word: &'a str,
    /// Whether the token may go on beyond the word, away from the junction.
    pub(super) is_open: bool,
}

impl Side<'_> {
    /// Whether the junction says all that the word says.
    pub(super) const fn is_whole(self) -> bool {
        self.is_open && self.word.len() <= SIDE_LEN
    }
}

impl JunctionsBuilder {
    pub(super) fn push(&mut self, before: &str, after: &str, position: u32) {
        let [far, near] = ending(before);
        let [first, second] = start(after);
        self.lists.push([far, near, first, second], position);
    }

    pub(super) fn finish(self) -> Junctions {
        Junctions { lists: self.lists.finish() }
    }
}

impl Junctions {
    /// The lists of the texts in which these words may meet.
    pub(super) fn lists(&self, before: Side<'_>, after: Side<'_>) -> Vec<u32> {
        let [far, near] = ending(before.word);
        let [first, second] = start(after.word);
        let far = if before.is_open && far == 0 { 0..=u8::MAX } else { far..=far };
        let second = if after.is_open && second == 0 { 0..=u8::MAX } else { second..=second };
        let between = |far: u8| {
            let key = |second: u8| [far, near, first, second];
            self.lists.lists(key(*second.start()), key(*second.end()))
        };
        far.flat_map(between).collect()
    }

    pub(super) fn count(&self, list: u32) -> u32 {
        self.lists.postings.count(list)
    }

    pub(super) fn iter(&self, list: u32) -> impl Iterator<Item = u32> {
        self.lists.postings.iter(list)
    }

    pub(super) fn memory_len(&self) -> usize {
        self.lists.memory_len()
    }
}

/// The junctions of a text's tokens, in order.
pub(super) fn for_each_pair(tokens: &[u32], mut visit: impl FnMut(u32, u32)) {
    for pair in tokens.windows(2) {
        if let [before, after] = pair {
            visit(*before, *after);
        }
    }
}

fn ending(word: &str) -> [u8; SIDE_LEN] {
    let mut bytes = word.bytes().rev();
    let near = bytes.next().unwrap_or(0);
    [bytes.next().unwrap_or(0), near]
}

fn start(word: &str) -> [u8; SIDE_LEN] {
    let mut bytes = word.bytes();
    [bytes.next().unwrap_or(0), bytes.next().unwrap_or(0)]
}

/// Writes down the junctions of a text.
pub(super) fn push_all(
    builder: &mut JunctionsBuilder,
    tokens: &Tokens,
    text: &[u32],
    position: u32,
) {
    for_each_pair(text, |before, after| {
        builder.push(tokens.get(before), tokens.get(after), position);
    });
}
