//! `GET /api/v1/services/{id}`: everything that is known of one listing.

use super::answer::not_found;
use super::document::Flag;
use super::health_fields::HealthFields;
use super::row::Upcoming;
use crate::text::clean::clean_text;
use crate::{
    Directory, HealthStatus, L402Format, Listing, ListingFacts, ListingStatus, Offer, ProbeStatus,
    Protocol, Verification,
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
    let listing = entry.listing();
    Json(Detail::of(listing, snapshot.related(listing))).into_response()
}

/// A listing as the detail shows it, for answers that hold one beside other things.
pub(crate) fn detail<'a>(
    listing: &'a Listing,
    related: impl Iterator<Item = &'a Listing>,
) -> serde_json::Value {
    // Texts, numbers and nulls always have a JSON form.
    serde_json::to_value(Detail::of(listing, related)).unwrap_or_default()
}

/// Everything that is known of a listing.
#[derive(Serialize, ToSchema)]
#[schema(as = ServiceDetail)]
pub(crate) struct Detail<'a> {
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
    /// Only active ones are in lists.
    #[schema(value_type = ListingStatus)]
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
    health: HealthFields,
    #[serde(flatten)]
    rail: RailFields<'a>,
    #[serde(flatten)]
    more: More<'a>,
    #[serde(flatten)]
    upcoming: Upcoming,
    related_services: Vec<Related<'a>>,
}

#[derive(Serialize, ToSchema)]
struct RailFields<'a> {
    #[schema(value_type = Option<Flag>)]
    x402_payment_valid: Option<u8>,
    #[schema(value_type = Option<Flag>)]
    x402_facilitator_reachable: Option<u8>,
    #[schema(value_type = Option<Flag>)]
    x402_asset_known: Option<u8>,
    #[schema(value_type = Option<Flag>)]
    l402_compliant: Option<u8>,
    l402_degrade_reason: Option<&'a str>,
    #[schema(value_type = Option<L402Format>)]
    l402_format: Option<&'static str>,
    #[schema(value_type = Option<Flag>)]
    lnget_compatible: Option<u8>,
}

/// What is known beside the documented fields.
#[derive(Serialize, ToSchema)]
struct More<'a> {
    /// What groups the listings of one provider.
    service_id: &'a str,
    /// A JSON Schema, as a text.
    input_schema: Option<&'a str>,
    /// A JSON Schema, as a text.
    output_schema: Option<&'a str>,
    content_type: Option<&'a str>,
    docs_url: Option<&'a str>,
    /// How to make use of the answer, a JSON object as a text.
    consumption: Option<&'a str>,
    source_id: Option<&'a str>,
    /// Never shown.
    #[schema(value_type = Option<String>)]
    contact_email: Option<()>,
    #[schema(value_type = Flag)]
    provider_deleted: u8,
    deleted_at: Option<Timestamp>,
    approval_reason: Option<&'a str>,
    /// Ways to pay, as last seen or said.
    offers: &'a [Offer],
    /// What is odd about the texts.
    content_flags: &'a [String],
    /// Field by field who said it, and when.
    #[schema(value_type = Object)]
    provenance: serde_json::Value,
}

impl<'a> More<'a> {
    fn of(listing: &'a Listing) -> Self {
        let facts = &listing.facts;
        Self {
            service_id: &listing.service_id,
            input_schema: facts.input_schema.as_deref(),
            output_schema: facts.output_schema.as_deref(),
            content_type: facts.content_type.as_deref(),
            docs_url: facts.docs_url.as_deref(),
            consumption: facts.consumption.as_deref(),
            source_id: facts.source_id.as_deref(),
            contact_email: None,
            provider_deleted: u8::from(listing.status == ListingStatus::Deleted),
            deleted_at: listing.deleted_at,
            approval_reason: listing.status_reason.as_deref(),
            offers: &listing.offers,
            content_flags: &listing.content_flags,
            provenance: serde_json::from_str(&listing.provenance).unwrap_or_default(),
        }
    }
}

impl<'a> RailFields<'a> {
    fn of(facts: &'a ListingFacts) -> Self {
        Self {
            x402_payment_valid: facts.x402_payment_valid.map(u8::from),
            x402_facilitator_reachable: facts.x402_facilitator_reachable.map(u8::from),
            x402_asset_known: facts.x402_asset_known.map(u8::from),
            l402_compliant: facts.l402_compliant.map(u8::from),
            l402_degrade_reason: facts.l402_degrade_reason.as_deref(),
            l402_format: facts.l402_format.map(L402Format::name),
            lnget_compatible: facts.lnget_compatible.map(u8::from),
        }
    }
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
    fn of(listing: &'a Listing, related: impl Iterator<Item = &'a Listing>) -> Self {
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
            status: listing.status.name(),
            http_method: facts.method.as_deref(),
            probe_body: facts.probe_body.as_deref(),
            probe_status: facts.probe_status.name(),
            is_template: u8::from(listing.is_template()),
            is_demo: u8::from(facts.is_demo),
            verified: u8::from(listing.verification() != Verification::None),
            domain_verified: u8::from(facts.domain_verified),
            hostname: listing.host(),
            health: HealthFields::of(listing),
            rail: RailFields::of(facts),
            more: More::of(listing),
            upcoming: Upcoming::default(),
            related_services: related.map(Related::of).collect(),
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
