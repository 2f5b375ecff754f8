//! `GET /admin/api/listings`: listings that are not shown.

use super::guard::{Admin, IsAdmin};
use super::page::{self, Page};
use crate::api::answer::{failed, invalid_query};
use crate::api::service::{Detail, detail};
use crate::query::values;
use crate::text::clean::clean_text;
use crate::{ListingStatus, store};
use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use farebox_wire::api_error::ErrorBody;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
struct Listings {
    #[schema(value_type = Vec<Detail<'_>>)]
    listings: Vec<serde_json::Value>,
    /// `after` of the next page; null on the last.
    next: Option<String>,
}

/// Listings of one standing, ordered by id.
#[utoipa::path(
    get,
    path = "/admin/api/listings",
    tag = "admin",
    params(
        ("status" = Option<ListingStatus>, Query, description = "pending unless said"),
        ("after" = Option<String>, Query, description = "Only ids after this one"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 200, description = "At most, 50 unless said"),
    ),
    responses(
        (status = 200, description = "Listings of this standing", body = Listings),
        (status = 400, description = "Parameters that cannot be used, each named", body = ErrorBody),
        (status = 401, description = "The admin's secret is missing or wrong", body = ErrorBody),
    ),
    security(("admin" = [])),
)]
pub(super) async fn listings(
    _admin: IsAdmin,
    State(admin): State<Admin>,
    RawQuery(raw): RawQuery,
) -> Response {
    let status = |value: &str| values::word(value, &ListingStatus::ALL, ListingStatus::name);
    let after = |value: &str| Ok(clean_text(value, 64));
    let read = page::read(raw.as_deref(), (ListingStatus::Pending, status), (String::new(), after));
    let Page { status, after, len_max } = match read {
        Ok(page) => page,
        Err(error) => return invalid_query(&error),
    };
    let read = admin
        .directory
        .store()
        .read(move |transaction| store::with_status(transaction, status, &after, len_max));
    match read.await {
        Ok(found) => {
            let next = page::next(&found, len_max, |listing| listing.id.clone());
            let listings =
                found.iter().map(|listing| detail(listing, std::iter::empty())).collect();
            Json(Listings { listings, next }).into_response()
        }
        Err(error) => failed(&error),
    }
}
