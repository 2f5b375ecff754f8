//! Which endpoints are in a server's share, as they stand recorded.

use super::endpoint::{Endpoint, is_swept, merged, standing};
use super::plan::Planned;
use super::shards::Held;
use crate::Snapshot;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// The endpoints of the shards that are held and stay so, each once, whatever rails it is listed on.
pub(super) fn planned(snapshot: &Snapshot, held: &Held) -> Vec<Planned> {
    let mut found: HashMap<u64, Planned> = HashMap::new();
    for listing in snapshot.listings().filter(|listing| is_swept(listing)) {
        let endpoint = Endpoint::of(listing);
        let shard = endpoint.shard();
        if !held.epochs.contains_key(&shard) || held.leaving.contains(&shard) {
            continue;
        }
        let standing = standing(listing);
        match found.entry(endpoint.key) {
            Entry::Vacant(vacant) => {
                let listing_id = listing.id.as_str().into();
                vacant.insert(Planned { endpoint, listing_id, standing });
            }
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                known.standing = merged(known.standing, standing);
            }
        }
    }
    found.into_values().collect()
}
