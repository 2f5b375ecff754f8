//! `GET /api/v1/services`: list and search.

use super::answer::{invalid_query, json};
use super::document::ServicesQuery;
use super::row::ServiceRow;
use crate::embedding::DEGRADED_HEADER;
use crate::query::Dialect;
use crate::{Directory, ListQuery, Page, Why};
use axum::extract::{RawQuery, State};
use axum::response::Response;
use farebox_wire::api_error::ErrorBody;
use http::HeaderValue;
use std::fmt::Write;
use utoipa::ToSchema;

/// Bytes of a row, about: spares growing the answer.
const ROW_LEN: usize = 1_024;

/// A page of listings.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape of what `body` writes")]
struct ServiceList<'a> {
    services: Vec<ServiceRow<'a>>,
    /// Listings that match, on this page or not.
    total: usize,
    limit: usize,
    offset: usize,
}

/// Lists listings: filters, search, order and page as the API documents them.
///
/// 200 with `services`, the exact `total`, `limit` and `offset`; 400 `invalid_parameter` names
/// every parameter that is unknown, repeated, malformed or out of range.
#[utoipa::path(
    get,
    path = "/api/v1/services",
    tag = "directory",
    params(ServicesQuery),
    responses(
        (
            status = 200,
            description = "The page that was asked for",
            body = ServiceList,
            headers(("X-402index-Search-Degraded" = String, description = "Why a search ran without the meaning of words")),
        ),
        (status = 400, description = "Parameters that cannot be used, each named", body = ErrorBody),
    )
)]
pub(super) async fn services(
    State(directory): State<Directory>,
    RawQuery(raw): RawQuery,
) -> Response {
    let parsed = directory.snapshot().parse(raw.as_deref().unwrap_or_default(), Dialect::Services);
    let query = match parsed {
        Ok(query) => query,
        Err(error) => return invalid_query(&error),
    };
    let (page, degraded) = directory.search(&query).await;
    let mut response = json(body(&query, &page));
    if let Some(degraded) = degraded {
        let reason = HeaderValue::from_static(degraded.code());
        response.headers_mut().insert(DEGRADED_HEADER, reason);
    }
    response
}

fn body(query: &ListQuery, page: &Page) -> String {
    let mut body = String::with_capacity(page.rows.len() * ROW_LEN + 128);
    body.push_str(r#"{"services":["#);
    for (place, entry) in page.rows.iter().enumerate() {
        if place > 0 {
            body.push(',');
        }
        let why = page.whys.get(place).and_then(Option::as_ref);
        push_row(&mut body, entry.row_json(), why);
    }
    // Writing to a text cannot fail.
    let _ = write!(
        body,
        r#"],"total":{},"limit":{},"offset":{}}}"#,
        page.total, query.limit, query.offset
    );
    body
}

/// A row, with why it was found where that was asked.
fn push_row(body: &mut String, row: &str, why: Option<&Why>) {
    let why = why.and_then(|why| serde_json::to_string(why).ok());
    match (why, row.strip_suffix('}')) {
        (Some(why), Some(open)) => {
            // Writing to a text cannot fail.
            let _ = write!(body, r#"{open},"why":{why}}}"#);
        }
        _ => body.push_str(row),
    }
}
