//! How an endpoint comes into the directory: its provider registers it, a check proves that it can
//! be paid, an admin looks at it.

mod api;
mod read;
mod recheck;
mod rules;

use read::{Registration, read};
pub(crate) use rules::with_proposal;
use rules::{Found, Outcome, register};

use crate::api::body::BODY_LEN_MAX;
use crate::check::Checker;
use axum::extract::DefaultBodyLimit;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Registration. How often a client may register is for a limit in front of it.
pub fn routes(checker: Checker) -> OpenApiRouter {
    OpenApiRouter::default()
        .routes(routes!(api::register_endpoint))
        .layer(DefaultBodyLimit::max(BODY_LEN_MAX))
        .with_state(checker)
}

/// Checks and appeals that anybody may ask for, likewise.
pub fn recheck_routes(checker: Checker) -> OpenApiRouter {
    OpenApiRouter::default()
        .routes(routes!(recheck::recheck))
        .routes(routes!(recheck::appeal))
        .layer(DefaultBodyLimit::max(BODY_LEN_MAX))
        .with_state(checker)
}
