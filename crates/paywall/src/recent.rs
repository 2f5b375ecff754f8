//! A set that forgets its oldest members.

use std::collections::{HashSet, VecDeque};
use std::hash::Hash;

/// Payments remembered without asking the node or the records again.
const RECENT_KEPT: usize = 100_000;

/// Payments seen lately; the oldest is forgotten when there are too many.
pub(crate) struct Recent<K> {
    known: HashSet<K>,
    oldest_first: VecDeque<K>,
}

impl<K> Default for Recent<K> {
    fn default() -> Self {
        Self { known: HashSet::new(), oldest_first: VecDeque::new() }
    }
}

impl<K: Copy + Eq + Hash> Recent<K> {
    pub(crate) fn contains(&self, key: &K) -> bool {
        self.known.contains(key)
    }

    pub(crate) fn insert(&mut self, key: K) {
        if !self.known.insert(key) {
            return;
        }
        self.oldest_first.push_back(key);
        if self.oldest_first.len() > RECENT_KEPT
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}
