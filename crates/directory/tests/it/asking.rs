//! How an endpoint of the directory is asked: by its method and others, and with the input that it
//! is known to want.

use super::validate::{Endpoint, now, open, paid};
use axum::response::{IntoResponse, Response};
use farebox_directory::validate::{BodySource, ValidateRequest, Validation, validate};
use farebox_directory::{Listing, ListingFacts, Protocol, canonical_url};
use http::{Method, StatusCode};
use serde_json::json;

fn listing(url: &str, method: &str, input_schema: Option<&str>) -> Listing {
    let mut facts = ListingFacts::new(url, Some(method), Protocol::L402, "A thing");
    facts.input_schema = input_schema.map(str::to_owned);
    Listing::new(facts, canonical_url(url).unwrap(), now())
}

async fn look(listing: &Listing) -> Validation {
    validate(&open(), ValidateRequest::of_listing(listing), now()).await.unwrap()
}

fn refused(body: &serde_json::Value) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, body.to_string()).into_response()
}

#[tokio::test]
async fn a_method_that_is_listed_wrongly_is_corrected() {
    let endpoint = Endpoint::start(|seen| match seen.method == Method::POST {
        true => paid(),
        false => StatusCode::NOT_FOUND.into_response(),
    });
    let endpoint = endpoint.await;
    let found = look(&listing(&endpoint.url("/paid"), "GET", None)).await;
    assert!(found.is_payable());
    assert_eq!(found.method(), "POST");
    let methods: Vec<_> = endpoint.seen().into_iter().map(|seen| seen.method).collect();
    assert_eq!(methods, [Method::GET, Method::POST]);
    // Whoever names a method wants to know about that one.
    let named = ValidateRequest {
        method: Some(Method::GET),
        tries_other_methods: false,
        ..ValidateRequest::new(endpoint.url("/paid"))
    };
    assert!(!validate(&open(), named, now()).await.unwrap().is_payable());
}

#[tokio::test]
async fn the_schema_of_the_listing_makes_the_body() {
    let endpoint = Endpoint::start(|seen| match seen.body.contains("prompt") {
        true => paid(),
        false => (StatusCode::INTERNAL_SERVER_ERROR, "no prompt").into_response(),
    });
    let endpoint = endpoint.await;
    let schema =
        r#"{"type":"object","required":["prompt"],"properties":{"prompt":{"type":"string"}}}"#;
    let found = look(&listing(&endpoint.url("/ask"), "POST", Some(schema))).await;
    assert!(found.is_payable());
    let body = (r#"{"prompt":"test"}"#.to_owned(), BodySource::Listing);
    assert_eq!(found.probe_body, Some(body));
    assert!(endpoint.seen().iter().all(|seen| seen.path == "/ask"), "the host was not asked");
}

#[tokio::test]
async fn parameters_that_a_refusal_names_are_filled() {
    let endpoint = Endpoint::start(|seen| match seen.query.as_deref() {
        Some("domain=example.com") => paid(),
        _ => {
            refused(&json!({ "detail": [{ "loc": ["query", "domain"], "msg": "field required" }] }))
        }
    });
    let endpoint = endpoint.await;
    let found = look(&listing(&endpoint.url("/whois"), "GET", None)).await;
    assert!(found.is_payable());
    assert_eq!(found.probe_body, None);
    assert_eq!(endpoint.seen().len(), 2);
}

#[tokio::test]
async fn an_endpoint_that_refuses_whatever_it_is_asked_is_asked_a_few_times_only() {
    let endpoint = Endpoint::start(|seen| {
        let missing = format!("f{}", seen.body.len());
        refused(&json!({ "detail": [{ "loc": ["body", missing] }] }))
    });
    let endpoint = endpoint.await;
    let schema = r#"{"prompt":"string"}"#;
    let found = look(&listing(&endpoint.url("/ask"), "POST", Some(schema))).await;
    assert!(!found.is_payable());
    assert_eq!(endpoint.seen().len(), 3, "as listed, by the schema, by the refusal");
}
