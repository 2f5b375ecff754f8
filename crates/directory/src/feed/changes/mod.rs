//! `GET /api/v1/changes`: what happened to listings, to be read on from a cursor.

mod query;

use super::Feeds;
use crate::api::answer::invalid_query;
use crate::{Directory, EventKind, ListingEvent, Protocol, events_after, last_event};
use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use farebox_store::{StoreError, Transaction};
use farebox_wire::api_error::ErrorBody;
use http::header::{CACHE_CONTROL, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use jiff::Timestamp;
use query::ChangesQuery;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// Events that are looked at for one answer where only one kind is asked for.
const LOOKED_AT_MAX: usize = 2_000;

/// What happened, oldest first.
#[derive(Serialize, ToSchema)]
struct Changes {
    events: Vec<ChangeEvent>,
    /// To be sent as `after` to read on. It stays the same while nothing happens.
    next: i64,
    /// Whether there is more to read now.
    has_more: bool,
}

/// Something that happened to a listing.
#[derive(Serialize, ToSchema)]
struct ChangeEvent {
    /// Its place; grows, with gaps.
    seq: i64,
    #[schema(value_type = EventKind)]
    kind: &'static str,
    at: Timestamp,
    listing_id: String,
    #[schema(value_type = Protocol)]
    protocol: &'static str,
    /// Whether it is one of the many of a list's first import; webhooks are not told of it.
    bulk: bool,
    /// `id`, `name`, `url` and `protocol` of the listing, and what differs: `before` and `after`.
    #[schema(value_type = Object)]
    data: Box<RawValue>,
}

/// Shows what happened to listings after a cursor, oldest first.
///
/// Nothing is left out and nothing comes twice for who sends each answer's `next` as the next
/// request's `after`. With `kind`, an answer can be empty and still have more to read after it.
#[utoipa::path(
    get,
    path = "/api/v1/changes",
    tag = "feeds",
    params(ChangesQuery),
    responses(
        (status = 200, description = "The events", body = Changes),
        (status = 400, description = "Parameters that cannot be used, each named", body = ErrorBody),
        (status = 404, description = "The cursor is none of this server", body = ErrorBody),
        (status = 503, description = "The events cannot be read now", body = ErrorBody),
    )
)]
pub(super) async fn changes(State(feeds): State<Feeds>, RawQuery(raw): RawQuery) -> Response {
    let query = match ChangesQuery::parse(&raw.unwrap_or_default()) {
        Ok(query) => query,
        Err(error) => return invalid_query(&error),
    };
    match read(&feeds.directory, query).await {
        Ok(Some(changes)) => {
            ([(CACHE_CONTROL, HeaderValue::from_static("no-cache"))], Json(changes)).into_response()
        }
        Ok(None) => unknown_cursor(query.after),
        Err(error) => {
            tracing::error!(%error, "the events could not be read");
            let body =
                ErrorBody::new("store_unavailable", "the events cannot be read now; try again");
            let retry = [(RETRY_AFTER, HeaderValue::from_static("5"))];
            (StatusCode::SERVICE_UNAVAILABLE, retry, Json(body)).into_response()
        }
    }
}

/// Whoever waits at a place that does not exist yet would miss what comes before it.
fn unknown_cursor(after: i64) -> Response {
    let message = format!("there is no event {after} yet; send after=0 or the next of an answer");
    let mut body = ErrorBody::new("unknown_cursor", message);
    body.error.parameters.push("after".to_owned());
    (StatusCode::NOT_FOUND, Json(body)).into_response()
}

/// `None` when the cursor is past the last event.
async fn read(directory: &Directory, query: ChangesQuery) -> Result<Option<Changes>, StoreError> {
    let look_at = match query.kind {
        Some(_) => LOOKED_AT_MAX,
        None => query.limit,
    };
    let read = move |transaction: &Transaction<'_>| -> Result<_, StoreError> {
        let events = events_after(transaction, query.after, look_at + 1)?;
        let is_known = !events.is_empty() || query.after <= last_event(transaction)?;
        Ok(is_known.then_some(events))
    };
    let Some(events) = directory.store().read(read).await? else { return Ok(None) };
    page(events, query, look_at).map(Some)
}

fn page(
    events: Vec<ListingEvent>,
    query: ChangesQuery,
    look_at: usize,
) -> Result<Changes, StoreError> {
    let read = events.len();
    let mut changes = Changes { events: Vec::new(), next: query.after, has_more: false };
    let mut seen = 0;
    for event in events.into_iter().take(look_at) {
        if changes.events.len() == query.limit {
            break;
        }
        seen += 1;
        changes.next = event.seq;
        if query.kind.is_none_or(|kind| kind == event.kind) {
            changes.events.push(ChangeEvent::of(event)?);
        }
    }
    changes.has_more = seen < read;
    Ok(changes)
}

impl ChangeEvent {
    fn of(event: ListingEvent) -> Result<Self, StoreError> {
        let data = RawValue::from_string(event.body);
        Ok(Self {
            seq: event.seq,
            kind: event.kind.name(),
            at: event.at,
            listing_id: event.listing_id,
            protocol: event.protocol.name(),
            bulk: event.is_bulk,
            data: data.map_err(|error| StoreError::Unreadable(error.to_string()))?,
        })
    }
}
