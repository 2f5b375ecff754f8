//! `POST /api/v1/admin/domains/{domain}/reset`.

use super::fields;
use crate::claim::{ClaimError, Claims};
use crate::http_answer::private;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use serde_json::Value;

/// 200 with a new token that waits; the owner's old one is void, and the listings stay marked as
/// verified. 404 for a domain that nobody claimed.
pub(super) async fn handle(State(claims): State<Claims>, Path(domain): Path<String>) -> Response {
    match reset(&claims, &domain).await {
        Ok(body) => private(StatusCode::OK, Json(body)),
        Err(error) => error.response(),
    }
}

async fn reset(claims: &Claims, domain: &str) -> Result<Value, ClaimError> {
    let begun = claims.reset(claims.hostname(domain)?).await?;
    fields::begun(claims, &begun).await
}
