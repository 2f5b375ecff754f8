//! `DELETE /api/v1/services/{id}`: the owner of the domain takes a listing out.

use super::edits::{Credentials, credentials};
use super::error::OwnerError;
use crate::api::body::Body;
use crate::claim::{Claims, owner};
use crate::store::review::withdraw;
use crate::{Change, Listing, ListingStatus};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use farebox_store::StoreError;
use farebox_wire::api_error::ErrorBody;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

/// Who asks.
#[derive(ToSchema)]
#[schema(as = DeleteRequest)]
#[expect(dead_code, reason = "the shape of what `Body` reads")]
struct Asked {
    /// The verified domain: the host of the listing's URL.
    domain: String,
    /// The token of the domain's claim.
    verification_token: String,
}

#[derive(Serialize, ToSchema)]
struct Deleted {
    id: String,
    message: &'static str,
}

/// Hides a listing from every list and check; its row goes 30 days later. Deleting it again is
/// answered the same.
#[utoipa::path(
    delete,
    path = "/api/v1/services/{id}",
    tag = "owner",
    params(("id" = String, Path, description = "The listing's id")),
    request_body = Asked,
    responses(
        (status = 200, description = "It is deleted", body = Deleted),
        (status = 400, description = "Fields that are missing or cannot be used, each named", body = ErrorBody),
        (status = 403, description = "Not the domain's token, or not the listing's domain", body = ErrorBody),
        (status = 404, description = "No listing has this id", body = ErrorBody),
    ),
)]
pub(super) async fn delete(
    State(claims): State<Claims>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    match remove(&claims, id.clone(), &body).await {
        Ok(()) => {
            let message = "The listing is deleted: no list and no check shows it any more, and in \
                           30 days it is gone for good.";
            Json(Deleted { id, message }).into_response()
        }
        Err(error) => error.response(),
    }
}

async fn remove(claims: &Claims, id: String, bytes: &[u8]) -> Result<(), OwnerError> {
    let mut body = Body::parse(bytes)?;
    let given = credentials(&mut body);
    body.finish()?;
    let credentials = Credentials::of(claims, given)?;
    let work = move |change: &Change<'_>| {
        let owner = owner(change.transaction(), &credentials.domain, &credentials.token)?;
        let before = change.find(&id)?.ok_or(OwnerError::Unknown)?;
        owner.check_host(&before.host())?;
        soft_delete(change, &before, &owner.actor())?;
        Ok(())
    };
    claims.directory().change(work).await
}

/// Takes a listing out of sight; one that is deleted stays as it is.
pub(super) fn soft_delete(
    change: &Change<'_>,
    before: &Listing,
    actor: &str,
) -> Result<(), StoreError> {
    if before.status == ListingStatus::Deleted {
        return Ok(());
    }
    let now = change.now();
    let after = Listing {
        status: ListingStatus::Deleted,
        deleted_at: Some(now),
        updated_at: now,
        ..before.clone()
    };
    change.put(Some(before), &after)?;
    withdraw(change.transaction(), &before.id, now)?;
    let detail = json!({ "name": before.facts.name, "url": before.facts.url });
    change.audit(actor, "listing.delete", &before.id, &detail)
}
