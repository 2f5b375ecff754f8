//! `GET /api/v1/services/{id}`: everything that is known of one listing.

use super::answer::not_found;
use super::document::Flag;
use super::row::Upcoming;
use crate::clean::clean_text;
use crate::{
    Directory, Entry, HealthStatus, L402Format, Listing, Observation, ProbeStatus, Protocol,
    Snapshot, Verification,
};
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use farebox_money::{MicroUsd, Sats};
use farebox_wire::api_error::ErrorBody;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// Shows one listing with its recent checks and the other listings of its URL.
///
/// 200; 404 `not_found` when no listing has the id.
#[utoipa::path(
    get,
    path = "/api/v1/services/{id}",
    tag = "directory",
    params(("id" = String, Path, description = "Of the listing, as lists show it")),
    responses(
        (status = 200, description = "The listing", body = Detail),
        (status = 404, description = "No listing has the id", body = ErrorBody),
    )
)]
pub(super) async fn service(
    State(directory): State<Directory>,
    id: Result<Path<String>, PathRejection>,
) -> Response {
    let snapshot = directory.snapshot();
    let id = id.map_or_else(|_| String::new(), |Path(id)| id);
    let Some(entry) = snapshot.get(&id) else {
        let id = clean_text(&id, 64);
        return not_found(format!(
            "no listing has the id {id:?}; GET /api/v1/services lists the ids"
        ));
    };
    Json(Detail::of(entry, &snapshot)).into_response()
}

#[derive(Serialize, ToSchema)]
#[schema(as = ServiceDetail)]
struct Detail<'a> {
    id: &'a str,
    name: &'a str,
    description: &'a str,
    url: &'a str,
    #[schema(value_type = Protocol)]
    protocol: &'static str,
    #[schema(value_type = Option<u64>)]
    price_sats: Option<Sats>,
    price_usd: Option<f64>,
    /// A price that is no single number, as the provider writes it.
    price_note: Option<&'a str>,
    payment_asset: Option<&'a str>,
    payment_network: Option<&'a str>,
    category: &'a str,
    provider: &'a str,
    source: &'a str,
    source_ref: Option<&'a str>,
    licence: Option<&'a str>,
    sample_data: bool,
    #[schema(value_type = Flag)]
    featured: u8,
    registered_at: Timestamp,
    updated_at: Timestamp,
    status: &'static str,
    http_method: Option<&'a str>,
    probe_body: Option<&'a str>,
    #[schema(value_type = ProbeStatus)]
    probe_status: &'static str,
    #[schema(value_type = Flag)]
    is_template: u8,
    #[schema(value_type = Flag)]
    is_demo: u8,
    #[schema(value_type = Flag)]
    verified: u8,
    #[schema(value_type = Flag)]
    domain_verified: u8,
    hostname: String,
    #[serde(flatten)]
    health: HealthFields<'a>,
    #[serde(flatten)]
    rail: RailFields,
    #[serde(flatten)]
    upcoming: Upcoming,
    #[serde(flatten)]
    unset: Unset,
    related_services: Vec<Related<'a>>,
}

#[derive(Serialize, ToSchema)]
struct HealthFields<'a> {
    #[schema(value_type = HealthStatus)]
    health_status: &'static str,
    uptime_30d: Option<f64>,
    latency_p50_ms: Option<u32>,
    last_checked: Option<Timestamp>,
    last_seen_healthy: Option<Timestamp>,
    consecutive_failures: u32,
    consecutive_latency_spikes: usize,
    reliability_score: Option<f64>,
    health_checks: Vec<HealthCheck<'a>>,
}

#[derive(Serialize, ToSchema)]
struct HealthCheck<'a> {
    id: i64,
    checked_at: Timestamp,
    #[schema(value_type = HealthStatus)]
    status: &'static str,
    response_time_ms: Option<u32>,
    http_status: Option<u16>,
    error_message: Option<&'a str>,
}

#[derive(Serialize, ToSchema)]
struct RailFields {
    #[schema(value_type = Option<Flag>)]
    x402_payment_valid: Option<u8>,
    #[schema(value_type = Option<L402Format>)]
    l402_format: Option<&'static str>,
    #[schema(value_type = Option<Flag>)]
    lnget_compatible: Option<u8>,
}

/// Fields that clients of the API may read and that nothing here fills.
#[derive(Default, Serialize, ToSchema)]
struct Unset {
    #[schema(value_type = Option<String>)]
    input_schema: Option<()>,
    #[schema(value_type = Option<String>)]
    output_schema: Option<()>,
    #[schema(value_type = Option<String>)]
    source_id: Option<()>,
    #[schema(value_type = Option<String>)]
    contact_email: Option<()>,
    #[schema(value_type = Option<String>)]
    x402_facilitator_reachable: Option<()>,
    #[schema(value_type = Option<String>)]
    x402_asset_known: Option<()>,
    #[schema(value_type = Flag)]
    provider_deleted: u8,
    #[schema(value_type = Option<String>)]
    deleted_at: Option<()>,
    #[schema(value_type = Option<String>)]
    approval_reason: Option<()>,
    #[schema(value_type = Option<String>)]
    l402_compliant: Option<()>,
    #[schema(value_type = Option<String>)]
    l402_degrade_reason: Option<()>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = RelatedService)]
struct Related<'a> {
    id: &'a str,
    #[schema(value_type = Protocol)]
    protocol: &'static str,
    #[schema(value_type = HealthStatus)]
    health_status: &'static str,
    #[schema(value_type = Option<u64>)]
    price_sats: Option<Sats>,
    price_usd: Option<f64>,
    reliability_score: Option<f64>,
    uptime_30d: Option<f64>,
    latency_p50_ms: Option<u32>,
}

impl<'a> Detail<'a> {
    fn of(entry: &'a Entry, snapshot: &'a Snapshot) -> Self {
        let listing = entry.listing();
        let facts = &listing.facts;
        Self {
            id: &listing.id,
            name: &facts.name,
            description: &facts.description,
            url: &facts.url,
            protocol: facts.protocol.name(),
            price_sats: facts.price_sats,
            price_usd: facts.price_usd.map(MicroUsd::to_f64),
            price_note: facts.price_note.as_deref(),
            payment_asset: facts.payment_asset.as_deref(),
            payment_network: facts.payment_network.as_deref(),
            category: &facts.category,
            provider: &facts.provider,
            source: &facts.source,
            source_ref: facts.source_ref.as_deref(),
            licence: facts.licence.as_deref(),
            sample_data: facts.sample_data,
            featured: u8::from(facts.featured),
            registered_at: listing.registered_at,
            updated_at: listing.updated_at,
            status: "active",
            http_method: facts.method.as_deref(),
            probe_body: facts.probe_body.as_deref(),
            probe_status: facts.probe_status.name(),
            is_template: u8::from(listing.is_template()),
            is_demo: u8::from(facts.is_demo),
            verified: u8::from(listing.verification() != Verification::None),
            domain_verified: u8::from(facts.domain_verified),
            hostname: listing.host(),
            health: HealthFields::of(listing),
            rail: RailFields {
                x402_payment_valid: facts.x402_payment_valid.map(u8::from),
                l402_format: facts.l402_format.map(L402Format::name),
                lnget_compatible: facts.lnget_compatible.map(u8::from),
            },
            upcoming: Upcoming::default(),
            unset: Unset::default(),
            related_services: snapshot.related(listing).map(Related::of).collect(),
        }
    }
}

impl<'a> HealthFields<'a> {
    fn of(listing: &'a Listing) -> Self {
        let health = &listing.health;
        Self {
            health_status: health.status.name(),
            uptime_30d: health.uptime_30d,
            latency_p50_ms: health.latency_p50_ms,
            last_checked: health.last_checked,
            last_seen_healthy: health.last_seen_healthy,
            consecutive_failures: health.consecutive_failures,
            consecutive_latency_spikes: health.consecutive_latency_spikes(),
            reliability_score: health.reliability_score,
            health_checks: health.recent.iter().map(HealthCheck::of).collect(),
        }
    }
}

impl<'a> HealthCheck<'a> {
    fn of(seen: &'a Observation) -> Self {
        Self {
            id: seen.id,
            checked_at: seen.check.checked_at,
            status: seen.check.healthy.name(),
            response_time_ms: seen.check.response_time_ms,
            http_status: seen.check.http_status,
            error_message: seen.check.error_message.as_deref(),
        }
    }
}

impl<'a> Related<'a> {
    fn of(listing: &'a Listing) -> Self {
        Self {
            id: &listing.id,
            protocol: listing.facts.protocol.name(),
            health_status: listing.health.status.name(),
            price_sats: listing.facts.price_sats,
            price_usd: listing.facts.price_usd.map(MicroUsd::to_f64),
            reliability_score: listing.health.reliability_score,
            uptime_30d: listing.health.uptime_30d,
            latency_p50_ms: listing.health.latency_p50_ms,
        }
    }
}
