//! A listing of the same endpoint on another rail.

use crate::{Listing, ListingFacts, ListingStatus, Offer, Protocol};
use jiff::Timestamp;
use serde_json::Value;

/// What a listing of the same endpoint on another rail says: the same texts, and the offers that
/// were found, an array in `found["offers"]`.
pub(crate) fn sibling(
    known: &Listing,
    protocol: Protocol,
    found: &Value,
    status: ListingStatus,
    now: Timestamp,
) -> Listing {
    let offers = found.get("offers").cloned().unwrap_or_default();
    let offers: Vec<Offer> = serde_json::from_value(offers).unwrap_or_default();
    let facts = &known.facts;
    let facts = ListingFacts {
        description: facts.description.clone(),
        category: facts.category.clone(),
        provider: facts.provider.clone(),
        tags: facts.tags.clone(),
        probe_body: facts.probe_body.clone(),
        input_schema: facts.input_schema.clone(),
        output_schema: facts.output_schema.clone(),
        consumption: facts.consumption.clone(),
        content_type: facts.content_type.clone(),
        docs_url: facts.docs_url.clone(),
        source: "discovery".to_owned(),
        domain_verified: facts.domain_verified,
        probe_status: facts.probe_status,
        ..ListingFacts::new(&facts.url, facts.method.as_deref(), protocol, &facts.name)
    };
    let fresh = Listing::new(facts, known.canonical_url.clone(), now);
    let mut sibling = Listing {
        service_id: known.service_id.clone(),
        status,
        content_flags: known.content_flags.clone(),
        ..fresh
    };
    sibling.take_offers(offers);
    sibling
}
