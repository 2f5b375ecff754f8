//! `GET /badge/{name}`: how a listing fares, as a picture for other people's pages.

mod label;
mod query;
mod svg;

use super::{Cacheable, Feeds};
use crate::api::answer::invalid_query;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use farebox_wire::api_error::ErrorBody;
use http::{HeaderMap, StatusCode};
use label::Label;
use query::BadgeQuery;

const CONTENT_TYPE: &str = "image/svg+xml";
/// How long a page may keep the picture, in seconds.
const MAX_AGE_S: u32 = 300;

/// Shows the health of a listing, its price or its uptime as a small SVG picture.
///
/// A listing that is not there gets a grey picture with the status 404, so that a page that
/// shows it stays whole.
#[utoipa::path(
    get,
    path = "/badge/{name}",
    tag = "feeds",
    params(
        ("name" = String, Path, description = "The id of a listing, and `.svg`", example = "0123456789ab.svg"),
        BadgeQuery,
    ),
    responses(
        (status = 200, description = "The picture", body = String, content_type = "image/svg+xml"),
        (status = 304, description = "The page has it: If-None-Match says so"),
        (status = 400, description = "Parameters that cannot be used, each named", body = ErrorBody),
        (status = 404, description = "No listing has the id", body = String, content_type = "image/svg+xml"),
    )
)]
pub(super) async fn badge(
    State(feeds): State<Feeds>,
    name: Result<Path<String>, PathRejection>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Response {
    let query = match BadgeQuery::parse(&raw.unwrap_or_default()) {
        Ok(query) => query,
        Err(error) => return invalid_query(&error),
    };
    let snapshot = feeds.directory.snapshot();
    let name = name.map(|Path(name)| name).unwrap_or_default();
    let entry = name.strip_suffix(".svg").and_then(|id| snapshot.get(id));
    let (status, label) = match entry {
        Some(entry) => (StatusCode::OK, Label::of(entry.listing(), query.show)),
        None => (StatusCode::NOT_FOUND, Label::not_listed()),
    };
    let picture = svg::draw(&label);
    let body = match picture {
        Ok(body) => body.into(),
        Err(error) => {
            tracing::error!(%error, "a badge could not be written");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let picture =
        Cacheable { content_type: CONTENT_TYPE, body, max_age_s: MAX_AGE_S, last_modified: None };
    match status {
        StatusCode::OK => picture.answer(&headers),
        status => (status, picture.answer(&HeaderMap::new())).into_response(),
    }
}
