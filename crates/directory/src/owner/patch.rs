//! `PATCH /api/v1/services/{id}`: the owner of the domain edits a listing.

use super::edits::{Credentials, Edits, credentials};
use super::error::OwnerError;
use crate::api::body::Body;
use crate::api::service::{Detail, detail};
use crate::claim::{Claims, owner};
use crate::text::KnownNames;
use crate::{Change, Listing, ListingStatus};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use farebox_wire::api_error::ErrorBody;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// New values; what is left out stays as it is.
#[derive(ToSchema)]
#[schema(as = ListingPatch)]
#[expect(dead_code, reason = "the shape of what `Body` reads")]
struct Asked {
    /// The verified domain: the host of the listing's URL.
    domain: String,
    /// The token of the domain's claim.
    verification_token: String,
    #[schema(max_length = 200)]
    name: Option<String>,
    #[schema(max_length = 2000)]
    description: Option<String>,
    #[schema(max_length = 100)]
    category: Option<String>,
    #[schema(minimum = 0)]
    price_usd: Option<f64>,
    #[schema(minimum = 0)]
    price_sats: Option<u64>,
    payment_asset: Option<String>,
    payment_network: Option<String>,
}

/// Edits a listing; answers the whole record as it is now.
#[utoipa::path(
    patch,
    path = "/api/v1/services/{id}",
    tag = "owner",
    params(("id" = String, Path, description = "The listing's id")),
    request_body = Asked,
    responses(
        (status = 200, description = "The listing as it is now", body = Detail),
        (status = 400, description = "Fields that are missing or cannot be used, each named", body = ErrorBody),
        (status = 403, description = "Not the domain's token, or not the listing's domain", body = ErrorBody),
        (status = 404, description = "No listing has this id", body = ErrorBody),
    ),
)]
pub(super) async fn patch(
    State(claims): State<Claims>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    match edit(&claims, id, &body).await {
        Ok(listing) => Json(listing).into_response(),
        Err(error) => error.response(),
    }
}

async fn edit(claims: &Claims, id: String, bytes: &[u8]) -> Result<Value, OwnerError> {
    let mut body = Body::parse(bytes)?;
    let given = credentials(&mut body);
    let edits = Edits::take(&mut body);
    body.finish()?;
    let credentials = Credentials::of(claims, given)?;
    let directory = claims.directory();
    let known = directory.snapshot();
    let work =
        move |change: &Change<'_>| apply(change, &id, &credentials, edits, known.known_names());
    let after = directory.change(work).await?;
    let snapshot = directory.snapshot();
    Ok(detail(&after, snapshot.related(&after)))
}

fn apply(
    change: &Change<'_>,
    id: &str,
    credentials: &Credentials,
    edits: Edits,
    known_names: &KnownNames,
) -> Result<Listing, OwnerError> {
    let owner = owner(change.transaction(), &credentials.domain, &credentials.token)?;
    let known = change.find(id)?.filter(|listing| listing.status != ListingStatus::Deleted);
    let before = known.ok_or(OwnerError::Unknown)?;
    owner.check_host(&before.host())?;
    let after = edits.apply(&before, known_names, change.now()).map_err(|error| {
        let message = error.to_string();
        let invalid = vec![crate::InvalidParameter { name: "name".to_owned(), message }];
        OwnerError::Fields(crate::QueryError { invalid })
    })?;
    change.put(Some(&before), &after)?;
    let changed = json!({ "name": after.facts.name });
    change.audit(&owner.actor(), "listing.edit", id, &changed)?;
    Ok(after)
}
