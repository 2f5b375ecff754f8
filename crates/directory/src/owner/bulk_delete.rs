//! `POST /api/v1/services/bulk-delete`: up to 25 listings at once.

use super::delete::soft_delete;
use super::edits::{Credentials, credentials};
use super::error::OwnerError;
use crate::Change;
use crate::api::body::Body;
use crate::claim::{Claims, owner};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use farebox_wire::api_error::ErrorBody;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Listings of one request at most.
const IDS_MAX: usize = 25;
/// Characters of an id at most.
const ID_LEN_MAX: usize = 64;

/// What is to be deleted, and who asks.
#[derive(ToSchema)]
#[schema(as = BulkDeleteRequest)]
#[expect(dead_code, reason = "the shape of what `Body` reads")]
struct Asked {
    #[schema(min_items = 1, max_items = 25)]
    ids: Vec<String>,
    /// The verified domain: the host of the listings' URLs.
    domain: String,
    /// The token of the domain's claim.
    verification_token: String,
}

#[derive(Default, Serialize, ToSchema)]
#[schema(as = BulkDeleted)]
struct Answer {
    deleted: Vec<String>,
    skipped: Vec<String>,
    /// Why each was skipped, by its id.
    reasons: BTreeMap<String, &'static str>,
}

/// Deletes listings of the domain; what is not the domain's, or not there, is skipped.
#[utoipa::path(
    post,
    path = "/api/v1/services/bulk-delete",
    tag = "owner",
    request_body = Asked,
    responses(
        (status = 200, description = "What was deleted and what was skipped", body = Answer),
        (status = 400, description = "Fields that are missing or cannot be used, each named", body = ErrorBody),
        (status = 403, description = "Not the token of a verified domain", body = ErrorBody),
    ),
)]
pub(super) async fn bulk_delete(State(claims): State<Claims>, body: Bytes) -> Response {
    match remove(&claims, &body).await {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => error.response(),
    }
}

async fn remove(claims: &Claims, bytes: &[u8]) -> Result<Answer, OwnerError> {
    let mut body = Body::parse(bytes)?;
    let given = credentials(&mut body);
    let ids = ids(&mut body);
    body.finish()?;
    let credentials = Credentials::of(claims, given)?;
    let work = move |change: &Change<'_>| {
        let owner = owner(change.transaction(), &credentials.domain, &credentials.token)?;
        let mut answer = Answer::default();
        for id in ids {
            let reason = match change.find(&id)? {
                None => Some("no listing has this id"),
                Some(listing) if owner.check_host(&listing.host()).is_err() => {
                    Some("the listing's URL is not at the claimed domain")
                }
                Some(listing) => {
                    soft_delete(change, &listing, &owner.actor())?;
                    None
                }
            };
            match reason {
                None => answer.deleted.push(id),
                Some(reason) => {
                    answer.reasons.insert(id.clone(), reason);
                    answer.skipped.push(id);
                }
            }
        }
        Ok(answer)
    };
    claims.directory().change(work).await
}

/// Each id once, in the order given. Numbers are ids too.
fn ids(body: &mut Body) -> Vec<String> {
    let wrong = format!("must be an array of 1 to {IDS_MAX} ids");
    let given = match body.value("ids") {
        Some(Value::Array(given)) if (1..=IDS_MAX).contains(&given.len()) => given,
        _ => {
            body.refuse("ids", &wrong);
            return Vec::new();
        }
    };
    let mut ids: Vec<String> = Vec::new();
    for id in given {
        let id = match id {
            Value::String(id) if id.len() <= ID_LEN_MAX => id,
            Value::Number(id) => id.to_string(),
            _ => {
                body.refuse("ids", &wrong);
                return Vec::new();
            }
        };
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}
