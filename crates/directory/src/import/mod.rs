//! Listings from other lists: one reader for each form that they are written in.

pub mod formats;
mod listing;

pub use listing::{ImportedListing, Offer, Reason, Refused, Row};
