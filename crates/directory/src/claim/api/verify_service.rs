//! `POST /api/claim/{service_id}/verify`.

use crate::claim::{ClaimError, ClaimToken, Claims};
use crate::http_answer::{bearer, parse, private};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use farebox_wire::api_error::ErrorBody;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whose claim is to be verified.
#[derive(Deserialize, ToSchema)]
pub(super) struct VerifyServiceRequest {
    /// The claim's token, where it is not sent as `Authorization: Bearer`.
    claim_token: Option<String>,
}

/// A service that was claimed.
#[derive(Serialize, ToSchema)]
pub(super) struct ManagedService {
    service_id: String,
    domain: String,
    /// `verified`
    status: &'static str,
    /// Secret: changes the entry.
    management_key: String,
    /// What to do next.
    message: String,
}

/// Verifies a claim of a service. Only who shows the claim's token gets the management key: the
/// challenge hash is public as soon as it is published.
#[utoipa::path(
    post,
    path = "/api/claim/{service_id}/verify",
    tag = "claims",
    params(("service_id" = String, Path, description = "The service")),
    request_body = VerifyServiceRequest,
    responses(
        (status = 200, description = "Claimed", body = ManagedService),
        (status = 400, description = "The body is not a JSON object", body = ErrorBody),
        (status = 401, description = "Without the claim's token", body = ErrorBody),
        (status = 404, description = "No such service, or no such claim", body = ErrorBody),
        (status = 409, description = "Somebody manages it", body = ErrorBody),
        (status = 410, description = "The 24 hours are over", body = ErrorBody),
        (status = 422, description = "The challenge is not met", body = ErrorBody),
        (status = 503, description = "Try again in a few seconds", body = ErrorBody),
    )
)]
pub(super) async fn verify_service_claim(
    State(claims): State<Claims>,
    Path(service_id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request: VerifyServiceRequest = match parse(&body) {
        Ok(request) => request,
        Err(response) => return *response,
    };
    let shown = bearer(&headers).or(request.claim_token.as_deref());
    match verify(&claims, service_id, shown).await {
        Ok(body) => private(StatusCode::OK, Json(body)),
        Err(error) => error.response(),
    }
}

async fn verify(
    claims: &Claims,
    service_id: String,
    shown: Option<&str>,
) -> Result<ManagedService, ClaimError> {
    let token = shown.and_then(ClaimToken::parse).ok_or(ClaimError::ClaimTokenMissing)?;
    let managed = claims.verify_service(service_id.clone(), &token).await?;
    let message = format!(
        "Save management_key: it is your only way to change the entry, with PUT \
         /api/services/{service_id} and 'Authorization: Bearer MANAGEMENT_KEY'."
    );
    Ok(ManagedService {
        service_id,
        domain: managed.domain.to_string(),
        status: "verified",
        management_key: managed.management_key.reveal_hex(),
        message,
    })
}
