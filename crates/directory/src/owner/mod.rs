//! What the owner of a verified domain does with its listings: edit and delete them.

mod bulk_delete;
mod delete;
mod edits;
mod error;
mod patch;

use crate::api::body::BODY_LEN_MAX;
use crate::claim::Claims;
use axum::extract::DefaultBodyLimit;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// `PATCH` and `DELETE` of a listing, and bulk deletion.
pub fn routes(claims: Claims) -> OpenApiRouter {
    OpenApiRouter::default()
        .routes(routes!(patch::patch))
        .routes(routes!(delete::delete))
        .routes(routes!(bulk_delete::bulk_delete))
        .layer(DefaultBodyLimit::max(BODY_LEN_MAX))
        .with_state(claims)
}
