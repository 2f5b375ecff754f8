//! A service of an L402 directory's manifest interface (`GET /api/services`): endpoints with
//! `pricing {amount, currency, model}`.

use super::address::{Base, method};
use super::fields::{self, Object};
use super::price;
use super::rows::Endpoints;
use crate::Protocol;
use crate::import::{ImportedListing, Reason};
use serde_json::Value;

/// Reads a service: one row for each endpoint.
pub(super) fn read(service: &Object) -> Endpoints {
    let endpoints = fields::list(service, &["endpoints"]);
    let Some(endpoints) = endpoints.filter(|endpoints| !endpoints.is_empty()) else {
        return vec![(super::offers::what(service), Err(Reason::NoEndpoint))];
    };
    let read = |endpoint: &Value| match endpoint {
        Value::Object(endpoint) => {
            (super::offers::what(endpoint), read_endpoint(service, endpoint))
        }
        // The minimal form lists addresses alone.
        Value::String(url) => {
            let endpoint = Object::from_iter([("url".to_owned(), Value::from(url.as_str()))]);
            (Some(url.clone()), read_endpoint(service, &endpoint))
        }
        _ => (None, Err(Reason::NotJson)),
    };
    endpoints.iter().take(super::ENDPOINTS_MAX + 1).map(read).collect()
}

fn read_endpoint(service: &Object, endpoint: &Object) -> Result<ImportedListing, Reason> {
    let base = Base::default().named(fields::text(service, &["url", "base_url"]));
    let address = fields::text(endpoint, &["url", "path"]).ok_or(Reason::NoUrl)?;
    let mut listing = ImportedListing::on(Protocol::L402, base.join(address)?);
    listing.method = fields::text(endpoint, &["method"]).map(method).transpose()?;
    let price = price::from_fields(endpoint, Some("lightning"), Some("sats"));
    price::paid(price)?.write_to(&mut listing);
    let model = fields::object(endpoint, &["pricing"])
        .and_then(|pricing| fields::text(pricing, &["model"]))
        .filter(|model| !matches!(*model, "per-request" | "per_request"));
    if let (Some(model), None) = (model, &listing.price_note) {
        listing.price_note = Some(model.to_owned());
    }
    listing.name =
        fields::owned(endpoint, &["name", "title"]).or_else(|| fields::owned(service, &["name"]));
    listing.description = fields::owned(endpoint, &["description"])
        .or_else(|| fields::owned(service, &["description"]));
    listing.provider = fields::owned(service, &["provider", "provider_name"])
        .or_else(|| fields::owned(service, &["name"]));
    listing.provider_text = fields::owned(service, &["description"]);
    let categories = fields::words(service, &["categories"]);
    listing.category = categories.first().cloned();
    listing.tags = categories;
    listing.source_ref = fields::owned(service, &["service_id", "id"]);
    listing.last_updated = fields::time(service, &["updated_at", "last_checked", "created_at"]);
    Ok(listing)
}
