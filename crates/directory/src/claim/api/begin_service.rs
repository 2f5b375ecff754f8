//! `POST /api/claim/{service_id}`.

use crate::claim::{Challenge, Claims};
use crate::http_answer::{client, private};
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use http::{Extensions, StatusCode};
use serde_json::{Value, json};

/// 201 with the challenge to publish, 200 when this client has one that waits; 404 for an unknown
/// service; 409 for one that somebody manages.
pub(super) async fn handle(
    State(claims): State<Claims>,
    Path(service_id): Path<String>,
    extensions: Extensions,
) -> Response {
    match claims.begin_service(service_id, client(&extensions)).await {
        Ok(challenge) => {
            let is_first = challenge.is_first;
            let status = if is_first { StatusCode::CREATED } else { StatusCode::OK };
            private(status, Json(body(&challenge)))
        }
        Err(error) => error.response(),
    }
}

fn body(challenge: &Challenge) -> Value {
    let (id, url, expires_at) = (&challenge.service_id, &challenge.url, challenge.expires_at);
    json!({
        "service_id": id,
        "domain": challenge.domain.as_str(),
        "status": "pending",
        "challenge_hash": challenge.token.hash().to_string(),
        "claim_token": challenge.token.reveal(),
        "verification_url": url.as_str(),
        "expires_at": expires_at,
        "instructions": [
            "Keep claim_token secret: it is how you will show that the claim is yours.",
            format!("Publish challenge_hash, as plain text and nothing else, at {url}"),
            format!(
                "Then POST /api/claim/{id}/verify with 'Authorization: Bearer CLAIM_TOKEN', \
                 before {expires_at}. The answer holds your management_key."
            ),
        ],
    })
}
