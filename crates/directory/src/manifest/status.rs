//! `GET /api/services/{service_id}/status`: how a service stands.

use super::answer::{no_service, unavailable};
use super::catalogue::{Service, ServiceStatus};
use super::services::Services;
use super::view::ENDPOINTS_SHOWN_MAX;
use crate::{Listing, Protocol};
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use farebox_wire::api_error::ErrorBody;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// Shows the last verdict on a service and each of its endpoints.
///
/// 200; 404 `not_found` when no service that is shown has the id.
#[utoipa::path(
    get,
    path = "/api/services/{service_id}/status",
    tag = "services",
    params(("service_id" = String, Path, description = "Of the service, as lists show it")),
    responses(
        (status = 200, description = "How it stands", body = Status),
        (status = 404, description = "No service has the id", body = ErrorBody),
        (status = 503, description = "The database does not answer", body = ErrorBody),
    )
)]
pub(super) async fn status(
    State(services): State<Services>,
    id: Result<Path<String>, PathRejection>,
) -> Response {
    let id = id.map_or_else(|_| String::new(), |Path(id)| id);
    match services.catalogue().await {
        Ok(catalogue) => match catalogue.get(&id) {
            Some(service) => Json(Status::of(service)).into_response(),
            None => no_service(&id),
        },
        Err(error) => unavailable(&error),
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = ServiceStatus)]
struct Status<'a> {
    service_id: &'a str,
    name: String,
    /// `live`, `degraded`, `offline` or `new`.
    #[schema(value_type = String)]
    status: &'static str,
    last_checked: Option<Timestamp>,
    /// The first hundred.
    endpoints: Vec<EndpointStatus<'a>>,
}

#[derive(Serialize, ToSchema)]
struct EndpointStatus<'a> {
    url: &'a str,
    method: Option<&'a str>,
    #[schema(value_type = Protocol)]
    protocol: &'static str,
    #[schema(value_type = String)]
    status: &'static str,
    last_checked: Option<Timestamp>,
    last_seen_healthy: Option<Timestamp>,
    consecutive_failures: u32,
    /// From 0 to 1, over 30 days.
    uptime_30d: Option<f64>,
    latency_p50_ms: Option<u32>,
}

impl<'a> Status<'a> {
    fn of(service: &'a Service) -> Self {
        let listings = service.listings(None);
        Self {
            service_id: &service.id,
            name: service.name(),
            status: service.status(service.usual_rail()).name(),
            last_checked: listings.clone().filter_map(|one| one.health.last_checked).max(),
            endpoints: listings.take(ENDPOINTS_SHOWN_MAX).map(EndpointStatus::of).collect(),
        }
    }
}

impl<'a> EndpointStatus<'a> {
    fn of(listing: &'a Listing) -> Self {
        let (facts, health) = (&listing.facts, &listing.health);
        Self {
            url: &facts.url,
            method: facts.method.as_deref(),
            protocol: facts.protocol.name(),
            status: ServiceStatus::of(health.status).name(),
            last_checked: health.last_checked,
            last_seen_healthy: health.last_seen_healthy,
            consecutive_failures: health.consecutive_failures,
            uptime_30d: health.uptime_30d,
            latency_p50_ms: health.latency_p50_ms,
        }
    }
}
