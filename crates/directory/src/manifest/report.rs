//! `GET /api/report/{service_id}`: how a service fared, in full. The paywall stands in front.

use super::answer::{no_service, unavailable};
use super::catalogue::{Service, ServiceStatus};
use super::history::{self, Incident, Window};
use super::services::Services;
use crate::health::HISTORY_LEN_MAX;
use crate::{Check, Listing, Protocol, store};
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
/// Checks shown of an endpoint at most.
const PROBES_SHOWN_MAX: usize = 100;
/// Incidents shown at most.
const INCIDENTS_SHOWN_MAX: usize = 100;

/// Reports the last 30 days of a service, as far as it was checked: uptime and response times by
/// window, the checks themselves, and when it was down. Who gets here has paid.
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
    match histories(&services, service).await {
        Ok(checks) => {
            let now = services.directory().now();
            Json(Report::of(service, &checks, now)).into_response()
        }
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

/// The checks of each endpoint of the report, newest first.
async fn histories(services: &Services, service: &Service) -> Result<Vec<Vec<Check>>, StoreError> {
    let listings = service.listings(None).take(ENDPOINTS_MAX);
    let ids: Vec<String> = listings.map(|listing| listing.id.clone()).collect();
    let read = move |transaction: &Transaction<'_>| {
        let checks = ids.iter().map(|id| {
            let seen = store::history(transaction, id, HISTORY_LEN_MAX)?;
            Ok(seen.into_iter().map(|seen| seen.check).collect())
        });
        checks.collect::<Result<Vec<Vec<Check>>, StoreError>>()
    };
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
    uptime: Vec<Window>,
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
    uptime: Vec<Window>,
    /// The latest hundred checks, newest first.
    probe_history: Vec<ProbeEntry<'a>>,
}

#[derive(Serialize, ToSchema)]
struct ProbeEntry<'a> {
    checked_at: Timestamp,
    /// `live`, `degraded`, `offline`, or `new` where the check could not judge.
    #[schema(value_type = String)]
    status: &'static str,
    http_status: Option<u16>,
    response_time_ms: Option<u32>,
    error_message: Option<&'a str>,
}

/// A time in which an endpoint was down.
#[derive(Serialize, ToSchema)]
#[schema(as = Incident)]
struct IncidentEntry<'a> {
    url: &'a str,
    method: Option<&'a str>,
    started_at: Timestamp,
    /// Null while it lasts.
    ended_at: Option<Timestamp>,
    duration_seconds: i64,
    failed_checks: usize,
    http_status: Option<u16>,
    error_message: Option<String>,
}

impl<'a> Report<'a> {
    fn of(service: &'a Service, checks: &'a [Vec<Check>], now: Timestamp) -> Self {
        let endpoints = || service.listings(None).zip(checks);
        let mut incidents: Vec<IncidentEntry<'_>> = endpoints()
            .flat_map(|(listing, checks)| {
                let found = history::incidents(checks.iter());
                found.into_iter().map(move |one| IncidentEntry::of(listing, one, now))
            })
            .collect();
        incidents.sort_by_key(|one| Reverse(one.started_at));
        incidents.truncate(INCIDENTS_SHOWN_MAX);
        Self {
            service_id: &service.id,
            name: service.name(),
            status: service.status(service.usual_rail()).name(),
            generated_at: now,
            uptime: history::windows(checks.iter().flatten(), now),
            endpoints: endpoints()
                .map(|(one, checks)| EndpointReport::of(one, checks, now))
                .collect(),
            endpoints_total: service.listings(None).count(),
            incidents,
        }
    }
}

impl<'a> EndpointReport<'a> {
    fn of(listing: &'a Listing, checks: &'a [Check], now: Timestamp) -> Self {
        Self {
            url: &listing.facts.url,
            method: listing.facts.method.as_deref(),
            protocol: listing.facts.protocol.name(),
            status: ServiceStatus::of(listing.health.status).name(),
            uptime: history::windows(checks.iter(), now),
            probe_history: checks.iter().take(PROBES_SHOWN_MAX).map(ProbeEntry::of).collect(),
        }
    }
}

impl<'a> ProbeEntry<'a> {
    fn of(check: &'a Check) -> Self {
        Self {
            checked_at: check.checked_at,
            status: ServiceStatus::of(check.healthy).name(),
            http_status: check.http_status,
            response_time_ms: check.response_time_ms,
            error_message: check.error_message.as_deref(),
        }
    }
}

impl<'a> IncidentEntry<'a> {
    fn of(listing: &'a Listing, incident: Incident, now: Timestamp) -> Self {
        let until = incident.ended_at.unwrap_or(now);
        let duration = until.as_second().saturating_sub(incident.started_at.as_second());
        Self {
            url: &listing.facts.url,
            method: listing.facts.method.as_deref(),
            started_at: incident.started_at,
            ended_at: incident.ended_at,
            duration_seconds: duration.max(0),
            failed_checks: incident.failed_checks,
            http_status: incident.last.http_status,
            error_message: incident.last.error_message,
        }
    }
}
