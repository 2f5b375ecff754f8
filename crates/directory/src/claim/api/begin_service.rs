//! `POST /api/claim/{service_id}`.

use crate::claim::{Challenge, Claims};
use crate::http_answer::{client, private};
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use farebox_wire::api_error::ErrorBody;
use http::{Extensions, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

/// A challenge that waits to be met.
#[derive(Serialize, ToSchema)]
pub(super) struct ServiceChallenge {
    service_id: String,
    domain: String,
    /// `pending`
    status: &'static str,
    /// Public: what to publish.
    challenge_hash: String,
    /// Secret: shows whose claim it is.
    claim_token: String,
    /// Where the hash is published.
    verification_url: String,
    /// Until when the challenge can be met.
    #[schema(value_type = String, format = DateTime)]
    expires_at: jiff::Timestamp,
    instructions: Vec<String>,
}

/// Begins the claim of a service that was discovered and that nobody manages.
#[utoipa::path(
    post,
    path = "/api/claim/{service_id}",
    tag = "claims",
    params(("service_id" = String, Path, description = "The service")),
    responses(
        (status = 201, description = "A new challenge", body = ServiceChallenge),
        (status = 200, description = "This client has a challenge that waits; a new one",
            body = ServiceChallenge),
        (status = 404, description = "No such service", body = ErrorBody),
        (status = 409, description = "Somebody manages it", body = ErrorBody),
    )
)]
pub(super) async fn begin_service_claim(
    State(claims): State<Claims>,
    Path(service_id): Path<String>,
    extensions: Extensions,
) -> Response {
    match claims.begin_service(service_id, client(&extensions)).await {
        Ok(challenge) => {
            let is_first = challenge.is_first;
            let status = if is_first { StatusCode::CREATED } else { StatusCode::OK };
            private(status, Json(ServiceChallenge::of(challenge)))
        }
        Err(error) => error.response(),
    }
}

impl ServiceChallenge {
    fn of(challenge: Challenge) -> Self {
        let (id, url) = (challenge.service_id, challenge.url);
        let expires_at = challenge.expires_at;
        let instructions = vec![
            "Keep claim_token secret: it is how you will show that the claim is yours.".to_owned(),
            format!("Publish challenge_hash, as plain text and nothing else, at {url}"),
            format!(
                "Then POST /api/claim/{id}/verify with 'Authorization: Bearer CLAIM_TOKEN', \
                 before {expires_at}. The answer holds your management_key."
            ),
        ];
        Self {
            service_id: id,
            domain: challenge.domain.to_string(),
            status: "pending",
            challenge_hash: challenge.token.hash().to_string(),
            claim_token: challenge.token.reveal(),
            verification_url: url.to_string(),
            expires_at,
            instructions,
        }
    }
}
