//! `POST /api/v1/claim/revoke`.

use super::fields::{self, required};
use crate::claim::{ClaimError, ClaimToken, Claims};
use crate::http_answer::{parse, private};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use farebox_wire::api_error::ErrorBody;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A claim to give back.
#[derive(Deserialize, ToSchema)]
pub(super) struct RevokeRequest {
    /// The verified domain.
    #[schema(value_type = String, max_length = 253)]
    domain: Option<String>,
    /// Its token: shows whose claim it is.
    #[schema(value_type = String)]
    verification_token: Option<String>,
}

/// A claim that was given back.
#[derive(Serialize, ToSchema)]
pub(super) struct RevokedClaim {
    domain: String,
    /// `revoked`
    status: &'static str,
    /// What to do next.
    message: &'static str,
}

/// Gives a verified claim back: its token is void, and the listings are no longer marked.
#[utoipa::path(
    post,
    path = "/api/v1/claim/revoke",
    tag = "claims",
    request_body = RevokeRequest,
    responses(
        (status = 200, description = "Given back", body = RevokedClaim),
        (status = 400, description = "No domain or no token", body = ErrorBody),
        (status = 403, description = "Another token, or not verified", body = ErrorBody),
        (status = 404, description = "Nobody claimed it", body = ErrorBody),
    )
)]
pub(super) async fn revoke_claim(State(claims): State<Claims>, body: Bytes) -> Response {
    let request: RevokeRequest = match parse(&body) {
        Ok(request) => request,
        Err(response) => return *response,
    };
    match revoke(&claims, request).await {
        Ok(body) => private(StatusCode::OK, Json(body)),
        Err(error) => error.response(),
    }
}

async fn revoke(claims: &Claims, request: RevokeRequest) -> Result<RevokedClaim, ClaimError> {
    let domain = fields::domain(claims, request.domain)?;
    let token = required(request.verification_token, "verification_token")?;
    claims.revoke(domain.clone(), ClaimToken::parse(&token)).await?;
    Ok(RevokedClaim {
        domain: domain.to_string(),
        status: "revoked",
        message: "The token is void and the listings are no longer marked as verified. To claim \
                  the domain again, begin with POST /api/v1/claim.",
    })
}
