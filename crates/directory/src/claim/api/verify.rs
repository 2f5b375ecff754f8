//! `POST /api/v1/claim/verify`.

use super::fields::{self, required};
use crate::claim::{ClaimError, ClaimHash, Claims, Proof, ProofMethod};
use crate::http_answer::{parse, private};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use farebox_wire::api_error::ErrorBody;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A claim to verify.
#[derive(Deserialize, ToSchema)]
pub(super) struct VerifyRequest {
    /// The claimed host.
    #[schema(value_type = String, max_length = 253)]
    domain: Option<String>,
    /// `well_known` (if left out), `dns`, `wallet` or `node`.
    method: Option<String>,
    /// For `wallet` and `node`: which claim the signature is for.
    verification_hash: Option<String>,
    /// For `wallet`: `0x` and 130 hexadecimal digits. For `node`: 104 characters of z-base-32.
    signature: Option<String>,
}

/// A claim that holds.
#[derive(Serialize, ToSchema)]
pub(super) struct VerifiedClaim {
    domain: String,
    /// `verified`
    status: &'static str,
    /// Listings of the domain.
    services_count: usize,
}

/// Verifies a claim that waits. The code of a 422 says why its proof does not hold:
/// `token_mismatch`, `redirect`, `unreachable`, `file_too_large`, `ssrf_blocked`, `no_record`,
/// `signature_mismatch`, `no_listing`, `too_many_listings`.
#[utoipa::path(
    post,
    path = "/api/v1/claim/verify",
    tag = "claims",
    request_body = VerifyRequest,
    responses(
        (status = 200, description = "Verified", body = VerifiedClaim),
        (status = 400, description = "Not the name of a host", body = ErrorBody),
        (status = 404, description = "Nobody claimed it", body = ErrorBody),
        (status = 409, description = "Verified already", body = ErrorBody),
        (status = 410, description = "The 72 hours are over", body = ErrorBody),
        (status = 422, description = "The proof does not hold", body = ErrorBody),
        (status = 503, description = "Try again in a few seconds", body = ErrorBody),
    )
)]
pub(super) async fn verify_claim(State(claims): State<Claims>, body: Bytes) -> Response {
    let request: VerifyRequest = match parse(&body) {
        Ok(request) => request,
        Err(response) => return *response,
    };
    match verify(&claims, request).await {
        Ok(body) => private(StatusCode::OK, Json(body)),
        Err(error) => error.response(),
    }
}

async fn verify(claims: &Claims, request: VerifyRequest) -> Result<VerifiedClaim, ClaimError> {
    let domain = fields::domain(claims, request.domain.clone())?;
    let services_count = claims.verify(domain.clone(), proof(request)?).await?;
    Ok(VerifiedClaim { domain: domain.to_string(), status: "verified", services_count })
}

fn proof(request: VerifyRequest) -> Result<Proof, ClaimError> {
    let method = match request.method.as_deref() {
        None => ProofMethod::WellKnown,
        Some(name) => {
            let known = ProofMethod::ALL.into_iter().find(|known| known.name() == name);
            let what = "one of well_known, dns, wallet, node is expected";
            known.ok_or(ClaimError::Parameter { parameter: "method", what })?
        }
    };
    if method.shows_command_of_host() {
        return Ok(Proof { method, signature: None });
    }
    let what = "the 64 hexadecimal digits that POST /api/v1/claim answered are expected";
    let hash = ClaimHash::parse(&required(request.verification_hash, "verification_hash")?);
    let hash = hash.ok_or(ClaimError::Parameter { parameter: "verification_hash", what })?;
    let signature = required(request.signature, "signature")?;
    Ok(Proof { method, signature: Some((hash, signature)) })
}
