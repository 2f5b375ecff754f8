//! `POST /api/v1/claim/verify` with `domain`; for other proofs than the file also `method`, and
//! for signatures `verification_hash` and `signature`.

use super::fields;
use crate::claim::{ClaimError, ClaimHash, Claims, Proof, ProofMethod};
use crate::http_answer::private;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde_json::{Map, Value, json};

/// 200 when the proof holds; 404, 409, 410 as the claim stands; 422 with the reason why the proof
/// does not hold.
pub(super) async fn handle(State(claims): State<Claims>, body: Bytes) -> Response {
    let fields = match crate::http_answer::fields(&body) {
        Ok(fields) => fields,
        Err(response) => return *response,
    };
    match verify(&claims, &fields).await {
        Ok(body) => private(StatusCode::OK, Json(body)),
        Err(error) => error.response(),
    }
}

async fn verify(claims: &Claims, fields: &Map<String, Value>) -> Result<Value, ClaimError> {
    let domain = fields::domain(claims, fields)?;
    let proof = proof(fields)?;
    let count = claims.verify(domain.clone(), proof).await?;
    Ok(json!({ "domain": domain.as_str(), "status": "verified", "services_count": count }))
}

fn proof(fields: &Map<String, Value>) -> Result<Proof, ClaimError> {
    let method = match fields::text(fields, "method")? {
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
    let hash = ClaimHash::parse(fields::required(fields, "verification_hash")?);
    let hash = hash.ok_or(ClaimError::Parameter { parameter: "verification_hash", what })?;
    let signature = fields::required(fields, "signature")?.to_owned();
    Ok(Proof { method, signature: Some((hash, signature)) })
}
