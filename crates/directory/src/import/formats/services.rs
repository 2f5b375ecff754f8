//! A row of `/api/v1/services`, of its CSV export, or of the sample listings: one endpoint on one
//! rail.

use super::address::{Base, method};
use super::fields::{self, Object};
use super::{offers, price};
use crate::import::{ImportedListing, Reason};

/// Reads one row.
pub(super) fn read(entry: &Object) -> Result<ImportedListing, Reason> {
    let address = fields::text(entry, &["url"]).ok_or(Reason::NoUrl)?;
    let protocols = offers::protocols(entry, &["protocol", "protocols"]);
    if protocols.is_empty() {
        return Err(Reason::Protocol(fields::owned(entry, &["protocol"]).unwrap_or_default()));
    }
    let mut listing =
        ImportedListing { url: Base::default().join(address)?, protocols, ..<_>::default() };
    let named = fields::text(entry, &["http_method", "method"]);
    listing.method = named.map(method).transpose()?;
    let network = fields::text(entry, &["payment_network", "network"]);
    let asset = fields::text(entry, &["payment_asset", "asset"]);
    // What is listed at nothing elsewhere is so here: these are rows of a directory.
    price::from_fields(entry, network, asset).write_to(&mut listing);
    listing.offers = offers::accepts(entry).unwrap_or_default();
    if listing.offers.is_empty() && (network.is_some() || asset.is_some()) {
        listing.offers.push(crate::import::Offer {
            network: network.map(str::to_owned),
            asset: asset.map(str::to_owned),
            ..<_>::default()
        });
    }
    listing.name = fields::owned(entry, &["name"]);
    listing.description = fields::owned(entry, &["description"]);
    listing.provider = fields::owned(entry, &["provider"]);
    listing.category = fields::owned(entry, &["category"]);
    listing.tags = fields::words(entry, &["tags"]);
    listing.probe_body = fields::owned(entry, &["probe_body"]);
    listing.input_schema = fields::json(entry, &["input_schema"]);
    listing.output_schema = fields::json(entry, &["output_schema"]);
    listing.source_ref = fields::any(entry, &["source_ref", "id"]).and_then(fields::digits);
    listing.original_source = fields::owned(entry, &["source"]);
    listing.licence = fields::owned(entry, &["licence", "license"]);
    listing.last_updated = fields::time(entry, &["updated_at", "registered_at"]);
    Ok(listing)
}
