//! Words by their pairs of adjoining letters.

use std::ops::Range;

/// `a` to `z`, and the border of a word.
const LETTERS: usize = 27;

/// For every pair of letters the words that hold it, ascending.
pub(super) struct PairIndex {
    /// Where the words of each pair begin, and an end.
    starts: Box<[u32]>,
    words: Box<[u16]>,
}

impl PairIndex {
    /// Of words in lower-case letters `a` to `z`, at most 65,536.
    pub(super) fn new<'a>(words: impl Iterator<Item = &'a str>) -> Self {
        let mut holders: Vec<Vec<u16>> = vec![Vec::new(); LETTERS * LETTERS];
        for (index, word) in (0..=u16::MAX).zip(words) {
            for pair in pairs(word) {
                if let Some(holders) = holders.get_mut(pair)
                    && holders.last() != Some(&index)
                {
                    holders.push(index);
                }
            }
        }
        let mut starts = vec![0];
        let mut total = 0;
        for holders in &holders {
            total += u32::try_from(holders.len()).unwrap_or(u32::MAX);
            starts.push(total);
        }
        Self { starts: starts.into(), words: holders.concat().into() }
    }

    /// Those words in a range that share the most pairs with a word, at most so many.
    pub(super) fn likely(&self, word: &str, range: Range<usize>, count_max: usize) -> Vec<usize> {
        let mut shared = vec![0_u8; range.len()];
        let mut word_pairs: Vec<usize> = pairs(word).collect();
        word_pairs.sort_unstable();
        word_pairs.dedup();
        for pair in word_pairs {
            let holders = self.holders(pair);
            let first = holders.partition_point(|index| usize::from(*index) < range.start);
            for index in holders.iter().skip(first) {
                let Some(count) = shared.get_mut(usize::from(*index) - range.start) else { break };
                *count = count.saturating_add(1);
            }
        }
        let counted = shared.iter().enumerate().filter(|(_, count)| **count > 0);
        let mut likely: Vec<(u8, usize)> =
            counted.map(|(at, count)| (u8::MAX - count, at + range.start)).collect();
        if likely.len() > count_max {
            likely.select_nth_unstable(count_max);
            likely.truncate(count_max);
        }
        likely.into_iter().map(|(_, index)| index).collect()
    }

    fn holders(&self, pair: usize) -> &[u16] {
        let bound = |at: usize| self.starts.get(at).and_then(|start| usize::try_from(*start).ok());
        let (start, end) = (bound(pair), bound(pair + 1));
        start.zip(end).and_then(|(start, end)| self.words.get(start..end)).unwrap_or_default()
    }

    pub(super) fn memory_len(&self) -> usize {
        size_of_val(&*self.starts) + size_of_val(&*self.words)
    }
}

fn pairs(word: &str) -> impl Iterator<Item = usize> {
    let number = |letter: u8| usize::from(letter.saturating_sub(b'a')).min(LETTERS - 2) + 1;
    let letters = word.bytes().map(number);
    let after = word.bytes().map(number).chain([0]);
    std::iter::once(0).chain(letters).zip(after).map(|(one, other)| one * LETTERS + other)
}
