//! What the listings mean by another model than our own.

use super::Snapshot;
use crate::Listing;
use crate::embedding::DocumentVectors;
use farebox_search::{Engine, VectorIndex};
use std::sync::Arc;

/// An engine that knows the vectors of all listings.
pub(super) struct Vectors {
    /// Which edition of them.
    version: u64,
    pub(super) engine: Engine,
}

/// What the model is given of a listing.
pub(crate) fn meant_text(listing: &Listing) -> String {
    format!("{}. {}", listing.facts.name, listing.facts.description)
}

impl Snapshot {
    /// Whether it compares by this edition of the vectors.
    pub(crate) fn has_vectors(&self, version: u64) -> bool {
        self.vectors.as_ref().is_some_and(|vectors| vectors.version == version)
    }

    /// The same listings with their vectors as they are now.
    #[must_use]
    pub(crate) fn with_vectors(&self, documents: &DocumentVectors) -> Self {
        let version = documents.version();
        let vector = |entry: &Arc<super::Entry>| documents.get(&meant_text(&entry.listing));
        let index = VectorIndex::build(self.entries.iter().map(vector));
        let engine = self.lookup.engine.with_vectors(index);
        Self { vectors: Some(Arc::new(Vectors { version, engine })), ..self.shared() }
    }
}
