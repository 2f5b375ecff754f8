//! `GET /api/v1/services/{id}/history`: how a listing fared, day by day.

use super::answer::{failed, not_found};
use super::uptime::Uptime;
use crate::history::{Chronicle, Days, Figures, Incident, Outcome, Slot, Window};
use crate::text::clean::clean_text;
use crate::{Directory, store};
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use farebox_store::{StoreError, Transaction};
use farebox_wire::api_error::ErrorBody;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;

/// Days that are shown.
const DAYS: i64 = 90;
/// Incidents shown at most.
const INCIDENTS_SHOWN_MAX: usize = 100;

/// Shows the last 90 days of a listing: uptime and response times of each window up to now and of
/// each day, when it was down, and how often its price and its payee changed.
///
/// 200; 404 `not_found` when no listing has the id.
#[utoipa::path(
    get,
    path = "/api/v1/services/{id}/history",
    tag = "directory",
    params(("id" = String, Path, description = "Of the listing, as lists show it")),
    responses(
        (status = 200, description = "How it fared", body = History),
        (status = 404, description = "No listing has the id", body = ErrorBody),
        (status = 503, description = "The database does not answer", body = ErrorBody),
    )
)]
pub(super) async fn history(
    State(directory): State<Directory>,
    id: Result<Path<String>, PathRejection>,
) -> Response {
    let id = id.map_or_else(|_| String::new(), |Path(id)| id);
    if directory.snapshot().get(&id).is_none() {
        let id = clean_text(&id, 64);
        return not_found(format!(
            "no listing has the id {id:?}; GET /api/v1/services lists the ids"
        ));
    }
    let now = directory.now();
    let first = Slot::at(now.as_millisecond()).day().minus(DAYS - 1);
    let ids = vec![id.clone()];
    let read = move |transaction: &Transaction<'_>| {
        let history = store::chronicles(transaction, &ids, first)?.pop().unwrap_or_default();
        let since = first.start();
        let id = ids.first().map(String::as_str).unwrap_or_default();
        Ok((history, Stability::read(transaction, id, since)?))
    };
    match directory.store().read(read).await {
        Ok((chronicle, stability)) => {
            Json(History::of(&id, &chronicle, stability, now)).into_response()
        }
        Err(error) => failed(&error),
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = ServiceHistory)]
struct History<'a> {
    id: &'a str,
    generated_at: Timestamp,
    /// How long a slot is: what was checked several times in one counts once, by the worst.
    slot_seconds: i64,
    /// By window, up to now.
    uptime: Uptime,
    /// The days on which it was checked, by UTC, oldest first.
    days: Vec<DayView>,
    /// When it was down, the latest hundred, newest first.
    incidents: Vec<IncidentView>,
    stability: Stability,
}

/// What changed in the days that are shown. Kept apart from the reliability score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
struct Stability {
    /// The first day that is counted.
    since: Timestamp,
    /// How often its price changed.
    price_changes: u32,
    /// How often who is paid changed.
    pay_to_changes: u32,
}

impl Stability {
    fn read(
        transaction: &Transaction<'_>,
        listing_id: &str,
        since: Timestamp,
    ) -> Result<Self, StoreError> {
        let (price_changes, pay_to_changes) =
            store::changes_of_terms(transaction, listing_id, since)?;
        Ok(Self { since, price_changes, pay_to_changes })
    }
}

/// A day by UTC. Counts are of slots of five minutes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct DayView {
    #[schema(value_type = String, format = Date)]
    date: String,
    /// Slots that say something about the endpoint.
    judged: u32,
    /// Those in which it could have been paid.
    healthy: u32,
    /// Those in which it answered, whatever it said.
    reachable: u32,
    /// The median time to the first byte of a challenge that could have been paid.
    latency_p50_ms: Option<u32>,
    latency_p95_ms: Option<u32>,
}

/// These days, oldest first.
pub(crate) fn day_views(days: &Days) -> Vec<DayView> {
    let views = days.iter().map(|(day, record)| {
        let figures = Figures::of(&record.sum());
        DayView {
            date: day.start().to_zoned(TimeZone::UTC).date().to_string(),
            judged: figures.counts.judged,
            healthy: figures.counts.healthy,
            reachable: figures.counts.reachable,
            latency_p50_ms: figures.latency_p50_ms,
            latency_p95_ms: figures.latency_p95_ms,
        }
    });
    views.collect()
}

/// A time in which an endpoint was down, to the millisecond.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Incident)]
pub(crate) struct IncidentView {
    /// The first check that found it down.
    pub(crate) started_at: Timestamp,
    /// The first check that found it up again; null while it lasts.
    ended_at: Option<Timestamp>,
    duration_seconds: i64,
    /// Checks that found it down.
    failed_checks: u32,
    /// What the last of them came to.
    #[schema(value_type = Outcome)]
    outcome: &'static str,
    http_status: Option<u16>,
    error_message: Option<String>,
}

impl IncidentView {
    pub(crate) fn of(incident: Incident, now: Timestamp) -> Self {
        let time = |at_ms| Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        let (started_at, ended_at) = (time(incident.started_ms), incident.ended_ms.map(time));
        let until = ended_at.unwrap_or(now).as_millisecond();
        Self {
            started_at,
            ended_at,
            duration_seconds: (until.saturating_sub(incident.started_ms) / 1_000).max(0),
            failed_checks: incident.failed_checks,
            outcome: incident.last.outcome.name(),
            http_status: incident.last.http_status,
            error_message: incident.last.error_message,
        }
    }
}

impl<'a> History<'a> {
    fn of(id: &'a str, history: &Chronicle, stability: Stability, now: Timestamp) -> Self {
        let slot = Slot::at(now.as_millisecond());
        let figures = Window::ALL.map(|window| Figures::of(&history.sum(window, slot)));
        let incidents = history.incidents().into_iter().take(INCIDENTS_SHOWN_MAX);
        Self {
            id,
            generated_at: now,
            slot_seconds: 300,
            uptime: Uptime::of(figures),
            days: day_views(&history.days),
            incidents: incidents.map(|one| IncidentView::of(one, now)).collect(),
            stability,
        }
    }
}
