//! The facilitator for other sellers: this server's engines, and the directory's x402 listings as
//! what can be discovered.

use crate::config::Settings;
use crate::server::till::Till;
use async_trait::async_trait;
use farebox_directory::{
    Directory, Filters, ListQuery, Listing, Offer, Protocol, QUERY_LEN_MAX, Snapshot,
};
use farebox_facilitator::api::{self, Discovery, DiscoveryError, DiscoveryQuery};
use farebox_wire::x402::{
    DiscoveryItem, DiscoveryPage, LastUpdated, Pagination, PaymentRequirements,
};
use serde_json::{Map, Value};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;

/// How long a seller waits for a payment, in seconds, where only the terms of an offer are known.
const TIMEOUT_DEFAULT_S: u64 = 60;

/// `POST /verify`, `POST /settle`, `GET /supported`, `GET /discovery/resources`,
/// `GET /discovery/search`.
pub fn routes(settings: &Settings, till: &Till, directory: &Directory) -> OpenApiRouter {
    let facilitator = Arc::new(till.chains.embedded());
    let listings = Arc::new(Listings(directory.clone()));
    api::routes(facilitator, listings, settings.facilitator.at_once_max)
}

/// `GET /discovery/resources` and `GET /discovery/search` of a server that settles nothing for others.
pub fn discovery_routes(directory: &Directory) -> OpenApiRouter {
    api::discovery_routes(Arc::new(Listings(directory.clone())))
}

/// The directory's x402 listings.
struct Listings(Directory);

#[async_trait]
impl Discovery for Listings {
    /// A filter by payee, scheme or network finds listings with an offer that has it; none declares
    /// an extension.
    async fn resources(&self, query: &DiscoveryQuery) -> Result<DiscoveryPage, DiscoveryError> {
        let snapshot = self.0.snapshot();
        let found: Vec<&Listing> = match &query.words {
            Some(words) => search(&snapshot, words, query),
            None => snapshot.listings().filter(|listing| is_asked_for(listing, query)).collect(),
        };
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

/// The listings that the words find, the best first.
fn search<'a>(snapshot: &'a Snapshot, words: &str, query: &DiscoveryQuery) -> Vec<&'a Listing> {
    let words: String = words.chars().take(QUERY_LEN_MAX).collect();
    let search = Some(words.trim().to_owned()).filter(|words| !words.is_empty());
    let filters = Filters { protocol: Some(Protocol::X402), ..Filters::default() };
    let all = ListQuery { filters, search, limit: usize::MAX, ..ListQuery::default() };
    let rows = snapshot.list(&all).rows;
    let found = rows.iter().filter_map(|entry| snapshot.get(&entry.listing().id));
    found.map(|entry| entry.listing()).filter(|listing| is_asked_for(listing, query)).collect()
}

fn is_asked_for(listing: &Listing, query: &DiscoveryQuery) -> bool {
    if listing.facts.protocol != Protocol::X402 || query.extensions.is_some() {
        return false;
    }
    let by_offer = query.pay_to.is_some() || query.scheme.is_some() || query.network.is_some();
    query.kind.as_deref().is_none_or(|kind| kind == "http")
        && (!by_offer || listing.offers.iter().any(|offer| has_terms(offer, query)))
}

fn has_terms(offer: &Offer, query: &DiscoveryQuery) -> bool {
    let is = |wanted: &Option<String>, found: Option<&str>| {
        let same = |wanted: &String| found.is_some_and(|found| found.eq_ignore_ascii_case(wanted));
        wanted.as_ref().is_none_or(same)
    };
    is(&query.pay_to, offer.pay_to.as_deref())
        && is(&query.scheme, Some(&offer.kind))
        && is(&query.network, offer.network.as_deref())
}

fn item(listing: &Listing) -> DiscoveryItem {
    let facts = &listing.facts;
    let text = |text: &str| Value::String(text.to_owned());
    let other = [("serviceName", text(&facts.name)), ("description", text(&facts.description))];
    DiscoveryItem {
        resource: facts.url.clone(),
        kind: "http".to_owned(),
        x402_version: 2,
        accepts: listing.offers.iter().filter_map(requirements).collect(),
        last_updated: Some(LastUpdated::Iso(listing.updated_at.to_string())),
        other: other
            .map(|(name, value)| (name.to_owned(), value))
            .into_iter()
            .collect::<Map<_, _>>(),
    }
}

/// An offer as x402 writes it: in the seller's words where they are known, else from its terms.
fn requirements(offer: &Offer) -> Option<PaymentRequirements> {
    if let Some(requirements) = &offer.requirements {
        return serde_json::from_value(requirements.clone()).ok();
    }
    Some(PaymentRequirements {
        scheme: offer.kind.clone(),
        network: offer.network.clone()?,
        amount: offer.amount.clone()?,
        asset: offer.asset.clone()?,
        pay_to: offer.pay_to.clone()?,
        max_timeout_seconds: TIMEOUT_DEFAULT_S,
        extra: None,
        other: Map::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn offer() -> Offer {
        Offer {
            kind: "exact".to_owned(),
            network: Some("eip155:8453".to_owned()),
            asset: Some("0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913".to_owned()),
            pay_to: Some("0x209693Bc6afc0C5328bA36FaF03C514EF312287C".to_owned()),
            amount: Some("1000".to_owned()),
            ..Offer::default()
        }
    }

    #[test]
    fn an_offer_is_shown_in_the_sellers_words_or_by_its_terms() {
        let shown = requirements(&offer()).unwrap();
        assert_eq!((shown.scheme.as_str(), shown.amount.as_str()), ("exact", "1000"));
        let own = json!({
            "scheme": "upto", "network": "eip155:8453", "amount": "7", "asset": "0x1",
            "payTo": "0x2", "maxTimeoutSeconds": 5,
        });
        let said = Offer { requirements: Some(own), ..offer() };
        assert_eq!(requirements(&said).unwrap().scheme, "upto");
        let spoilt = Offer { requirements: Some(json!({"scheme": 1})), ..offer() };
        assert_eq!(requirements(&spoilt), None);
        assert_eq!(requirements(&Offer { amount: None, ..offer() }), None);
    }

    #[test]
    fn one_offer_must_have_all_that_is_asked_for() {
        let query = |pay_to: &str, network: &str| DiscoveryQuery {
            words: None,
            kind: None,
            pay_to: Some(pay_to.to_owned()),
            scheme: Some("exact".to_owned()),
            network: Some(network.to_owned()),
            extensions: None,
            limit: 1,
            offset: 0,
        };
        let payee = "0x209693BC6AFC0C5328BA36FAF03C514EF312287C";
        assert!(has_terms(&offer(), &query(payee, "eip155:8453")));
        assert!(!has_terms(&offer(), &query(payee, "eip155:1")));
        assert!(!has_terms(&offer(), &query("0x1", "eip155:8453")));
    }
}
