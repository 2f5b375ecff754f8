//! `GET /api/report/{service_id}`: how a service fared, in full. The paywall stands in front.

use super::answer::{no_service, unavailable};
use super::catalogue::{Service, ServiceStatus};
use super::history::{self, WindowView};
use super::services::Services;
use crate::api::history::{DayView, IncidentView, day_views};
use crate::history::{Chronicle, Incident, Slot};
use crate::{Listing, Observation, Protocol, Reason, store};
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use farebox_store::{StoreError, Transaction};
use farebox_wire::api_error::ErrorBody;
use jiff::Timestamp;
use serde::Serialize;
use std::cmp::Reverse;
use utoipa::ToSchema;

/// Where reports are served.
pub const REPORT_PATH: &str = "/api/report/{service_id}";
/// Endpoints of a report at most.
const ENDPOINTS_MAX: usize = 20;
/// Days that a report reaches back.
const DAYS: i64 = 90;
/// Incidents shown at most.
const INCIDENTS_SHOWN_MAX: usize = 100;

/// Reports the last 90 days of a service, as far as it was checked: uptime and response times by
/// window and day, the latest checks, and when it was down. Who gets here has paid.
///
/// 200; 402 while it is not paid for; 404 `not_found` before any payment when no service that is
/// shown has the id.
#[utoipa::path(
    get,
    path = "/api/report/{service_id}",
    tag = "services",
    params(("service_id" = String, Path, description = "Of the service, as lists show it")),
    responses(
        (status = 200, description = "The report", body = Report),
        (status = 404, description = "No service has the id", body = ErrorBody),
        (status = 503, description = "The database does not answer", body = ErrorBody),
    )
)]
pub(super) async fn report(
    State(services): State<Services>,
    id: Result<Path<String>, PathRejection>,
) -> Response {
    let id = id.map_or_else(|_| String::new(), |Path(id)| id);
    let catalogue = match services.catalogue().await {
        Ok(catalogue) => catalogue,
        Err(error) => return unavailable(&error),
    };
    let Some(service) = catalogue.get(&id) else { return no_service(&id) };
    let now = services.directory().now();
    match histories(&services, service, now).await {
        Ok(histories) => Json(Report::of(service, histories, now)).into_response(),
        Err(error) => unavailable(&error),
    }
}

/// Stands before the paywall: what cannot be reported is not sold.
pub(super) async fn screen(
    State(services): State<Services>,
    id: Result<Path<String>, PathRejection>,
    request: Request,
    next: Next,
) -> Response {
    let id = id.map_or_else(|_| String::new(), |Path(id)| id);
    match services.catalogue().await {
        Ok(catalogue) if catalogue.get(&id).is_none() => no_service(&id),
        Ok(_) => next.run(request).await,
        Err(error) => unavailable(&error),
    }
}

/// The histories of the endpoints of the report, in their order.
async fn histories(
    services: &Services,
    service: &Service,
    now: Timestamp,
) -> Result<Vec<Chronicle>, StoreError> {
    let first = Slot::at(now.as_millisecond()).day().minus(DAYS - 1);
    let listings = service.listings(None).take(ENDPOINTS_MAX);
    let ids: Vec<String> = listings.map(|listing| listing.id.clone()).collect();
    let read = move |transaction: &Transaction<'_>| store::chronicles(transaction, &ids, first);
    services.directory().store().read(read).await
}

#[derive(Serialize, ToSchema)]
#[schema(as = ServiceReport)]
struct Report<'a> {
    service_id: &'a str,
    name: String,
    /// `live`, `degraded`, `offline` or `new`.
    #[schema(value_type = String)]
    status: &'static str,
    generated_at: Timestamp,
    /// Of all endpoints of the report together.
    uptime: Vec<WindowView>,
    /// The first twenty.
    endpoints: Vec<EndpointReport<'a>>,
    /// How many there are.
    endpoints_total: usize,
    /// The latest hundred, newest first.
    incidents: Vec<IncidentEntry<'a>>,
}

#[derive(Serialize, ToSchema)]
struct EndpointReport<'a> {
    url: &'a str,
    method: Option<&'a str>,
    #[schema(value_type = Protocol)]
    protocol: &'static str,
    #[schema(value_type = String)]
    status: &'static str,
    uptime: Vec<WindowView>,
    /// The days on which it was checked, by UTC, oldest first.
    days: Vec<DayView>,
    /// The latest twenty checks, newest first; fewer where their texts are long.
    probe_history: Vec<ProbeEntry>,
}

#[derive(Serialize, ToSchema)]
struct ProbeEntry {
    checked_at: Timestamp,
    /// `live`, `degraded`, `offline`, or `new` where the check could not judge.
    #[schema(value_type = String)]
    status: &'static str,
    http_status: Option<u16>,
    response_time_ms: Option<u32>,
    error_message: Option<String>,
    /// Why, those that matter most first.
    reasons: Vec<Reason>,
}

/// A time in which an endpoint was down.
#[derive(Serialize, ToSchema)]
#[schema(as = ServiceIncident)]
struct IncidentEntry<'a> {
    url: &'a str,
    method: Option<&'a str>,
    #[serde(skip)]
    started_at: Timestamp,
    #[serde(flatten)]
    incident: IncidentView,
}

impl<'a> Report<'a> {
    fn of(service: &'a Service, histories: Vec<Chronicle>, now: Timestamp) -> Self {
        let listings = || service.listings(None).zip(&histories);
        let mut incidents: Vec<IncidentEntry<'_>> = listings()
            .flat_map(|(listing, history)| {
                let found = history.incidents();
                found.into_iter().map(move |one| IncidentEntry::of(listing, one, now))
            })
            .collect();
        incidents.sort_by_key(|one| Reverse(one.started_at));
        incidents.truncate(INCIDENTS_SHOWN_MAX);
        let uptime = history::windows(histories.iter(), now);
        let endpoints = service.listings(None).zip(histories);
        Self {
            service_id: &service.id,
            name: service.name(),
            status: service.status(service.usual_rail()).name(),
            generated_at: now,
            uptime,
            endpoints: endpoints.map(|(one, of)| EndpointReport::of(one, of, now)).collect(),
            endpoints_total: service.listings(None).count(),
            incidents,
        }
    }
}

impl<'a> EndpointReport<'a> {
    fn of(listing: &'a Listing, history: Chronicle, now: Timestamp) -> Self {
        Self {
            url: &listing.facts.url,
            method: listing.facts.method.as_deref(),
            protocol: listing.facts.protocol.name(),
            status: ServiceStatus::of(listing.health.status).name(),
            uptime: history::windows(std::iter::once(&history), now),
            days: day_views(&history.days),
            probe_history: history.recent.into_iter().map(ProbeEntry::of).collect(),
        }
    }
}

impl ProbeEntry {
    fn of(seen: Observation) -> Self {
        let check = seen.check;
        Self {
            checked_at: check.checked_at,
            status: ServiceStatus::of(check.healthy).name(),
            http_status: check.http_status,
            response_time_ms: check.response_time_ms,
            error_message: check.error_message,
            reasons: check.reasons,
        }
    }
}

impl<'a> IncidentEntry<'a> {
    fn of(listing: &'a Listing, incident: Incident, now: Timestamp) -> Self {
        let view = IncidentView::of(incident, now);
        Self {
            url: &listing.facts.url,
            method: listing.facts.method.as_deref(),
            started_at: view.started_at,
            incident: view,
        }
    }
}
