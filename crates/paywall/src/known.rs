//! A map that forgets what was not asked for lately.

use std::collections::HashMap;
use std::hash::Hash;
use std::mem;
use std::sync::{PoisonError, RwLock};

/// Holds at most twice as many entries as it is told to keep: those used lately, and those used
/// before them.
#[derive(Debug)]
pub(crate) struct Known<K, V> {
    kept: usize,
    entries: RwLock<Entries<K, V>>,
}

#[derive(Debug)]
struct Entries<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
}

impl<K: Copy + Eq + Hash, V: Clone> Known<K, V> {
    pub(crate) fn new(kept: usize) -> Self {
        let entries = Entries { young: HashMap::new(), old: HashMap::new() };
        Self { kept, entries: RwLock::new(entries) }
    }

    pub(crate) fn find(&self, key: &K) -> Option<V> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(young) = entries.young.get(key) {
            return Some(young.clone());
        }
        let old = entries.old.get(key).cloned()?;
        drop(entries);
        self.insert(*key, old.clone());
        Some(old)
    }

    pub(crate) fn insert(&self, key: K, value: V) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if entries.young.len() >= self.kept {
            entries.old = mem::take(&mut entries.young);
        }
        entries.young.insert(key, value);
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries.young.len() + entries.old.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_stays_and_what_is_not_goes() {
        let known = Known::new(100);
        known.insert(u32::MAX, "used");
        for key in 0..10_000 {
            known.insert(key, "not used");
            if key % 50 == 0 {
                assert_eq!(known.find(&u32::MAX), Some("used"));
            }
            assert!(known.len() <= 200);
        }
        assert_eq!(known.find(&0), None);
        assert_eq!(known.find(&9_999), Some("not used"));
    }
}
