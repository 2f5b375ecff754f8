//! `POST /api/v1/services/{id}/recheck` and `…/appeal`: what a provider does who thinks that the
//! directory is wrong.

use crate::api::answer::{failed, invalid_query, not_found};
use crate::api::body::Body;
use crate::api::service::{Detail, detail};
use crate::check::Checker;
use crate::store::review::ReviewKind;
use crate::text::clean::{DESCRIPTION_LEN_MAX, clean_text};
use crate::{Change, DirectoryError, ListingStatus};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use farebox_store::StoreError;
use farebox_wire::api_error::ErrorBody;
use http::StatusCode;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

const UNKNOWN: &str = "no listing has this id; GET /api/v1/services lists the ids";

/// Looks at the endpoint now and answers the listing as it stands after.
#[utoipa::path(
    post,
    path = "/api/v1/services/{id}/recheck",
    tag = "provider",
    params(("id" = String, Path, description = "The listing's id")),
    responses(
        (status = 200, description = "The listing after the check", body = Detail),
        (status = 404, description = "No listing that can be checked has this id", body = ErrorBody),
        (status = 429, description = "Too many checks for this client in an hour", body = ErrorBody),
        (status = 503, description = "The directory cannot record it now", body = ErrorBody),
    ),
)]
pub(super) async fn recheck(State(checker): State<Checker>, Path(id): Path<String>) -> Response {
    match checker.check(&id).await {
        Ok(()) => {
            let snapshot = checker.directory().snapshot();
            match snapshot.get(&id) {
                Some(entry) => {
                    let listing = entry.listing();
                    Json(detail(listing, snapshot.related(listing))).into_response()
                }
                None => not_found(UNKNOWN.to_owned()),
            }
        }
        Err(DirectoryError::Store(error)) => failed(&error),
        Err(_) => not_found(UNKNOWN.to_owned()),
    }
}

/// An objection.
#[derive(ToSchema)]
#[schema(as = AppealRequest)]
#[expect(dead_code, reason = "the shape of what `Body` reads")]
struct Asked {
    /// What is wrong with the listing or with a decision.
    #[schema(max_length = 2000)]
    message: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = AppealAnswer)]
struct Answer {
    id: String,
    status: &'static str,
    message: &'static str,
}

/// Asks an admin to look at a listing, or at the decision about it, again.
#[utoipa::path(
    post,
    path = "/api/v1/services/{id}/appeal",
    tag = "provider",
    params(("id" = String, Path, description = "The listing's id")),
    request_body = Asked,
    responses(
        (status = 202, description = "An admin will look at it", body = Answer),
        (status = 400, description = "Fields that are missing or cannot be used, each named", body = ErrorBody),
        (status = 404, description = "No listing has this id", body = ErrorBody),
        (status = 429, description = "Too many appeals of this client in an hour", body = ErrorBody),
        (status = 503, description = "The directory cannot take it now", body = ErrorBody),
    ),
)]
pub(super) async fn appeal(
    State(checker): State<Checker>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let read = Body::parse(&body).and_then(|mut body| {
        let message = body.required_text("message", DESCRIPTION_LEN_MAX);
        body.finish().map(|_| clean_text(&message, DESCRIPTION_LEN_MAX))
    });
    let message = match read {
        Ok(message) => message,
        Err(error) => return invalid_query(&error),
    };
    let listing_id = id.clone();
    let asked = checker.directory().change(move |change: &Change<'_>| {
        let known = change.find(&listing_id)?;
        if known.is_none_or(|listing| listing.status == ListingStatus::Deleted) {
            return Ok::<_, StoreError>(false);
        }
        let body = json!({ "message": message });
        change.ask(ReviewKind::Appeal, &listing_id, "appeal", &body)?;
        Ok(true)
    });
    match asked.await {
        Ok(true) => {
            let message = "An admin will look at it.";
            (StatusCode::ACCEPTED, Json(Answer { id, status: "open", message })).into_response()
        }
        Ok(false) => not_found(UNKNOWN.to_owned()),
        Err(error) => failed(&error),
    }
}
