//! The row of a listing in `/api/v1/services`.

use super::document::Flag;
use crate::{HealthStatus, L402Format, Listing, ProbeStatus, Protocol};
use farebox_money::{MicroUsd, Sats};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// What the list and the detail have in common, in the order of the API's documentation.
#[derive(Serialize, ToSchema)]
pub(super) struct ServiceRow<'a> {
    id: &'a str,
    name: &'a str,
    description: &'a str,
    url: &'a str,
    #[schema(value_type = Protocol)]
    protocol: &'static str,
    #[schema(value_type = Option<u64>)]
    price_sats: Option<Sats>,
    price_usd: Option<f64>,
    payment_asset: Option<&'a str>,
    payment_network: Option<&'a str>,
    category: &'a str,
    provider: &'a str,
    source: &'a str,
    #[schema(value_type = Flag)]
    featured: u8,
    #[schema(value_type = HealthStatus)]
    health_status: &'static str,
    #[schema(value_type = ProbeStatus)]
    probe_status: &'static str,
    uptime_30d: Option<f64>,
    latency_p50_ms: Option<u32>,
    last_checked: Option<Timestamp>,
    registered_at: Timestamp,
    http_method: Option<&'a str>,
    reliability_score: Option<f64>,
    #[schema(value_type = Option<Flag>)]
    x402_payment_valid: Option<u8>,
    #[schema(value_type = Option<Flag>)]
    x402_facilitator_reachable: Option<u8>,
    #[schema(value_type = Option<Flag>)]
    x402_asset_known: Option<u8>,
    #[schema(value_type = Flag)]
    domain_verified: u8,
    #[schema(value_type = Option<L402Format>)]
    l402_format: Option<&'static str>,
    #[schema(value_type = Option<Flag>)]
    lnget_compatible: Option<u8>,
    #[schema(value_type = Vec<Protocol>)]
    related_protocols: Vec<&'static str>,
    #[schema(value_type = Option<Flag>)]
    l402_compliant: Option<u8>,
    l402_degrade_reason: Option<&'a str>,
    #[serde(flatten)]
    upcoming: Upcoming,
}

/// Fields that the API documents as null until providers adopt the standards behind them.
#[derive(Default, Serialize, ToSchema)]
pub(super) struct Upcoming {
    #[schema(value_type = Option<String>)]
    l402_version: Option<()>,
    #[schema(value_type = Option<String>)]
    agent_spec_url: Option<()>,
    #[schema(value_type = Option<String>)]
    capabilities: Option<()>,
    #[schema(value_type = Option<String>)]
    token_format: Option<()>,
    #[schema(value_type = Option<String>)]
    invoice_type: Option<()>,
    #[schema(value_type = Option<String>)]
    pricing_model: Option<()>,
    #[schema(value_type = Option<String>)]
    content_domain: Option<()>,
}

/// The row as a JSON object.
pub(crate) fn service_row(listing: &Listing, related_protocols: &[Protocol]) -> Box<str> {
    let (facts, health) = (&listing.facts, &listing.health);
    let row = ServiceRow {
        id: &listing.id,
        name: &facts.name,
        description: &facts.description,
        url: &facts.url,
        protocol: facts.protocol.name(),
        price_sats: facts.price_sats,
        price_usd: facts.price_usd.map(MicroUsd::to_f64),
        payment_asset: facts.payment_asset.as_deref(),
        payment_network: facts.payment_network.as_deref(),
        category: &facts.category,
        provider: &facts.provider,
        source: &facts.source,
        featured: u8::from(facts.featured),
        health_status: health.status.name(),
        probe_status: facts.probe_status.name(),
        uptime_30d: health.uptime_30d,
        latency_p50_ms: health.latency_p50_ms,
        last_checked: health.last_checked,
        registered_at: listing.registered_at,
        http_method: facts.method.as_deref(),
        reliability_score: health.reliability_score,
        x402_payment_valid: facts.x402_payment_valid.map(u8::from),
        x402_facilitator_reachable: facts.x402_facilitator_reachable.map(u8::from),
        x402_asset_known: facts.x402_asset_known.map(u8::from),
        domain_verified: u8::from(facts.domain_verified),
        l402_format: facts.l402_format.map(L402Format::name),
        lnget_compatible: facts.lnget_compatible.map(u8::from),
        related_protocols: related_protocols.iter().map(|one| one.name()).collect(),
        l402_compliant: facts.l402_compliant.map(u8::from),
        l402_degrade_reason: facts.l402_degrade_reason.as_deref(),
        upcoming: Upcoming::default(),
    };
    // Texts, numbers and nulls always have a JSON form.
    serde_json::to_string(&row).unwrap_or_default().into()
}
