//! Sets of positions, a bit each.

use crate::Position;

const WORD_BITS: u32 = u64::BITS;

/// A set of positions below a fixed length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BitSet {
    len: u32,
    words: Box<[u64]>,
}

impl BitSet {
    /// The empty set over `len` positions.
    #[must_use]
    pub fn empty(len: u32) -> Self {
        Self { len, words: vec![0; len.div_ceil(WORD_BITS) as usize].into() }
    }

    /// The set of all `len` positions.
    #[must_use]
    pub fn full(len: u32) -> Self {
        let mut set = Self { len, words: vec![u64::MAX; len.div_ceil(WORD_BITS) as usize].into() };
        let used = len % WORD_BITS;
        if let (Some(last), 1..) = (set.words.last_mut(), used) {
            *last = (1 << used) - 1;
        }
        set
    }

    /// The set of these positions; those beyond `len` are left out.
    #[must_use]
    pub fn of(len: u32, positions: impl IntoIterator<Item = Position>) -> Self {
        let mut set = Self::empty(len);
        for position in positions {
            set.insert(position);
        }
        set
    }

    /// How many positions there could be in it.
    #[must_use]
    pub const fn len(&self) -> u32 {
        self.len
    }

    /// Whether no position is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Adds a position; one beyond the length changes nothing.
    pub fn insert(&mut self, position: Position) {
        if position < self.len
            && let Some(word) = self.words.get_mut((position / WORD_BITS) as usize)
        {
            *word |= 1 << (position % WORD_BITS);
        }
    }

    /// Takes a position out.
    pub fn remove(&mut self, position: Position) {
        if let Some(word) = self.words.get_mut((position / WORD_BITS) as usize) {
            *word &= !(1 << (position % WORD_BITS));
        }
    }

    /// Whether a position is in it.
    #[must_use]
    pub fn contains(&self, position: Position) -> bool {
        let word = self.words.get((position / WORD_BITS) as usize);
        word.is_some_and(|word| word >> (position % WORD_BITS) & 1 == 1)
    }

    /// The 64 positions from `index` × 64 on, a bit each, the first lowest.
    pub(crate) fn word(&self, index: usize) -> u64 {
        self.words.get(index).copied().unwrap_or(0)
    }

    /// How many positions are in it.
    #[must_use]
    pub fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Keeps what is in both.
    pub fn intersect_with(&mut self, other: &Self) {
        self.combine(other, |mine, theirs| mine & theirs);
    }

    /// Adds what is in the other.
    pub fn union_with(&mut self, other: &Self) {
        self.combine(other, |mine, theirs| mine | theirs);
    }

    /// Takes out what is in the other.
    pub fn subtract(&mut self, other: &Self) {
        self.combine(other, |mine, theirs| mine & !theirs);
    }

    fn combine(&mut self, other: &Self, operation: impl Fn(u64, u64) -> u64) {
        debug_assert_eq!(self.len, other.len, "sets over different lists");
        for (mine, theirs) in self.words.iter_mut().zip(&other.words) {
            *mine = operation(*mine, *theirs);
        }
    }

    /// The positions in it, ascending.
    pub fn iter(&self) -> impl Iterator<Item = Position> {
        (0_u32..).zip(&self.words).flat_map(|(index, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros())?;
                left &= left - 1;
                Some(index * WORD_BITS + bit)
            })
        })
    }

    /// The same over `len` positions; those beyond are left out.
    #[must_use]
    pub fn resized(&self, len: u32) -> Self {
        let mut set = Self::full(len);
        let words = self.words.iter().copied().chain(std::iter::repeat(0));
        for (mine, theirs) in set.words.iter_mut().zip(words) {
            *mine &= theirs;
        }
        set
    }

    /// The part of it from `start` on over `len` positions, counted from there.
    pub(crate) fn part(&self, start: Position, len: u32) -> Self {
        let (index, shift) = ((start / WORD_BITS) as usize, start % WORD_BITS);
        let mut set = Self::full(len);
        for (place, word) in set.words.iter_mut().enumerate() {
            let low = self.word(index + place) >> shift;
            let high = self.word(index + place + 1).checked_shl(WORD_BITS - shift).unwrap_or(0);
            *word &= low | high;
        }
        set
    }

    /// Bytes of memory that it takes.
    #[must_use]
    pub fn memory_len(&self) -> usize {
        size_of_val(&*self.words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn it_is_a_set(
            len in 0_u32..300,
            a in proptest::collection::btree_set(0_u32..300, 0..100),
            b in proptest::collection::btree_set(0_u32..300, 0..100),
        ) {
            let within = |set: BTreeSet<u32>| -> BTreeSet<u32> {
                set.into_iter().filter(|position| *position < len).collect()
            };
            let sets = (BitSet::of(len, a.clone()), BitSet::of(len, b.clone()));
            let (a, b) = (within(a), within(b));
            let listed = |set: &BitSet| set.iter().collect::<BTreeSet<u32>>();
            prop_assert_eq!(listed(&sets.0), a.clone());
            prop_assert_eq!(sets.0.count(), a.len());
            prop_assert!((0..400).all(|position| sets.0.contains(position) == a.contains(&position)));
            let after = |change: fn(&mut BitSet, &BitSet)| {
                let mut set = sets.0.clone();
                change(&mut set, &sets.1);
                set.iter().collect::<BTreeSet<u32>>()
            };
            prop_assert_eq!(after(BitSet::intersect_with), &a & &b);
            prop_assert_eq!(after(BitSet::union_with), &a | &b);
            prop_assert_eq!(after(BitSet::subtract), &a - &b);
            let resized = |len: u32| -> BTreeSet<u32> { a.iter().copied().filter(|position| *position < len).collect() };
            for other in [len / 2, len, len + 100] {
                prop_assert_eq!(sets.0.resized(other), BitSet::of(other, a.clone()));
                prop_assert_eq!(listed(&sets.0.resized(other)), resized(other));
            }
            for start in [0, 1, 64, len / 3, len] {
                let rest = a.iter().filter(|position| **position >= start);
                let rest = BitSet::of(90, rest.map(|position| position - start));
                prop_assert_eq!(sets.0.part(start, 90), rest);
            }
            prop_assert_eq!(BitSet::full(len).count(), len as usize);
            prop_assert_eq!(listed(&BitSet::full(len)), (0..len).collect::<BTreeSet<u32>>());
        }
    }
}
