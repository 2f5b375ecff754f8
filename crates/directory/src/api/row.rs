//! The row of a listing in `/api/v1/services`.

use crate::{L402Format, Listing, Protocol};
use farebox_money::{MicroUsd, Sats};
use jiff::Timestamp;
use serde::Serialize;

/// What the list and the detail have in common, in the order of the API's documentation.
#[derive(Serialize)]
struct ServiceRow<'a> {
    id: &'a str,
    name: &'a str,
    description: &'a str,
    url: &'a str,
    protocol: &'static str,
    price_sats: Option<Sats>,
    price_usd: Option<f64>,
    payment_asset: Option<&'a str>,
    payment_network: Option<&'a str>,
    category: &'a str,
    provider: &'a str,
    source: &'a str,
    featured: u8,
    health_status: &'static str,
    probe_status: &'static str,
    uptime_30d: Option<f64>,
    latency_p50_ms: Option<u32>,
    last_checked: Option<Timestamp>,
    registered_at: Timestamp,
    http_method: Option<&'a str>,
    reliability_score: Option<f64>,
    x402_payment_valid: Option<u8>,
    x402_facilitator_reachable: Option<u8>,
    x402_asset_known: Option<u8>,
    domain_verified: u8,
    l402_format: Option<&'static str>,
    lnget_compatible: Option<u8>,
    related_protocols: Vec<&'static str>,
    #[serde(flatten)]
    upcoming: Upcoming,
}

/// Fields that the API documents as null until providers adopt the standards behind them.
#[derive(Default, Serialize)]
pub(super) struct Upcoming {
    l402_version: Option<()>,
    agent_spec_url: Option<()>,
    capabilities: Option<()>,
    token_format: Option<()>,
    invoice_type: Option<()>,
    pricing_model: Option<()>,
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
        x402_facilitator_reachable: None,
        x402_asset_known: None,
        domain_verified: u8::from(facts.domain_verified),
        l402_format: facts.l402_format.map(L402Format::name),
        lnget_compatible: facts.lnget_compatible.map(u8::from),
        related_protocols: related_protocols.iter().map(|one| one.name()).collect(),
        upcoming: Upcoming::default(),
    };
    // Texts, numbers and nulls always have a JSON form.
    serde_json::to_string(&row).unwrap_or_default().into()
}
