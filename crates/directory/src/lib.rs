//! The directory of paid APIs: listings, search, their health, and the REST views of them.
//!
//! A listing is one URL and method on one protocol. Writes go to the database; every read is
//! answered from an immutable [`Snapshot`] in memory that each write replaces as a whole, so a
//! reader never sees half a change. What listings say is written by strangers: texts are
//! cleaned when they come in and escaped or quoted where they go out.

mod admin;
mod api;
mod canonical;
mod change;
mod check;
pub mod claim;
mod clock;
mod directory;
pub mod embedding;
mod event;
pub mod feed;
mod health;
mod history;
mod http_answer;
pub mod import;
mod listing;
pub mod manifest;
mod offer;
mod owner;
pub mod prober;
mod provenance;
mod query;
mod recent;
mod record;
mod register;
mod review;
mod samples;
mod snapshot;
mod store;
mod text;
pub mod validate;
pub mod webhook;
mod words;

pub use admin::{Admin, AdminSecret, only_admin, routes as admin_routes};
pub use api::{EXPORT_PATH, export_route, routes};
pub use canonical::{canonical_url, has_placeholders};
pub use change::Change;
pub use check::{Checker, REASONS_MAX, Reason};
pub use clock::Clock;
pub use directory::{Directory, DirectoryError, Semantics};
pub use event::EventKind;
pub use feed::Cacheable;
pub use health::{Check, Health, Observation};
pub use history::{
    Code, Figures, Found, Incident, Outcome, Run, SlotCounts, Window, incidents, reliability_score,
};
pub use listing::{Listing, ListingError, ListingFacts, UNCATEGORIZED, Verification};
pub use offer::{OFFERS_MAX, Offer};
pub use owner::routes as owner_routes;
pub use provenance::Trust;
pub use query::QUERY_LEN_MAX;
pub use query::{
    Dialect, Filters, InvalidParameter, LIMIT_DEFAULT, LIMIT_MAX, ListQuery, QueryError, Ranking,
    Sort, SortKey,
};
pub use recent::RECENT_LEN_MAX;
pub use register::{recheck_routes, routes as register_routes};
pub use snapshot::{
    Category, CategoryTree, Counts, Coverage, Entry, Opportunities, Page, RailCounts, Snapshot,
    Stats, Why,
};
pub use store::review::{AuditEntry, ReviewItem, ReviewKind, ReviewStatus};
pub use store::{ListingEvent, events_after, events_of_listing, last_event};
pub use words::{HealthStatus, L402Format, ListingStatus, ProbeStatus, Protocol};

mod sqlite {
    refinery::embed_migrations!("migrations/sqlite");
}

mod postgres {
    refinery::embed_migrations!("migrations/postgres");
}

/// The tables of this crate, for `Store::open`.
#[must_use]
pub fn schema() -> farebox_store::Schema {
    farebox_store::Schema {
        name: "directory",
        sqlite: sqlite::migrations::runner(),
        postgres: Some(postgres::migrations::runner()),
    }
}
