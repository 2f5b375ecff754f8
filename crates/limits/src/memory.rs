//! A map that never holds more than a fixed number of subjects.

use crate::subject::Key;
use hashlink::LruCache;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

/// Locks that subjects share, so that requests of different clients seldom wait for each other.
const SHARDS: usize = 64;
/// Subjects of one shard: 131,072 in all, in about 25 MiB.
const SHARD_LEN_MAX: usize = 2_048;

/// What is known of the subjects that were seen last. A new one takes the place of the one that
/// was not seen for longest.
pub(crate) struct Memory<T> {
    hasher: RandomState,
    shards: Vec<Mutex<LruCache<Key, T>>>,
}

impl<T: Default> Memory<T> {
    pub(crate) fn new() -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::new(LruCache::new(SHARD_LEN_MAX))).collect();
        Self { hasher: RandomState::new(), shards }
    }

    /// Runs `work` on what is known of a subject.
    pub(crate) fn with<R>(&self, key: Key, work: impl FnOnce(&mut T) -> R) -> R {
        let index = usize::try_from(self.hasher.hash_one(key) % SHARDS as u64).unwrap_or(0);
        let Some(shard) = self.shards.get(index) else { return work(&mut T::default()) };
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = shard.get_mut(&key) {
            return work(known);
        }
        let mut fresh = T::default();
        let result = work(&mut fresh);
        shard.insert(key, fresh);
        result
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().unwrap().len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Subject;
    use farebox_net::ClientKey;
    use std::net::Ipv4Addr;

    fn key(number: u32) -> Key {
        let address = Ipv4Addr::from_bits(number);
        Key { policy: "free", subject: Subject::Client(ClientKey::of(address.into())) }
    }

    #[test]
    fn a_flood_of_addresses_does_not_grow_it_and_the_stalest_goes_first() {
        let memory = Memory::<u32>::new();
        let busy = key(u32::MAX);
        for number in 0..500_000 {
            memory.with(key(number), |count| *count += 1);
            if number % 1_000 == 0 {
                memory.with(busy, |count| *count += 1);
            }
        }
        assert!(memory.len() <= SHARDS * SHARD_LEN_MAX);
        assert_eq!(memory.with(busy, |count| *count), 500, "who is seen all the time stays");
        assert_eq!(memory.with(key(0), |count| *count), 0, "who was not seen for long is new");
    }
}
