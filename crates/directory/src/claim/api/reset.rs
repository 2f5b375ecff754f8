//! `POST /api/v1/admin/domains/{domain}/reset`.

use super::fields::PendingClaim;
use crate::Admin;
use crate::admin::IsAdmin;
use crate::claim::{ClaimError, Claims};
use crate::http_answer::private;
use axum::Json;
use axum::extract::{FromRequestParts, Path, Request, State};
use axum::response::Response;
use farebox_wire::api_error::ErrorBody;
use http::StatusCode;

/// Takes a domain from its owner and makes a token for the next one. The listings stay marked as
/// verified meanwhile.
#[utoipa::path(
    post,
    path = "/api/v1/admin/domains/{domain}/reset",
    tag = "admin",
    params(("domain" = String, Path, description = "The claimed host")),
    responses(
        (status = 200, description = "A new token that waits", body = PendingClaim),
        (status = 400, description = "Not the name of a host", body = ErrorBody),
        (status = 401, description = "Not an admin", body = ErrorBody),
        (status = 404, description = "Nobody claimed it", body = ErrorBody),
    ),
    security(("admin" = [])),
)]
pub(super) async fn reset_claim(
    State((claims, admin)): State<(Claims, Admin)>,
    Path(domain): Path<String>,
    request: Request,
) -> Response {
    let (mut parts, _) = request.into_parts();
    if let Err(response) = IsAdmin::from_request_parts(&mut parts, &admin).await {
        return response;
    }
    match reset(&claims, &domain).await {
        Ok(body) => private(StatusCode::OK, Json(body)),
        Err(error) => error.response(),
    }
}

async fn reset(claims: &Claims, domain: &str) -> Result<PendingClaim, ClaimError> {
    let begun = claims.reset(claims.hostname(domain)?).await?;
    PendingClaim::of(claims, &begun).await
}
