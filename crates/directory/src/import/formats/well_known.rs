//! A seller's own document, `.well-known/x402` or `.well-known/l402`. There is no common form of
//! it: lists of objects, of paths and of whole services are in use, under a dozen names.

use super::address::{Base, method, split_method};
use super::fields::{self, Object};
use super::price::{self, Price};
use super::rows::Endpoints;
use super::{ENDPOINTS_MAX, offers};
use crate::Protocol;
use crate::import::{ImportedListing, Offer, Reason};
use serde_json::Value;
use url::Url;

/// The list of services: a name that documents use, and the one that a bare list is put under.
pub(super) const SERVICES: &str = "services";
/// The lists of endpoints.
const LISTS: [&str; 10] = [
    "endpoints",
    "resources",
    "items",
    "paid_endpoints",
    "paidEndpoints",
    "protectedResources",
    "protected_resources",
    "apis",
    "routes",
    SERVICES,
];
/// Where an entry says what it is the address of.
const ADDRESSES: [&str; 7] = ["resource", "url", "endpoint", "path", "route", "uri", "href"];
/// Where a document or a service says where its paths begin.
const BASES: [&str; 7] =
    ["resourceServerUrl", "baseUrl", "base_url", "baseURL", "serverUrl", "server", "origin"];

/// What a document says once for all of its endpoints.
#[derive(Clone)]
struct Common {
    base: Base,
    protocols: Vec<Protocol>,
    network: Option<String>,
    currency: Option<String>,
    pay_to: Option<String>,
    ways: Vec<Offer>,
    provider: Option<String>,
    provider_text: Option<String>,
    category: Option<String>,
}

/// Reads a document: one row for each endpoint and method.
pub(super) fn read(document: &Object, address: Option<&Url>) -> Endpoints {
    let common = Common::of_document(document, address);
    let mut endpoints = Endpoints::new();
    let found = read_lists(document, &common, true, &mut endpoints);
    if !found && document.contains_key("accepts") && entry_address(document).is_some() {
        read_entry(None, document, &common, &mut endpoints);
    } else if endpoints.is_empty() {
        endpoints.push((None, Err(Reason::Missing("list of endpoints"))));
    }
    endpoints
}

/// Reads every list of a document or a service. Says whether there was one.
fn read_lists(place: &Object, common: &Common, nested: bool, rows: &mut Endpoints) -> bool {
    let mut found = false;
    for name in LISTS {
        let entries: Vec<(Option<&str>, &Value)> = match place.get(name) {
            Some(Value::Array(list)) => list.iter().map(|entry| (None, entry)).collect(),
            Some(Value::Object(named)) => {
                named.iter().map(|(key, entry)| (Some(key.as_str()), entry)).collect()
            }
            _ => continue,
        };
        found = true;
        for (key, entry) in entries {
            if rows.len() > ENDPOINTS_MAX {
                return true;
            }
            match entry {
                Value::Object(entry) if nested && name == SERVICES => {
                    read_service(entry, common, rows);
                }
                Value::Object(entry) => read_entry(key, entry, common, rows),
                // A text is an address, or a price under one.
                Value::String(text) => read_text(key, text, common, rows),
                _ => rows.push((key.map(str::to_owned), Err(Reason::NotJson))),
            }
        }
    }
    found
}

/// A service with endpoints of its own; one without is an endpoint itself.
fn read_service(service: &Object, common: &Common, rows: &mut Endpoints) {
    let own = common.of_service(service);
    if read_lists(service, &own, false, rows) {
        return;
    }
    if entry_address(service).is_some() {
        read_entry(None, service, common, rows);
    } else {
        rows.push((offers::what(service), Err(Reason::NoEndpoint)));
    }
}

/// An address alone, or a price under its address.
fn read_text(key: Option<&str>, text: &str, common: &Common, rows: &mut Endpoints) {
    let entry = match key {
        Some(_) => Object::from_iter([("price".to_owned(), Value::from(text))]),
        None => Object::from_iter([("resource".to_owned(), Value::from(text))]),
    };
    read_entry(key, &entry, common, rows);
}

/// An endpoint: one row for each of its methods.
fn read_entry(key: Option<&str>, entry: &Object, common: &Common, rows: &mut Endpoints) {
    let written = entry_address(entry).or(key).unwrap_or_default();
    let (prefix, address) = split_method(written);
    let what = || Some(written.to_owned()).filter(|what| !what.is_empty());
    let named = fields::text(entry, &["method", "httpMethod", "http_method", "verb"]).or(prefix);
    let mut methods: Vec<String> = fields::words(entry, &["methods"]);
    if let Some(named) = named {
        methods = vec![named.to_owned()];
    }
    methods.truncate(5);
    let listing = common.base.join(address).and_then(|url| listing(entry, url, common));
    if methods.is_empty() {
        rows.push((what(), listing));
        return;
    }
    for name in methods {
        let with_method = |listing: &ImportedListing| {
            Ok(ImportedListing { method: Some(method(&name)?), ..listing.clone() })
        };
        rows.push((what(), listing.as_ref().map_err(Reason::clone).and_then(with_method)));
    }
}

/// The address of an entry; some put it, with other things, into an object.
fn entry_address(entry: &Object) -> Option<&str> {
    let inner =
        fields::object(entry, &["resource"]).and_then(|inner| fields::text(inner, &["url"]));
    fields::text(entry, &ADDRESSES).or(inner)
}

fn listing(entry: &Object, url: String, common: &Common) -> Result<ImportedListing, Reason> {
    let mut protocols = offers::protocols(entry, &["protocol", "protocols", "scheme"]);
    if protocols.is_empty() {
        protocols.clone_from(&common.protocols);
    }
    let accepts = offers::accepts(entry);
    // What an entry says of its payment may stand in an object of its own.
    let payment = fields::object(entry, &["payment", "price", "pricing"]);
    let own = |names: &[&str], common: &Option<String>| {
        let in_payment = || fields::owned(payment?, names);
        fields::owned(entry, names).or_else(in_payment).or_else(|| common.clone())
    };
    let currency = own(&["currency", "token", "asset"], &common.currency);
    let (currency, network_beside) = split_network(currency);
    let network = own(&["network", "chain"], &common.network).or(network_beside);
    let price = match &accepts {
        Some(ways) if ways.is_empty() => return Err(Reason::Free),
        Some(ways) => price::from_offers(ways, None),
        None => Price::default(),
    };
    let price = if price.is_known() || price.is_free {
        price
    } else {
        price::from_fields(entry, network.as_deref(), currency.as_deref())
    };
    let mut listing = ImportedListing { url, protocols, ..<_>::default() };
    price::paid(price)?.write_to(&mut listing);
    listing.offers = accepts.unwrap_or_else(|| {
        let mut ways = common.ways.clone();
        let asset = fields::owned(entry, &["assetContract", "assetAddress", "asset", "token"]);
        let (asset, pay_to) =
            (asset.or(currency), own(&["payTo", "pay_to", "wallet"], &common.pay_to));
        if ways.is_empty() && (network.is_some() || asset.is_some() || pay_to.is_some()) {
            ways.push(Offer { network, asset, pay_to, ..Offer::default() });
        }
        ways
    });
    describe(&mut listing, entry, common);
    Ok(listing)
}

/// Takes the network off `USDC on Base`.
fn split_network(currency: Option<String>) -> (Option<String>, Option<String>) {
    match currency.as_deref().and_then(|text| text.split_once(" on ")) {
        Some((currency, network)) => (Some(currency.to_owned()), Some(network.to_owned())),
        None => (currency, None),
    }
}

fn describe(listing: &mut ImportedListing, entry: &Object, common: &Common) {
    let inner = fields::object(entry, &["resource"]);
    let named =
        |names: &[&str]| fields::owned(entry, names).or_else(|| fields::owned(inner?, names));
    listing.name = named(&["name", "title", "summary"]);
    listing.description = named(&["description", "desc", "purpose", "tagline"]);
    listing.provider.clone_from(&common.provider);
    listing.provider_text.clone_from(&common.provider_text);
    listing.category = named(&["category"]).or_else(|| common.category.clone());
    listing.tags = fields::words(entry, &["tags"]);
    let input = ["inputSchema", "requestSchema", "input_schema", "parameters", "params", "input"];
    listing.input_schema = fields::json(entry, &input);
    let output = ["outputSchema", "responseSchema", "output_schema", "response", "output_example"];
    listing.output_schema = fields::json(entry, &output);
    listing.probe_body = fields::json(entry, &["request_body", "requestBody", "example_body"]);
    listing.source_ref = named(&["id", "slug"]);
    listing.last_updated = fields::time(entry, &["updated_at", "lastUpdated"]);
}

impl Common {
    fn of_document(document: &Object, address: Option<&Url>) -> Self {
        let service = fields::object(document, &["service"]);
        let payment = fields::object(document, &["payment"]);
        let service_url = service.and_then(|service| fields::text(service, &["url"]));
        let base = fields::text(document, &BASES).or(service_url);
        let named = |place: Option<&Object>| fields::owned(place?, &["name"]);
        let operator = fields::object(document, &["provider", "operator"]);
        let mut ways = offers::accepts(document).unwrap_or_default();
        // What is said once is no price of each endpoint.
        ways.iter_mut().for_each(|way| way.amount = None);
        let first = ways.first().cloned().unwrap_or_default();
        let said = |names: &[&str], other: Option<String>| {
            let in_payment = || fields::owned(payment?, names);
            fields::owned(document, names).or_else(in_payment).or(other)
        };
        Self {
            base: Base::of_document(address).named(base),
            protocols: protocols(document, payment, address),
            network: said(&["network", "chain"], first.network),
            currency: said(&["currency"], None),
            pay_to: said(&["payTo", "pay_to", "wallet", "recipient"], first.pay_to),
            ways,
            provider: named(operator)
                .or_else(|| fields::owned(document, &["provider", "operator", "name", "service"]))
                .or_else(|| named(service)),
            provider_text: fields::owned(document, &["description"]),
            category: fields::owned(document, &["category"]),
        }
    }

    /// With what a service of the document says for its own endpoints.
    fn of_service(&self, service: &Object) -> Self {
        let own = |names: &[&str], common: &Option<String>| {
            fields::owned(service, names).or_else(|| common.clone())
        };
        let base = fields::text(service, &BASES).or_else(|| fields::text(service, &["url"]));
        Self {
            base: self.base.clone().named(base),
            network: own(&["network", "chain"], &self.network),
            currency: own(&["currency"], &self.currency),
            pay_to: own(&["payTo", "pay_to", "wallet"], &self.pay_to),
            provider: own(&["name"], &self.provider),
            provider_text: own(&["description", "tagline"], &self.provider_text),
            category: own(&["category"], &self.category),
            ..self.clone()
        }
    }
}

/// The protocols of a document: what it says, else what its address is named after.
fn protocols(document: &Object, payment: Option<&Object>, address: Option<&Url>) -> Vec<Protocol> {
    let mut said = offers::protocols(document, &["protocol", "protocols", "scheme"]);
    if let Some(payment) = payment {
        said.extend(offers::protocols(payment, &["protocol", "protocols", "scheme"]));
    }
    if !said.is_empty() {
        return said;
    }
    let path = address.map(Url::path).unwrap_or_default().to_ascii_lowercase();
    let on_lightning = payment.and_then(|payment| fields::text(payment, &["network"]));
    match () {
        () if path.contains("l402") || on_lightning == Some("lightning") => vec![Protocol::L402],
        () if path.contains("mpp") => vec![Protocol::Mpp],
        () => vec![Protocol::X402],
    }
}

#[cfg(test)]
#[path = "well_known_tests.rs"]
mod tests;
