//! Ascending lists of numbers, each stored as its distance from the one before.

use std::collections::HashMap;
use std::hash::Hash;

/// A byte of a number holds seven bits; the eighth says that more follow.
const BYTE_BITS: u32 = 7;
const MORE: u8 = 1 << BYTE_BITS;

/// Lists under consecutive numbers.
pub(super) struct Postings {
    bytes: Box<[u8]>,
    /// Where each list ends in `bytes`.
    ends: Box<[usize]>,
    /// How many numbers each list has.
    counts: Box<[u32]>,
}

impl Postings {
    /// How many numbers a list has; none for a list that there is not.
    pub(super) fn count(&self, list: u32) -> u32 {
        self.counts.get(list as usize).copied().unwrap_or(0)
    }

    /// The numbers of a list, ascending.
    pub(super) fn iter(&self, list: u32) -> impl Iterator<Item = u32> {
        let index = list as usize;
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        let end = self.ends.get(index).copied().unwrap_or(0);
        let bytes = self.bytes.get(start.unwrap_or(0)..end).unwrap_or_default();
        let mut bytes = bytes.iter();
        let mut number = 0;
        std::iter::from_fn(move || {
            let mut byte = *bytes.next()?;
            let mut distance = u32::from(byte & !MORE);
            let mut shift = BYTE_BITS;
            while byte & MORE != 0 {
                byte = *bytes.next()?;
                distance |= u32::from(byte & !MORE) << shift;
                shift += BYTE_BITS;
            }
            number += distance;
            Some(number)
        })
    }

    pub(super) fn memory_len(&self) -> usize {
        size_of_val(&*self.bytes) + size_of_val(&*self.ends) + size_of_val(&*self.counts)
    }
}

/// Collects lists.
#[derive(Default)]
pub(super) struct PostingsBuilder {
    lists: Vec<List>,
}

#[derive(Default)]
struct List {
    last: u32,
    count: u32,
    bytes: Vec<u8>,
}

impl PostingsBuilder {
    /// A new, empty list under the next number.
    pub(super) fn add_list(&mut self) {
        self.lists.push(List::default());
    }

    /// Puts a number at the end of a list, unless it is there already. A list only ascends.
    pub(super) fn push(&mut self, list: u32, number: u32) {
        let Some(list) = self.lists.get_mut(list as usize) else {
            return;
        };
        if list.count > 0 && list.last >= number {
            debug_assert_eq!(list.last, number, "a list only ascends");
            return;
        }
        let mut distance = number - list.last;
        while distance >= u32::from(MORE) {
            list.bytes.push(distance.to_le_bytes()[0] | MORE);
            distance >>= BYTE_BITS;
        }
        list.bytes.push(distance.to_le_bytes()[0]);
        list.last = number;
        list.count += 1;
    }

    /// Takes the lists with at least so many numbers out, each as the only one of its own; empty
    /// ones stay in their places.
    pub(super) fn take_long(&mut self, count_min: u32) -> Vec<(u32, Postings)> {
        let numbered = (0_u32..).zip(&mut self.lists);
        let long = numbered.filter(|(_, list)| list.count >= count_min);
        long.map(|(number, list)| {
            let only = Self { lists: vec![std::mem::take(list)] };
            (number, only.finish())
        })
        .collect()
    }

    /// The lists, under the same numbers.
    pub(super) fn finish(self) -> Postings {
        Postings {
            ends: self
                .lists
                .iter()
                .scan(0, |end, list| {
                    *end += list.bytes.len();
                    Some(*end)
                })
                .collect(),
            counts: self.lists.iter().map(|list| list.count).collect(),
            bytes: concatenated(self.lists),
        }
    }
}

fn concatenated(lists: Vec<List>) -> Box<[u8]> {
    let mut bytes = Vec::with_capacity(lists.iter().map(|list| list.bytes.len()).sum());
    for list in lists {
        bytes.extend_from_slice(&list.bytes);
    }
    bytes.into()
}

/// Lists under keys of another kind.
pub(super) struct KeyedPostings<K> {
    /// Ascending; the list of a key has its place as number.
    keys: Box<[K]>,
    pub(super) postings: Postings,
}

impl<K: Copy + Ord> KeyedPostings<K> {
    /// The list of a key.
    pub(super) fn list(&self, key: K) -> Option<u32> {
        self.keys.binary_search(&key).ok().and_then(|place| u32::try_from(place).ok())
    }

    /// The lists of the keys from `first` to `last`, both included.
    pub(super) fn lists(&self, first: K, last: K) -> impl Iterator<Item = u32> + use<K> {
        let start = self.keys.partition_point(|key| *key < first);
        let end = self.keys.partition_point(|key| *key <= last);
        (start..end).filter_map(|place| u32::try_from(place).ok())
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = (K, u32)> {
        self.keys.iter().copied().zip(0_u32..)
    }

    pub(super) fn memory_len(&self) -> usize {
        size_of_val(&*self.keys) + self.postings.memory_len()
    }
}

/// Collects lists under keys.
pub(super) struct KeyedPostingsBuilder<K> {
    lists: HashMap<K, u32, hashbrown::DefaultHashBuilder>,
    postings: PostingsBuilder,
}

impl<K> Default for KeyedPostingsBuilder<K> {
    fn default() -> Self {
        Self { lists: HashMap::default(), postings: PostingsBuilder::default() }
    }
}

impl<K: Copy + Ord + Hash> KeyedPostingsBuilder<K> {
    pub(super) fn push(&mut self, key: K, number: u32) {
        let next = u32::try_from(self.lists.len()).unwrap_or(u32::MAX);
        let list = *self.lists.entry(key).or_insert_with(|| {
            self.postings.add_list();
            next
        });
        self.postings.push(list, number);
    }

    pub(super) fn finish(mut self) -> KeyedPostings<K> {
        let mut keyed: Vec<(K, u32)> = self.lists.into_iter().collect();
        keyed.sort_unstable();
        let mut lists = Vec::with_capacity(keyed.len());
        for (_, number) in &keyed {
            let list = self.postings.lists.get_mut(*number as usize);
            lists.push(list.map(std::mem::take).unwrap_or_default());
        }
        let postings = PostingsBuilder { lists }.finish();
        KeyedPostings { keys: keyed.into_iter().map(|(key, _)| key).collect(), postings }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    proptest! {
        #[test]
        fn what_is_pushed_comes_back(
            lists in proptest::collection::btree_map(
                any::<u16>(),
                proptest::collection::btree_set(any::<u32>(), 1..50),
                0..20,
            ),
        ) {
            let lists: BTreeMap<u16, BTreeSet<u32>> = lists;
            let mut builder = KeyedPostingsBuilder::default();
            for (key, numbers) in lists.iter().rev() {
                for number in numbers {
                    builder.push(*key, *number);
                    builder.push(*key, *number);
                }
            }
            let keyed = builder.finish();
            prop_assert_eq!(keyed.keys().count(), lists.len());
            for (key, numbers) in &lists {
                let list = keyed.list(*key).unwrap();
                prop_assert_eq!(keyed.postings.count(list) as usize, numbers.len());
                let listed: BTreeSet<u32> = keyed.postings.iter(list).collect();
                prop_assert_eq!(&listed, numbers);
            }
            let between = keyed.lists(1_000, 50_000).count();
            prop_assert_eq!(between, lists.range(1_000..=50_000).count());
        }
    }
}
