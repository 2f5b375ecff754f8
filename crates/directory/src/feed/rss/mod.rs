//! `GET /feed.xml`: the newest listings as an RSS 2.0 feed.

mod channel;
mod query;

use super::{Cacheable, Feeds};
use crate::api::answer::invalid_query;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use channel::Channel;
use farebox_wire::api_error::ErrorBody;
use http::{HeaderMap, StatusCode};
use query::FeedQuery;

/// Items of a feed at most.
const ITEMS_MAX: usize = 200;
/// How long a reader may keep the feed, in seconds.
const MAX_AGE_S: u32 = 300;

/// Shows the 200 newest listings that the filters leave, the newest first.
///
/// Each item has the elements `l402:endpoint`, `l402:protocol` and `l402:price` of the namespace
/// `https://402index.io/ns/l402`.
#[utoipa::path(
    get,
    path = "/feed.xml",
    tag = "feeds",
    params(FeedQuery),
    responses(
        (status = 200, description = "RSS 2.0", body = String, content_type = "application/rss+xml; charset=utf-8"),
        (status = 304, description = "The reader has it: If-None-Match or If-Modified-Since says so"),
        (status = 400, description = "Parameters that cannot be used, each named", body = ErrorBody),
    )
)]
pub(super) async fn feed(
    State(feeds): State<Feeds>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Response {
    let raw = raw.unwrap_or_default();
    let query = match FeedQuery::parse(&raw) {
        Ok(query) => query,
        Err(error) => return invalid_query(&error),
    };
    let snapshot = feeds.directory.snapshot();
    let now = feeds.directory.now();
    let listings = snapshot.newest().filter(|listing| query.accepts(listing, now));
    let listings: Vec<_> = listings.take(ITEMS_MAX).collect();
    let channel = Channel { public_url: &feeds.public_url, query: &query, listings: &listings };
    match channel.to_xml() {
        Ok(body) => Cacheable {
            content_type: "application/rss+xml; charset=utf-8",
            body: body.into(),
            max_age_s: MAX_AGE_S,
            last_modified: channel.last_modified(),
        }
        .answer(&headers),
        Err(error) => {
            tracing::error!(%error, "the feed could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
