//! The facilitator for other sellers: this server's engines, and the directory's x402 listings as
//! what can be discovered.

use crate::config::Settings;
use crate::server::till::Till;
use async_trait::async_trait;
use axum::Router;
use farebox_directory::{Directory, Listing, Protocol};
use farebox_facilitator::api::{self, Discovery, DiscoveryError, DiscoveryQuery};
use farebox_wire::x402::{DiscoveryItem, DiscoveryPage, Pagination};
use serde_json::{Map, Value};
use std::sync::Arc;

/// `POST /verify`, `POST /settle`, `GET /supported`, `GET /discovery/resources`.
pub fn routes(settings: &Settings, till: &Till, directory: &Directory) -> Router {
    let facilitator = Arc::new(till.chains.embedded());
    let listings = Arc::new(Listings(directory.clone()));
    api::routes(facilitator, listings, settings.facilitator.at_once_max)
}

/// The directory's x402 listings.
struct Listings(Directory);

#[async_trait]
impl Discovery for Listings {
    /// What listings do not know, a filter by it does not find: their payee and their scheme.
    async fn resources(&self, query: &DiscoveryQuery) -> Result<DiscoveryPage, DiscoveryError> {
        let is_other_kind = query.kind.as_deref().is_some_and(|kind| kind != "http");
        let asks_unknown =
            query.pay_to.is_some() || query.scheme.is_some() || query.extensions.is_some();
        let snapshot = self.0.snapshot();
        let found = snapshot.listings().filter(|listing| {
            let facts = &listing.facts;
            let network = query.network.is_none() || query.network == facts.payment_network;
            facts.protocol == Protocol::X402 && network && !is_other_kind && !asks_unknown
        });
        let found: Vec<_> = found.collect();
        let offset = usize::try_from(query.offset).unwrap_or(usize::MAX);
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let items = found.iter().skip(offset).take(limit);
        Ok(DiscoveryPage {
            x402_version: 2,
            items: items.map(|listing| item(listing)).collect(),
            pagination: Some(Pagination {
                limit: query.limit,
                offset: Some(query.offset),
                total: u64::try_from(found.len()).ok(),
                cursor: None,
            }),
        })
    }
}

fn item(listing: &Listing) -> DiscoveryItem {
    let facts = &listing.facts;
    let text = |text: &str| Value::String(text.to_owned());
    let other = [("serviceName", text(&facts.name)), ("description", text(&facts.description))];
    DiscoveryItem {
        resource: facts.url.clone(),
        kind: "http".to_owned(),
        x402_version: 2,
        accepts: Vec::new(),
        last_updated: None,
        other: other
            .map(|(name, value)| (name.to_owned(), value))
            .into_iter()
            .collect::<Map<_, _>>(),
    }
}
