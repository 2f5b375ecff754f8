//! An OpenAPI document whose paid operations carry `x-payment-info`: the offers of MPP
//! (`{offers: […]}`, or one offer at the top) and the price of x402's crawlers
//! (`{protocols, price: {mode, currency, amount}}`).

use super::address::{Base, method};
use super::fields::{self, Object};
use super::offers;
use super::price::{self, Price};
use super::rows::Endpoints;
use crate::Protocol;
use crate::import::{ImportedListing, Offer, Reason};
use serde_json::Value;
use url::Url;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
const EXTENSION: &str = "x-payment-info";

/// Reads a document: one row for each operation that is paid for.
pub(super) fn read(document: &Object, address: Option<&Url>) -> Endpoints {
    let server = fields::list(document, &["servers"])
        .and_then(|servers| fields::text(servers.first()?.as_object()?, &["url"]));
    let base = Base::of_document(address);
    // A server may itself be a path of the document's host.
    let server = server.filter(|url| *url != "/").and_then(|url| base.join(url).ok());
    let base = base.named(server.as_deref());
    let mut endpoints = Endpoints::new();
    for (path, item) in fields::object(document, &["paths"]).into_iter().flatten() {
        for (name, operation) in METHODS.iter().filter_map(|name| Some((name, item.get(name)?))) {
            let Some(operation) = operation.as_object() else { continue };
            if !is_paid(operation) {
                continue;
            }
            let what = format!("{} {path}", name.to_uppercase());
            let read = || {
                let mut listing = read_operation(operation, base.join(path)?)?;
                listing.method = Some(method(name)?);
                describe(&mut listing, document, operation, item);
                Ok(listing)
            };
            endpoints.push((Some(what), read()));
            if endpoints.len() > super::ENDPOINTS_MAX {
                return endpoints;
            }
        }
    }
    if endpoints.is_empty() {
        endpoints.push((None, Err(Reason::Missing("operation with x-payment-info"))));
    }
    endpoints
}

fn is_paid(operation: &Object) -> bool {
    let answers = fields::object(operation, &["responses"]);
    operation.contains_key(EXTENSION) || answers.is_some_and(|answers| answers.contains_key("402"))
}

fn read_operation(operation: &Object, url: String) -> Result<ImportedListing, Reason> {
    let info = fields::object(operation, &[EXTENSION]).ok_or(Reason::NoOffer)?;
    let mut ways = mpp_offers(info);
    ways.extend(offers::accepts(info).unwrap_or_default());
    let mut protocols = offers::protocols(info, &["protocols", "protocol"]);
    protocols.extend(ways.iter().filter_map(|way| way.protocol));
    if protocols.is_empty() {
        return Err(Reason::NoOffer);
    }
    let mut listing = ImportedListing { url, protocols, ..<_>::default() };
    price::paid(price(info, &ways))?.write_to(&mut listing);
    listing.offers = ways;
    Ok(listing)
}

/// The offers of MPP: a list, or one at the top.
fn mpp_offers(info: &Object) -> Vec<Offer> {
    let one = |offer: &Object| Offer {
        protocol: Some(Protocol::Mpp),
        scheme: fields::owned(offer, &["intent"]),
        network: fields::owned(offer, &["method"]),
        asset: fields::owned(offer, &["currency"]),
        pay_to: fields::owned(offer, &["recipient", "payTo"]),
        amount: offer.get("amount").and_then(fields::digits),
    };
    match fields::list(info, &["offers"]) {
        Some(list) => list.iter().filter_map(Value::as_object).map(one).collect(),
        None if info.contains_key("intent") => vec![one(info)],
        None => Vec::new(),
    }
}

/// What is said as a price wins over what follows from the offers.
fn price(info: &Object, ways: &[Offer]) -> Price {
    let said = fields::object(info, &["price"]);
    if let Some(said) = said.filter(|said| fields::text(said, &["mode"]) != Some("fixed"))
        && said.contains_key("mode")
    {
        let part = |name: &str| said.get(name).and_then(fields::digits);
        let words = match (part("min"), part("max")) {
            (Some(min), Some(max)) => format!("${min} to ${max}"),
            (Some(min), None) => format!("from ${min}"),
            (None, Some(max)) => format!("up to ${max}"),
            (None, None) => "depends on the request".to_owned(),
        };
        return Price { note: Some(words), ..Price::default() };
    }
    let own = price::from_fields(info, None, None);
    let of_offers = price::from_offers(ways, None);
    let is_free = own.is_free || (!own.is_known() && of_offers.is_free);
    Price {
        sats: own.sats.or(of_offers.sats),
        usd: own.usd.or(of_offers.usd),
        note: own.note.or(of_offers.note),
        is_free,
    }
}

fn describe(listing: &mut ImportedListing, document: &Object, operation: &Object, item: &Value) {
    let info = fields::object(document, &["info"]);
    let title = info.and_then(|info| fields::text(info, &["title"]));
    let summary = fields::text(operation, &["summary"])
        .or_else(|| fields::text(operation, &["operationId"]))
        .or_else(|| item.get("summary").and_then(Value::as_str));
    listing.name = match (title, summary) {
        (Some(title), Some(summary)) => Some(format!("{title}: {summary}")),
        (title, summary) => summary.or(title).map(str::to_owned),
    };
    listing.description = fields::owned(operation, &["description", "summary"]);
    listing.provider = info
        .and_then(|info| fields::object(info, &["contact"]))
        .and_then(|contact| fields::owned(contact, &["name"]))
        .or_else(|| title.map(str::to_owned));
    listing.provider_text = info.and_then(|info| fields::owned(info, &["description"]));
    let service = fields::object(document, &["x-service-info"]);
    let categories = service.map(|service| fields::words(service, &["categories"]));
    listing.category = categories.unwrap_or_default().into_iter().next();
    listing.tags = fields::words(operation, &["tags"]);
    listing.source_ref = fields::owned(operation, &["operationId"]);
    let body = content(operation.get("requestBody"), document);
    listing.input_schema = body.and_then(|body| fields::json(body, &["schema"]));
    listing.probe_body = body.and_then(example);
    let answer = operation.get("responses").and_then(|answers| answers.get("200"));
    let answer = content(answer, document);
    listing.output_schema = answer.and_then(|answer| fields::json(answer, &["schema"]));
}

/// The JSON content of a request or an answer, which may stand elsewhere in the document.
fn content<'a>(place: Option<&'a Value>, document: &'a Object) -> Option<&'a Object> {
    let place = place?.as_object()?;
    let place = match fields::text(place, &["$ref"]) {
        // One step is enough for what is written by hand, and cannot lead in a circle.
        Some(reference) => at_pointer(document, reference.strip_prefix("#/")?)?,
        None => place,
    };
    fields::object(fields::object(place, &["content"])?, &["application/json"])
}

fn at_pointer<'a>(document: &'a Object, pointer: &str) -> Option<&'a Object> {
    let mut parts = pointer.split('/').map(|part| part.replace("~1", "/").replace("~0", "~"));
    let first = document.get(&parts.next()?)?;
    parts.try_fold(first, |place, part| place.get(&part))?.as_object()
}

fn example(body: &Object) -> Option<String> {
    let of_schema = || fields::json(fields::object(body, &["schema"])?, &["example"]);
    fields::json(body, &["example"]).or_else(of_schema)
}
