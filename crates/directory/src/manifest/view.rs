//! Services and their endpoints as the API shows them.

use super::catalogue::{Service, ServiceStatus};
use crate::{Listing, Protocol};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Number;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// Endpoints shown with a service at most.
pub(super) const ENDPOINTS_SHOWN_MAX: usize = 100;

/// A service in lists.
#[derive(Serialize, ToSchema)]
#[schema(as = Service)]
pub(super) struct ServiceView<'a> {
    id: &'a str,
    name: String,
    description: &'a str,
    /// `live`, `degraded`, `offline` or `new`.
    #[schema(value_type = String)]
    status: &'static str,
    categories: Vec<&'a str>,
    /// The first hundred.
    endpoints: Vec<EndpointView<'a>>,
    /// How many there are.
    endpoints_total: usize,
    /// How people reach the provider.
    contact: Option<&'a str>,
    docs_url: Option<&'a str>,
    health_url: Option<&'a str>,
    /// Whether somebody holds its management key.
    claimed: bool,
    /// Whether it is there to try the directory out.
    sample_data: bool,
    last_checked: Option<Timestamp>,
    registered_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
}

/// One URL and method.
#[derive(Serialize, ToSchema)]
#[schema(as = ServiceEndpoint)]
pub(super) struct EndpointView<'a> {
    url: &'a str,
    method: Option<&'a str>,
    description: &'a str,
    /// How it is paid.
    #[schema(value_type = Protocol)]
    protocol: &'static str,
    /// Null where nobody names a price.
    pricing: Option<Pricing<'a>>,
    content_type: Option<&'a str>,
    /// What to do with the answer; null means that it is the result.
    #[schema(value_type = Option<Object>)]
    consumption: Option<&'a RawValue>,
    #[schema(value_type = String)]
    status: &'static str,
    /// Of the listing in `/api/v1/services`.
    listing_id: &'a str,
}

/// A price.
#[derive(Serialize, ToSchema)]
struct Pricing<'a> {
    #[schema(value_type = f64)]
    amount: Number,
    /// `sats` or `usd`.
    #[schema(value_type = String)]
    currency: &'static str,
    /// `per-request`, `time-bounded` or `token-bucket`.
    model: &'a str,
}

/// A service in a few words.
#[derive(Serialize, ToSchema)]
#[schema(as = MinimalService)]
#[serde(deny_unknown_fields)]
pub(super) struct MinimalView<'a> {
    id: &'a str,
    name: String,
    description: &'a str,
    #[schema(value_type = String)]
    status: &'static str,
    categories: Vec<&'a str>,
    endpoints: Vec<MinimalEndpoint<'a>>,
}

#[derive(Serialize, ToSchema)]
struct MinimalEndpoint<'a> {
    url: &'a str,
}

impl<'a> ServiceView<'a> {
    /// A service with its endpoints on one rail, or on all.
    pub(super) fn of(service: &'a Service, rail: Option<Protocol>) -> Self {
        let record = service.record();
        let listings = service.listings(rail);
        Self {
            id: &service.id,
            name: service.name(),
            description: service.description(),
            status: service.status(rail).name(),
            categories: service.categories(),
            endpoints: listings
                .clone()
                .take(ENDPOINTS_SHOWN_MAX)
                .map(|listing| EndpointView::of(service, listing))
                .collect(),
            endpoints_total: listings.clone().count(),
            contact: record.and_then(|record| record.contact.as_deref()),
            docs_url: service.docs_url(),
            health_url: record.and_then(|record| record.health_url.as_deref()),
            claimed: record.is_some_and(|record| record.key_sha256.is_some()),
            sample_data: listings.clone().all(|listing| listing.facts.sample_data),
            last_checked: listings.filter_map(|listing| listing.health.last_checked).max(),
            registered_at: service.registered_at(),
            updated_at: service.updated_at(),
        }
    }
}

impl<'a> EndpointView<'a> {
    /// One listing of a service.
    pub(super) fn of(service: &'a Service, listing: &'a Listing) -> Self {
        let facts = &listing.facts;
        Self {
            url: &facts.url,
            method: facts.method.as_deref(),
            description: &facts.description,
            protocol: facts.protocol.name(),
            pricing: Pricing::of(listing, service.pricing_model(&listing.id)),
            content_type: facts.content_type.as_deref(),
            consumption: facts
                .consumption
                .as_deref()
                .and_then(|text| serde_json::from_str(text).ok()),
            status: ServiceStatus::of(listing.health.status).name(),
            listing_id: &listing.id,
        }
    }
}

impl<'a> Pricing<'a> {
    fn of(listing: &Listing, model: &'a str) -> Option<Self> {
        let facts = &listing.facts;
        let (amount, currency) = match (facts.price_sats, facts.price_usd) {
            (Some(sats), _) => (Number::from(sats.get()), "sats"),
            (None, Some(price)) => (Number::from_f64(price.to_f64())?, "usd"),
            (None, None) => return None,
        };
        Some(Self { amount, currency, model })
    }
}

impl<'a> MinimalView<'a> {
    /// The same in a few words.
    pub(super) fn of(service: &'a Service, rail: Option<Protocol>) -> Self {
        let endpoints = service.listings(rail).take(ENDPOINTS_SHOWN_MAX);
        Self {
            id: &service.id,
            name: service.name(),
            description: service.description(),
            status: service.status(rail).name(),
            categories: service.categories(),
            endpoints: endpoints
                .map(|listing| MinimalEndpoint { url: &listing.facts.url })
                .collect(),
        }
    }
}
