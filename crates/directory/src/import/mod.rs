//! Listings from other lists: a reader for each form that they are written in, the rules by which
//! they join what is known, and the run that brings them in.

mod api;
mod fetch;
pub mod formats;
mod listing;
mod merge;
mod query;
mod report;
mod rows;
mod run;
mod said;

pub use api::{IMPORT_PATH, admin_routes};
pub use fetch::{FetchError, FetchOptions, source_name};
pub use listing::{ImportedListing, Offer, Reason, Refused, Row};
pub use merge::Kept;
pub use report::{REFUSED_SHOWN_MAX, Report};
pub(crate) use rows::last_syncs;
pub use rows::{PastRun, past_runs};
pub use run::{Import, ROWS_MAX, is_due};
