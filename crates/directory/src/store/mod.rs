//! The directory's tables. Every function here runs inside a transaction that the caller opened.

mod before_history;
mod days;
mod events;
mod health;
mod listings;
pub(crate) mod review;
pub(crate) mod revision;
mod runs;
mod samples;

pub(crate) use before_history::take_in_observations;
pub(crate) use days::{chronicles, days_of, put_days};
pub use events::{ListingEvent, events_after, events_of_listing, last_event};
pub(crate) use events::{append_bulk_event, append_event, append_events, changes_of_terms};
pub(crate) use health::{health_changed_after, progress_of, put_progress};
pub(crate) use listings::{
    change, change_in_bulk, changed_after, find, find_all, find_endpoint, find_on_rail,
    load_listings, of_service, of_url, purge, replace_own, save, set_contact_email, set_method,
    with_status,
};
pub(crate) use runs::{drop_old, forget, forget_from, put_runs, take_last_run};
pub(crate) use samples::{is_imported, replace_samples};

use crate::HealthStatus;
use farebox_store::StoreError;
use jiff::Timestamp;

pub(crate) fn timestamp(second: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_second(second).map_err(|_| unreadable("time", second))
}

fn health_status(text: &str) -> Result<HealthStatus, StoreError> {
    HealthStatus::parse(text).ok_or_else(|| unreadable("health status", text))
}

pub(crate) fn unreadable(what: &str, value: impl std::fmt::Display) -> StoreError {
    StoreError::Unreadable(format!("{what} {value}"))
}
