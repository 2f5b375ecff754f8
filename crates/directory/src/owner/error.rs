//! What an owner is answered when nothing is done.

use crate::QueryError;
use crate::api::answer::{failed, invalid_query, not_found};
use crate::claim::ClaimError;
use axum::response::Response;
use farebox_store::StoreError;

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub(super) enum OwnerError {
    /// Fields that are missing or cannot be used.
    #[error(transparent)]
    Fields(#[from] QueryError),
    /// The token does not command the domain, or the domain is not the listing's.
    #[error(transparent)]
    Claim(#[from] ClaimError),
    /// There is no such listing.
    #[error("no listing has this id")]
    Unknown,
    /// The database did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl OwnerError {
    /// 400, 403, 404 or 503.
    pub(super) fn response(&self) -> Response {
        match self {
            Self::Fields(error) => invalid_query(error),
            Self::Claim(error) => error.response(),
            Self::Unknown => {
                not_found("no listing has this id; GET /api/v1/services lists the ids".to_owned())
            }
            Self::Store(error) => failed(error),
        }
    }
}
