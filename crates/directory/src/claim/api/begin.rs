//! `POST /api/v1/claim`.

use super::fields::{self, PendingClaim};
use crate::claim::{ClaimError, Claims};
use crate::http_answer::{client, parse, private};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use farebox_wire::api_error::ErrorBody;
use http::{Extensions, StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

/// A host to claim.
#[derive(Deserialize, ToSchema)]
pub(super) struct ClaimRequest {
    /// The name of the host, such as `api.example.com`: no scheme, path or port.
    #[schema(value_type = String, max_length = 253)]
    domain: Option<String>,
    /// Where its provider can be reached; never shown.
    #[schema(max_length = 254)]
    contact_email: Option<String>,
}

/// Begins the claim of a domain. The token of an earlier one stays good until it expires.
#[utoipa::path(
    post,
    path = "/api/v1/claim",
    tag = "claims",
    request_body = ClaimRequest,
    responses(
        (status = 201, description = "A new claim", body = PendingClaim),
        (status = 200, description = "This client has a claim that waits; a new token",
            body = PendingClaim),
        (status = 400, description = "Not the name of a host", body = ErrorBody),
        (status = 409, description = "Verified already", body = ErrorBody),
    )
)]
pub(super) async fn begin_claim(
    State(claims): State<Claims>,
    extensions: Extensions,
    body: Bytes,
) -> Response {
    let request: ClaimRequest = match parse(&body) {
        Ok(request) => request,
        Err(response) => return *response,
    };
    match begin(&claims, request, client(&extensions)).await {
        Ok((status, body)) => private(status, Json(body)),
        Err(error) => error.response(),
    }
}

async fn begin(
    claims: &Claims,
    request: ClaimRequest,
    client: String,
) -> Result<(StatusCode, PendingClaim), ClaimError> {
    let domain = fields::domain(claims, request.domain)?;
    let email = fields::email(request.contact_email)?;
    let begun = claims.begin(domain, email, client).await?;
    let status = if begun.is_first { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, PendingClaim::of(claims, &begun).await?))
}
