//! A service of the MPP registry with its endpoints: the form of its API (`discovery.schema.json`,
//! version 1) and that of its source (`schemas/services.ts`).

use super::address::{Base, method, split_method};
use super::fields::{self, Object};
use super::price::{self, Price};
use super::rows::Endpoints;
use crate::Protocol;
use crate::import::{ImportedListing, Offer, Reason};
use serde_json::Value;

/// Reads a service: one row for each endpoint.
pub(super) fn read(service: &Object) -> Endpoints {
    let base = Base::default().named(fields::text(service, &["serviceUrl", "url"]));
    let endpoints = fields::list(service, &["endpoints"]);
    let Some(endpoints) = endpoints.filter(|endpoints| !endpoints.is_empty()) else {
        return vec![(super::offers::what(service), Err(Reason::NoEndpoint))];
    };
    let read = |endpoint: &Value| {
        let Some(endpoint) = endpoint.as_object() else { return (None, Err(Reason::NotJson)) };
        let path = fields::text(endpoint, &["route", "path", "url"]).unwrap_or_default();
        let id = fields::text(service, &["id", "name"]).unwrap_or_default();
        (Some(format!("{id} {path}")), read_endpoint(service, endpoint, path, &base))
    };
    endpoints.iter().take(super::ENDPOINTS_MAX + 1).map(read).collect()
}

fn read_endpoint(
    service: &Object,
    endpoint: &Object,
    path: &str,
    base: &Base,
) -> Result<ImportedListing, Reason> {
    let (named, path) = split_method(path);
    let named = named.or_else(|| fields::text(endpoint, &["method"])).unwrap_or("GET");
    let mut listing = ImportedListing::on(Protocol::Mpp, base.join(path)?);
    listing.method = Some(method(named)?);
    let terms = fields::object(endpoint, &["payment"]).unwrap_or(endpoint);
    listing.offers = offers(service, endpoint, terms);
    price::paid(price(&listing.offers, service, terms)?)?.write_to(&mut listing);
    let described = fields::owned(endpoint, &["desc", "description"]);
    let title = fields::text(service, &["name"]);
    listing.name = match (title, &described) {
        (Some(title), Some(described)) => Some(format!("{title}: {described}")),
        (title, described) => title.map(str::to_owned).or(described.clone()),
    };
    listing.description = described;
    listing.provider = fields::object(service, &["provider"])
        .and_then(|provider| fields::owned(provider, &["name"]))
        .or_else(|| title.map(str::to_owned));
    listing.provider_text = fields::owned(service, &["description"]);
    listing.category = fields::words(service, &["categories"]).into_iter().next();
    listing.tags = fields::words(service, &["tags"]);
    listing.source_ref = fields::owned(service, &["id"]);
    listing.last_updated = fields::time(service, &["updatedAt", "addedAt"]);
    Ok(listing)
}

/// One offer for each method of payment. An amount is in the units of the first one.
fn offers(service: &Object, endpoint: &Object, terms: &Object) -> Vec<Offer> {
    let scheme = fields::text(terms, &["intent"])
        .or_else(|| fields::text(endpoint, &["intent"]))
        .or_else(|| fields::text(service, &["intent"]));
    let offer = |network: Option<&str>, asset: Option<&str>, amount: Option<String>| Offer {
        protocol: Some(Protocol::Mpp),
        scheme: scheme.map(str::to_owned),
        network: network.map(str::to_owned),
        asset: asset.map(str::to_owned),
        pay_to: None,
        amount,
    };
    let amount = terms.get("amount").and_then(fields::digits);
    if let Some(network) =
        fields::text(terms, &["method"]).filter(|_| endpoint.contains_key("payment"))
    {
        return vec![offer(Some(network), fields::text(terms, &["currency"]), amount)];
    }
    let payments = fields::list(service, &["payments"]).into_iter().flatten();
    let payments = payments.filter_map(Value::as_object).enumerate();
    let of_service = payments.map(|(index, payment)| {
        let amount = amount.clone().filter(|_| index == 0);
        let (method, currency) =
            (fields::text(payment, &["method"]), fields::text(payment, &["currency"]));
        offer(method, currency, amount)
    });
    of_service.collect()
}

/// The price of an endpoint. One without terms is free.
fn price(offers: &[Offer], service: &Object, terms: &Object) -> Result<Price, Reason> {
    let is_dynamic = terms.get("dynamic").and_then(Value::as_bool) == Some(true);
    let hint = fields::owned(terms, &["amountHint"]);
    if is_dynamic {
        let words = hint.or_else(|| Some("depends on the request".to_owned()));
        return Ok(Price { note: words, ..Price::default() });
    }
    if terms.get("amount").is_none_or(Value::is_null) {
        return Err(Reason::Free);
    }
    let first = fields::list(service, &["payments"]).and_then(|list| list.first()?.as_object());
    let places = [Some(terms), first];
    let decimals = places.iter().flatten().find_map(|place| place.get("decimals")?.as_u64());
    let mut price = price::from_offers(offers, decimals.and_then(|one| u32::try_from(one).ok()));
    if let Some(unit) = fields::text(terms, &["unitType"]).filter(|unit| *unit != "request") {
        // The price of a page or of a token is not that of a call.
        let each = price.usd.map_or_else(String::new, |usd| format!("${usd} "));
        price = Price {
            note: Some(format!("{each}per {unit}")),
            is_free: price.is_free,
            ..Price::default()
        };
    }
    Ok(price)
}
