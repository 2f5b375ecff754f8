//! `POST /api/v1/claim/revoke` with `domain` and `verification_token`.

use super::fields;
use crate::claim::{ClaimError, ClaimToken, Claims};
use crate::http_answer::private;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde_json::{Map, Value, json};

/// 200 when the claim is given back; 400 without domain or token; 403 for a wrong token or a
/// claim that is not verified; 404 for a domain that nobody claimed.
pub(super) async fn handle(State(claims): State<Claims>, body: Bytes) -> Response {
    let fields = match crate::http_answer::fields(&body) {
        Ok(fields) => fields,
        Err(response) => return *response,
    };
    match revoke(&claims, &fields).await {
        Ok(body) => private(StatusCode::OK, Json(body)),
        Err(error) => error.response(),
    }
}

async fn revoke(claims: &Claims, fields: &Map<String, Value>) -> Result<Value, ClaimError> {
    let domain = fields::domain(claims, fields)?;
    let token = ClaimToken::parse(fields::required(fields, "verification_token")?);
    claims.revoke(domain.clone(), token).await?;
    Ok(json!({
        "domain": domain.as_str(),
        "status": "revoked",
        "message": "The token is void and the listings are no longer marked as verified. To claim \
                    the domain again, begin with POST /api/v1/claim.",
    }))
}
