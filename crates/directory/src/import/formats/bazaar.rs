//! A resource in the list of an x402 facilitator (`GET /discovery/resources`).

use super::address::{Base, method};
use super::fields::{self, Object};
use super::{offers, price};
use crate::Protocol;
use crate::import::{ImportedListing, Reason};

/// Reads one resource.
pub(super) fn read(entry: &Object) -> Result<ImportedListing, Reason> {
    let address = fields::text(entry, &["resource", "url"]).ok_or(Reason::NoUrl)?;
    let ways = offers::accepts(entry).unwrap_or_default();
    let mut listing = ImportedListing::on(Protocol::X402, Base::default().join(address)?);
    if ways.is_empty() {
        return Err(Reason::NoOffer);
    }
    price::paid(price::from_offers(&ways, None))?.write_to(&mut listing);
    describe(&mut listing, entry);
    describe_call(&mut listing, entry)?;
    listing.last_updated = fields::time(entry, &["lastUpdated", "last_updated"]);
    listing.original_source = fields::owned(entry, &["sourceFacilitator"]);
    listing.offers = ways;
    Ok(listing)
}

/// The texts: a facilitator repeats what the seller's challenge says, in one of several places.
fn describe(listing: &mut ImportedListing, entry: &Object) {
    let metadata = fields::object(entry, &["metadata"]);
    let first_way = fields::list(entry, &["accepts"]).and_then(|ways| ways.first()?.as_object());
    let places = [Some(entry), metadata, first_way];
    let named =
        |names: &[&str]| places.iter().flatten().find_map(|place| fields::owned(place, names));
    listing.name = named(&["serviceName", "name", "title"]);
    listing.description = named(&["description"]);
    listing.provider = named(&["provider", "providerName"]);
    listing.category = named(&["category"]);
    listing.tags = fields::words(entry, &["tags"]);
}

/// Method and schemas, from the extension in which sellers describe their input.
fn describe_call(listing: &mut ImportedListing, entry: &Object) -> Result<(), Reason> {
    let extension = fields::object(entry, &["extensions"])
        .and_then(|extensions| fields::object(extensions, &["bazaar"]));
    let info = extension.and_then(|extension| fields::object(extension, &["info"]));
    // Version 1 puts the same under `outputSchema` of a way to pay.
    let first_way = fields::list(entry, &["accepts"]).and_then(|ways| ways.first()?.as_object());
    let described = info.or_else(|| fields::object(first_way?, &["outputSchema"]));
    let Some(described) = described else { return Ok(()) };
    if let Some(input) = fields::object(described, &["input"]) {
        let named = fields::text(input, &["method"]);
        listing.method = named.map(method).transpose()?;
        listing.input_schema = fields::json(input, &["body", "queryParams", "bodyFields"]);
        if listing.method.as_deref() != Some("GET") {
            listing.probe_body = fields::json(input, &["body"]);
        }
    }
    let properties = extension
        .and_then(|extension| fields::object(extension, &["schema"]))
        .and_then(|schema| fields::object(schema, &["properties"]));
    if let Some(properties) = properties {
        listing.input_schema = fields::json(properties, &["input"]).or(listing.input_schema.take());
        listing.output_schema = fields::json(properties, &["output"]);
    }
    listing.output_schema =
        listing.output_schema.take().or_else(|| fields::json(described, &["output"]));
    Ok(())
}
