//! `POST /api/v1/claim` with `domain` and, if liked, `contact_email`.

use super::fields;
use crate::claim::{ClaimError, Claims};
use crate::http_answer::{client, private};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use http::{Extensions, StatusCode};
use serde_json::{Map, Value};

/// 201 with a token and what to publish; 200 when this client has one for the domain that waits:
/// either is good. 400 for what is no host; 409 when it is verified.
pub(super) async fn handle(
    State(claims): State<Claims>,
    extensions: Extensions,
    body: Bytes,
) -> Response {
    let fields = match crate::http_answer::fields(&body) {
        Ok(fields) => fields,
        Err(response) => return *response,
    };
    match begin(&claims, &fields, client(&extensions)).await {
        Ok((status, body)) => private(status, Json(body)),
        Err(error) => error.response(),
    }
}

async fn begin(
    claims: &Claims,
    fields: &Map<String, Value>,
    client: String,
) -> Result<(StatusCode, Value), ClaimError> {
    let (domain, email) = (fields::domain(claims, fields)?, fields::email(fields)?);
    let begun = claims.begin(domain, email, client).await?;
    let status = if begun.is_first { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, fields::begun(claims, &begun).await?))
}
