//! A service of satring (`GET /api/v1/services`): the fields of its public API.

use super::address::Base;
use super::fields::{self, Object};
use super::{offers, price};
use crate::Protocol;
use crate::import::{ImportedListing, Offer, Reason};

/// Reads one service.
pub(super) fn read(entry: &Object) -> Result<ImportedListing, Reason> {
    let address = fields::text(entry, &["url"]).ok_or(Reason::NoUrl)?;
    let protocols = offers::protocols(entry, &["protocol"]);
    if protocols.is_empty() {
        return Err(Reason::Protocol(fields::owned(entry, &["protocol"]).unwrap_or_default()));
    }
    let mut listing =
        ImportedListing { url: Base::default().join(address)?, protocols, ..<_>::default() };
    // Zero says that the seller named no price on this rail.
    let mut price = price::from_fields(entry, None, None);
    price.sats.take_if(|sats| sats.get() == 0);
    price.usd.take_if(|usd| usd.get() == 0);
    if let Some(usd) = fields::text(entry, &["pricing_usd"]) {
        price.usd = price.usd.or(price::from_text(usd, Some("USD")).usd);
    }
    price.write_to(&mut listing);
    listing.name = fields::owned(entry, &["name"]);
    listing.description = fields::owned(entry, &["description"]);
    listing.provider = fields::owned(entry, &["owner_name"]);
    listing.category = fields::words(entry, &["categories"]).into_iter().next();
    listing.tags = fields::words(entry, &["categories"]);
    listing.source_ref = fields::any(entry, &["slug", "id"]).and_then(fields::digits);
    listing.last_updated = fields::time(entry, &["updated_at", "created_at"]);
    listing.offers = offers(entry);
    Ok(listing)
}

/// How x402 is paid, where the service says it.
fn offers(entry: &Object) -> Vec<Offer> {
    let offer = Offer {
        protocol: Some(Protocol::X402),
        network: fields::owned(entry, &["x402_network"]),
        asset: fields::owned(entry, &["x402_asset"]),
        pay_to: fields::owned(entry, &["x402_pay_to"]),
        ..Offer::default()
    };
    let is_named = offer.network.is_some() || offer.pay_to.is_some();
    is_named.then_some(offer).into_iter().collect()
}
