//! `POST /api/v1/admin/services/{id}/probe-status`: whether a plain request meets the paywall.

use super::guard::{Admin, IsAdmin};
use crate::api::answer::{failed, invalid_query, not_found};
use crate::api::body::Body;
use crate::store;
use crate::{Health, Listing, ListingStatus, ProbeStatus};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use farebox_store::StoreError;
use farebox_wire::api_error::ErrorBody;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[schema(as = ProbeStatusSet)]
struct Answer {
    id: String,
    #[schema(value_type = ProbeStatus)]
    probe_status: &'static str,
    /// What it was before.
    #[schema(value_type = ProbeStatus)]
    previous: &'static str,
}

/// What the admin says of a listing.
#[derive(ToSchema)]
#[schema(as = ProbeStatusRequest)]
#[expect(dead_code, reason = "the shape of what `Body` reads")]
struct Asked {
    probe_status: ProbeStatus,
}

/// Sets whether a listing can be probed. One that cannot loses what probes found of it, because
/// none of that is true any more.
#[utoipa::path(
    post,
    path = "/api/v1/admin/services/{id}/probe-status",
    tag = "admin",
    params(("id" = String, Path, description = "The listing's id")),
    request_body = Asked,
    responses(
        (status = 200, description = "It is set", body = Answer),
        (status = 400, description = "`probe_status` is neither of the two words", body = ErrorBody),
        (status = 401, description = "The admin's secret is missing or wrong", body = ErrorBody),
        (status = 404, description = "No listing has this id", body = ErrorBody),
    ),
    security(("admin" = [])),
)]
pub(super) async fn set_probe_status(
    _admin: IsAdmin,
    State(admin): State<Admin>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let wanted = match read(&body) {
        Ok(wanted) => wanted,
        Err(error) => return invalid_query(&error),
    };
    let set = admin.directory.change(move |change| {
        let known = change.find(&id)?.filter(|listing| listing.status != ListingStatus::Deleted);
        let Some(before) = known else { return Ok::<_, StoreError>(None) };
        let previous = before.facts.probe_status.name();
        let probe_status = wanted.name();
        let mut after = Listing { updated_at: change.now(), ..before.clone() };
        after.facts.probe_status = wanted;
        if wanted == ProbeStatus::Unprobeable {
            after.health = Health::default();
            store::forget(change.transaction(), &id)?;
        }
        change.put(Some(&before), &after)?;
        let detail = json!({ "probe_status": probe_status, "previous": previous });
        change.audit("admin", "listing.probe_status", &id, &detail)?;
        Ok(Some(Answer { id, probe_status, previous }))
    });
    match set.await {
        Ok(Some(answer)) => Json(answer).into_response(),
        Ok(None) => not_found("no listing has this id".to_owned()),
        Err(error) => failed(&error),
    }
}

fn read(bytes: &[u8]) -> Result<ProbeStatus, crate::QueryError> {
    let mut body = Body::parse(bytes)?;
    let text = body.required_text("probe_status", 32);
    let wanted = ProbeStatus::parse(&text);
    if wanted.is_none() && !text.is_empty() {
        body.refuse("probe_status", "must be probeable or unprobeable");
    }
    body.finish()?;
    // Without a word there was an error.
    Ok(wanted.unwrap_or(ProbeStatus::Probeable))
}
