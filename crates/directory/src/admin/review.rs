//! `GET /admin/api/review` and `POST /admin/api/review/{id}`: questions to the admin, and answers.

use super::guard::{Admin, IsAdmin};
use super::page::{self, Page};
use crate::api::answer::{failed, invalid_query, not_found, refusal};
use crate::api::body::Body;
use crate::api::service::{Detail, detail};
use crate::query::{QueryError, values};
use crate::review::{Decision, DecisionError};
use crate::store::review::{ReviewItem, ReviewKind, ReviewStatus, questions};
use crate::{Listing, store};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use farebox_wire::api_error::ErrorBody;
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// Characters of a reason at most.
const REASON_LEN_MAX: usize = 500;

#[derive(Serialize, ToSchema)]
struct Queue {
    items: Vec<Item>,
    /// `after` of the next page; null on the last.
    next: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct Item {
    id: i64,
    #[schema(value_type = ReviewKind)]
    kind: &'static str,
    listing_id: String,
    subject: String,
    /// The particulars, in strangers' words.
    #[schema(value_type = Object)]
    body: Value,
    #[schema(value_type = ReviewStatus)]
    status: &'static str,
    created_at: Timestamp,
    decided_at: Option<Timestamp>,
    decided_by: Option<String>,
    reason: Option<String>,
    /// The listing as it stands; null when it is gone.
    #[schema(value_type = Option<Detail<'_>>)]
    listing: Option<Value>,
}

impl Item {
    fn of(item: ReviewItem, listing: Option<&Listing>) -> Self {
        Self {
            id: item.id,
            kind: item.kind.name(),
            listing_id: item.listing_id,
            subject: item.subject,
            body: item.body,
            status: item.status.name(),
            created_at: item.created_at,
            decided_at: item.decided_at,
            decided_by: item.decided_by,
            reason: item.reason,
            listing: listing.map(|listing| detail(listing, std::iter::empty())),
        }
    }
}

/// Questions that wait, or that were answered, oldest first.
#[utoipa::path(
    get,
    path = "/admin/api/review",
    tag = "admin",
    params(
        ("status" = Option<ReviewStatus>, Query, description = "open unless said"),
        ("after" = Option<i64>, Query, minimum = 0, description = "Only those after this number"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 200, description = "At most, 50 unless said"),
    ),
    responses(
        (status = 200, description = "Questions to the admin", body = Queue),
        (status = 400, description = "Parameters that cannot be used, each named", body = ErrorBody),
        (status = 401, description = "The admin's secret is missing or wrong", body = ErrorBody),
    ),
    security(("admin" = [])),
)]
pub(super) async fn queue(
    _admin: IsAdmin,
    State(admin): State<Admin>,
    RawQuery(raw): RawQuery,
) -> Response {
    let status = |value: &str| values::word(value, &ReviewStatus::ALL, ReviewStatus::name);
    let after = |value: &str| values::position(value, 0);
    let read = page::read(raw.as_deref(), (ReviewStatus::Open, status), (0, after));
    let Page { status, after, len_max } = match read {
        Ok(page) => page,
        Err(error) => return invalid_query(&error),
    };
    let read = admin.directory.store().read(move |transaction| {
        let items = questions(transaction, status, after, len_max)?;
        let with_listing = |item: ReviewItem| {
            let listing = store::find(transaction, &item.listing_id)?;
            Ok(Item::of(item, listing.as_ref()))
        };
        items.into_iter().map(with_listing).collect::<Result<Vec<_>, _>>()
    });
    match read.await {
        Ok(items) => {
            let next = page::next(&items, len_max, |item| item.id);
            Json(Queue { items, next }).into_response()
        }
        Err(error) => failed(&error),
    }
}

/// An answer to a question.
#[derive(ToSchema)]
#[schema(as = ReviewDecision)]
#[expect(dead_code, reason = "the shape of what `Body` reads")]
struct Asked {
    /// `approve` or `reject`.
    decision: String,
    /// Why; shown to the provider.
    #[schema(max_length = 500)]
    reason: Option<String>,
}

/// Answers a question. Approved registrations are shown, approved rails become listings of their
/// own.
#[utoipa::path(
    post,
    path = "/admin/api/review/{id}",
    tag = "admin",
    params(("id" = i64, Path, description = "The question's number")),
    request_body = Asked,
    responses(
        (status = 200, description = "The question as it stands now", body = Item),
        (status = 400, description = "Fields that cannot be used, each named", body = ErrorBody),
        (status = 401, description = "The admin's secret is missing or wrong", body = ErrorBody),
        (status = 404, description = "There is no such question", body = ErrorBody),
        (status = 409, description = "It was decided already", body = ErrorBody),
    ),
    security(("admin" = [])),
)]
pub(super) async fn decide(
    _admin: IsAdmin,
    State(admin): State<Admin>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let decision = match read(&body) {
        Ok(decision) => decision,
        Err(error) => return invalid_query(&error),
    };
    let unknown = || not_found("no question has this number".to_owned());
    let Ok(id) = id.parse::<i64>() else { return unknown() };
    let decided = admin.directory.change(move |change| {
        let item = crate::review::decide(change, id, &decision)?;
        let listing = change.find(&item.listing_id)?;
        Ok(Item::of(item, listing.as_ref()))
    });
    match decided.await {
        Ok(item) => Json(item).into_response(),
        Err(DecisionError::Unknown) => unknown(),
        Err(DecisionError::Decided) => {
            let message = "This question was decided already; GET /admin/api/review lists those \
                           that wait.";
            refusal(StatusCode::CONFLICT, "already_decided", message)
        }
        Err(DecisionError::Store(error)) => failed(&error),
    }
}

fn read(bytes: &[u8]) -> Result<Decision, QueryError> {
    let mut body = Body::parse(bytes)?;
    let text = body.required_text("decision", 16);
    let status = match text.to_ascii_lowercase().as_str() {
        "approve" | "approved" => Some(ReviewStatus::Approved),
        "reject" | "rejected" => Some(ReviewStatus::Rejected),
        _ => None,
    };
    if status.is_none() && !text.is_empty() {
        body.refuse("decision", "must be approve or reject");
    }
    let reason = body.text("reason", REASON_LEN_MAX);
    body.finish()?;
    Ok(Decision {
        status: status.unwrap_or(ReviewStatus::Rejected),
        by: "admin".to_owned(),
        reason,
    })
}
