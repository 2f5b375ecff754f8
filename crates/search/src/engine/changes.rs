//! The next engine after some documents came, went or changed.

use super::Engine;
use super::segment::Segment;
use crate::{BitSet, Document, Model, Position};
use std::sync::Arc;

/// Documents that may be added before everything is built anew.
const ADDED_MAX: u32 = 5_000;
/// Below so many documents it is quicker to build everything anew.
const BASE_MIN: u32 = 20_000;
/// A share of the base, one in so many, that may be added or taken out.
const CHANGED_SHARE: u32 = 100;

impl Engine {
    /// The engine after documents were taken out and others added; one that changed is taken out
    /// and added. `added` are all documents that were added since the base was built, those of
    /// earlier changes first: their positions follow those of the base, whose indexes are shared.
    ///
    /// It finds what an engine of the remaining documents finds in tiers A to C. In the coverage of
    /// words, and so in tier D, each part weighs rarity by its own documents.
    #[must_use]
    pub fn with_changes<'a>(
        &self,
        removed: impl IntoIterator<Item = Position>,
        added: impl Iterator<Item = (Document<'a>, u32)> + Clone,
    ) -> Self {
        let added = Segment::build(added, Model::shipped());
        let base = Arc::clone(&self.base);
        let len = base.len() + added.len();
        let was = self.alive.clone().unwrap_or_else(|| BitSet::full(self.len()));
        let mut alive = BitSet::full(len);
        // What is beyond the last engine is new and was never taken out.
        let mut dead = BitSet::full(self.len());
        dead.subtract(&was);
        alive.subtract(&dead.resized(len));
        removed.into_iter().for_each(|position| alive.remove(position));
        let (added, alive) = (Some(Arc::new(added)), Some(alive));
        Self { base, added, alive, others: self.others.clone() }
    }

    /// How many documents the base has; those that were added have the positions from here on.
    #[must_use]
    pub fn base_len(&self) -> u32 {
        self.base.len()
    }

    /// Whether so many changes since the base was built are few enough to keep it: at most one in
    /// a hundred of a large base, and 5,000. Otherwise build everything anew.
    #[must_use]
    pub fn can_change(&self, changed_count: u32) -> bool {
        let base_len = self.base.len();
        base_len >= BASE_MIN && changed_count <= ADDED_MAX.min(base_len / CHANGED_SHARE)
    }
}
