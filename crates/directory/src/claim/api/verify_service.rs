//! `POST /api/claim/{service_id}/verify` with the claim's token.

use super::fields;
use crate::claim::{ClaimError, ClaimToken, Claims};
use crate::http_answer::{bearer, private};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};

/// 200 with the management key; 401 without the claim's token; 404, 409, 410 as the claim stands;
/// 422 with the reason why the challenge is not met.
pub(super) async fn handle(
    State(claims): State<Claims>,
    Path(service_id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let fields = match crate::http_answer::fields(&body) {
        Ok(fields) => fields,
        Err(response) => return *response,
    };
    match verify(&claims, service_id, &headers, &fields).await {
        Ok(body) => private(StatusCode::OK, Json(body)),
        Err(error) => error.response(),
    }
}

async fn verify(
    claims: &Claims,
    service_id: String,
    headers: &HeaderMap,
    fields: &Map<String, Value>,
) -> Result<Value, ClaimError> {
    let shown = match bearer(headers) {
        Some(token) => Some(token),
        None => fields::text(fields, "claim_token")?,
    };
    let token = shown.and_then(ClaimToken::parse).ok_or(ClaimError::ClaimTokenMissing)?;
    let managed = claims.verify_service(service_id.clone(), &token).await?;
    Ok(json!({
        "service_id": service_id,
        "domain": managed.domain.as_str(),
        "status": "verified",
        "management_key": managed.management_key.reveal(),
        "message": format!(
            "Save management_key: it is your only way to change the entry, with PUT \
             /api/services/{service_id} and 'Authorization: Bearer MANAGEMENT_KEY'."
        ),
    }))
}
