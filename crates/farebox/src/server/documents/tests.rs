//! The documents of a whole demo server.

use super::{Subject, api_docs, l402_services, x402};
use crate::config::Settings;
use crate::server::assembly;
use axum::Router;
use axum::body::Body;
use farebox_money::Sats;
use farebox_paywall::{PaidOperation, PaidRoute, RouteTerms};
use farebox_wire::api_error::ErrorBody;
use farebox_wire::x402::PaymentRequirements;
use http::header::{ALLOW, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tower::ServiceExt;

const PUBLIC_URL: &str = "https://farebox.example";

async fn server(folder: &tempfile::TempDir) -> Router {
    let mut settings = Settings { data: Some(folder.path().to_owned()), ..Settings::default() };
    // What it serves then is more.
    settings.facilitator.enabled = true;
    let parts = assembly::build(&settings, true, PUBLIC_URL, None).await;
    parts.ok().unwrap().router
}

async fn get(router: &Router, path: &str) -> String {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(body.to_vec()).unwrap()
}

async fn document(router: &Router) -> Value {
    serde_json::from_str(&get(router, "/openapi.json").await).unwrap()
}

/// Every path that the router has. Axum tells them in its debug output only.
fn paths(router: &Router) -> BTreeSet<String> {
    let debug = format!("{router:?}");
    let named = debug.split("RouteId(").skip(1).filter_map(|part| {
        let (_, rest) = part.split_once("): \"")?;
        Some(rest.split_once('"')?.0.to_owned())
    });
    named.filter(|path| path.starts_with('/') && !path.contains("__private")).collect()
}

/// The methods that a path takes, as its own 405 says them.
async fn methods(router: &Router, path: &str) -> BTreeSet<String> {
    let concrete = path.split('/').map(|part| if part.starts_with('{') { "x" } else { part });
    let concrete = concrete.collect::<Vec<_>>().join("/");
    let request = Request::builder().method("BREW").uri(&concrete).body(Body::empty()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
    let allow = response.headers()[ALLOW].to_str().unwrap();
    let methods = allow.split(',').map(|method| method.trim().to_lowercase());
    methods.filter(|method| method != "head").collect()
}

#[tokio::test]
async fn every_route_is_in_the_document_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let router = server(&folder).await;
    let mut served = BTreeMap::new();
    for path in paths(&router) {
        let methods = methods(&router, &path).await;
        served.insert(path, methods);
    }
    assert!(served.len() > 30, "{served:?}");
    let document = document(&router).await;
    let described = document["paths"].as_object().unwrap().iter();
    let described: BTreeMap<String, BTreeSet<String>> = described
        .map(|(path, item)| (path.clone(), item.as_object().unwrap().keys().cloned().collect()))
        .collect();
    assert_eq!(described, served);
}

#[tokio::test]
async fn the_document_holds_together() {
    let folder = tempfile::tempdir().unwrap();
    let router = server(&folder).await;
    let document = document(&router).await;
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["servers"][0]["url"], PUBLIC_URL);
    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name.to_owned()), "{name} names two operations");
            assert!(!operation["summary"].as_str().unwrap().is_empty(), "{method} {path}");
            let tag = &operation["tags"][0];
            let tags = document["tags"].as_array().unwrap();
            assert!(tags.iter().any(|known| known["name"] == *tag), "{method} {path}: {tag}");
            if path.contains("/admin/") {
                assert_eq!(operation["security"], json!([{"admin": []}]), "{method} {path}");
            }
            let taken = operation["security"].as_array().into_iter().flatten();
            for scheme in taken.flat_map(|taken| taken.as_object().unwrap().keys()) {
                let known = &document["components"]["securitySchemes"][scheme];
                assert!(known.is_object(), "{method} {path}: {scheme}");
            }
        }
    }
    for reference in references(&document) {
        let found = document.pointer(reference.strip_prefix('#').unwrap());
        assert!(found.is_some(), "{reference} leads nowhere");
    }
}

fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(object) => {
            let own = object.get("$ref").and_then(Value::as_str).map(str::to_owned);
            own.into_iter().chain(object.values().flat_map(references)).collect()
        }
        Value::Array(values) => values.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// What is answered, if it is an error in the one shape: its status and code.
async fn refused(router: &Router, method: &str, path: &str, body: Vec<u8>) -> (u16, String) {
    let request = Request::builder().method(method).uri(path).body(Body::from(body)).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    assert_eq!(response.headers()[CONTENT_TYPE], "application/json", "{method} {path}");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let body: ErrorBody = serde_json::from_slice(&body).unwrap();
    (status, body.error.code)
}

#[tokio::test]
async fn what_no_handler_answers_is_an_error_like_all_and_is_described() {
    let folder = tempfile::tempdir().unwrap();
    let router = server(&folder).await;
    let huge = vec![b' '; 4 * 1_024 * 1_024];
    for (method, path, template, body, status, code) in [
        ("GET", "/assets/%ff", "/assets/{name}", vec![], 400, "bad_request"),
        ("GET", "/assets/none", "/assets/{name}", vec![], 404, "not_found"),
        ("POST", "/api/v1/topup", "/api/v1/topup", huge, 413, "request_too_large"),
    ] {
        let answered = refused(&router, method, path, body).await;
        assert_eq!(answered, (status, code.to_owned()), "{method} {path}");
        let described = &document(&router).await["paths"][template][method.to_lowercase()];
        let body = &described["responses"][status.to_string()]["content"]["application/json"];
        assert_eq!(body["schema"]["$ref"], "#/components/schemas/ErrorBody", "{template}");
    }
    let wrong = refused(&router, "PUT", "/api/v1/services", vec![]).await;
    assert_eq!(wrong, (405, "method_not_allowed".to_owned()));
}

#[tokio::test]
async fn where_requests_are_counted_the_document_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let document = document(&server(&folder).await).await;
    let responses = |path: &str| document["paths"][path]["get"]["responses"].clone();
    let counted = responses("/api/v1/services");
    assert!(counted["429"].is_object() && counted["402"].is_object(), "{counted}");
    assert_eq!(responses("/api/v1/health").get("429"), None);
}

#[tokio::test]
async fn what_is_sold_has_its_price_and_its_402() {
    let folder = tempfile::tempdir().unwrap();
    let router = server(&folder).await;
    let document = document(&router).await;
    for (path, method) in [
        ("/api/v1/export.csv", "get"),
        ("/demo/weather", "get"),
        ("/demo/summary", "post"),
        ("/demo/v1/chat/completions", "post"),
        ("/demo/picture.bmp", "get"),
    ] {
        let operation = &document["paths"][path][method];
        assert!(operation["x-payment-info"]["price"]["mode"].is_string(), "{path}");
        let required = &operation["responses"]["402"];
        assert!(required["headers"]["WWW-Authenticate"].is_object(), "{path}");
        assert!(required["headers"]["PAYMENT-REQUIRED"].is_object(), "{path}");
        assert_eq!(operation["security"][0], json!({"l402": []}), "{path}");
    }
    let free = &document["paths"]["/api/v1/services"]["get"];
    assert_eq!(free.get("x-payment-info"), None);
    let example = document
        .pointer("/paths/~1demo~1summary/post/requestBody/content/application~1json/example/text");
    assert!(example.is_some_and(Value::is_string));
}

#[tokio::test]
async fn a_client_is_not_sent_what_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let router = server(&folder).await;
    let ask = async |tag: Option<&str>| {
        let mut request = Request::get("/openapi.json");
        if let Some(tag) = tag {
            request = request.header(IF_NONE_MATCH, tag);
        }
        router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    };
    let first = ask(None).await;
    let tag = first.headers()[ETAG].to_str().unwrap().to_owned();
    assert_eq!(ask(Some(&tag)).await.status(), StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn the_links_of_llms_txt_lead_somewhere() {
    let folder = tempfile::tempdir().unwrap();
    let router = server(&folder).await;
    let text = get(&router, "/llms.txt").await;
    let start = format!("({PUBLIC_URL}");
    let links = text.split(&start).skip(1);
    let links: Vec<&str> = links.map(|rest| rest.split_once(')').unwrap().0).collect();
    assert!(links.len() >= 8, "{text}");
    for link in links {
        get(&router, link).await;
    }
    assert!(text.contains("GET /demo/weather: Weather in one city (5 sats)"), "{text}");
}

#[tokio::test]
async fn the_plugin_manifest_names_a_document_and_a_picture_that_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let router = server(&folder).await;
    let manifest = get(&router, "/.well-known/ai-plugin.json").await;
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    for link in [&manifest["api"]["url"], &manifest["logo_url"]] {
        get(&router, link.as_str().unwrap().strip_prefix(PUBLIC_URL).unwrap()).await;
    }
}

fn sold(method: Method, path: &str) -> PaidOperation {
    let route = PaidRoute::one_shot("weather", Sats::new(5), "Weather | rain");
    PaidOperation { method, path: path.to_owned(), route, example: None }
}

fn terms() -> RouteTerms {
    let requirements = PaymentRequirements {
        scheme: "exact".to_owned(),
        network: "eip155:8453".to_owned(),
        amount: "1000".to_owned(),
        asset: "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913".to_owned(),
        pay_to: "0x209693Bc6afc0C5328bA36FaF03C514EF312287C".to_owned(),
        max_timeout_seconds: 60,
        extra: None,
        other: Map::new(),
    };
    RouteTerms {
        price_sats: Some(Sats::new(5)),
        price_usd: None,
        takes_l402: true,
        takes_x402: true,
        x402: vec![requirements],
    }
}

fn described() -> Value {
    let summary = json!({
        "summary": "Weather | rain",
        "tags": ["demo"],
        "parameters": [{"name": "city", "in": "query", "description": "a | b", "schema": {"type": "string"}}],
        "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Body"}}}},
        "responses": {"200": {"description": "It"}},
        "x-payment-info": {"price": {"amount": "0.005"}},
    });
    let body = json!({
        "type": "object", "required": ["text"],
        "properties": {"text": {"type": "string"}, "sentences": {"type": ["integer", "null"]}},
    });
    json!({
        "info": {"title": "Farebox"},
        "tags": [{"name": "demo", "description": "Samples"}],
        "paths": {"/weather": {"post": summary}},
        "components": {"schemas": {"Body": body}},
    })
}

#[test]
fn sellers_are_found_by_crawlers_of_either_rail() {
    let (openapi, operation) = (described(), sold(Method::POST, "/weather"));
    let of = |terms| Subject {
        public_url: PUBLIC_URL,
        openapi: &openapi,
        sold: vec![(&operation, terms)],
    };
    let shown = x402::render(&of(terms()));
    assert_eq!(shown["resources"], json!(["https://farebox.example/weather"]));
    assert_eq!(shown["items"][0]["accepts"][0]["maxTimeoutSeconds"], 60);
    assert_eq!(x402::render(&of(RouteTerms::default()))["resources"], json!([]));
    let shown = l402_services::render(&of(terms()));
    let service = &shown["services"][0];
    assert_eq!((&service["endpoint"], &service["method"]), (&json!("/weather"), &json!("POST")));
    let schema = json!({
        "text": {"type": "string", "required": true},
        "sentences": {"type": "integer", "required": false},
    });
    assert_eq!(service["request_schema"], schema);
    assert_eq!(shown["routes"][0]["price"], json!({"type": "static", "amount_msat": 5000}));
    assert_eq!(l402_services::render(&of(RouteTerms::default()))["services"], json!([]));
}

#[test]
fn the_reference_is_made_of_the_document() {
    let text = api_docs::render(&described());
    for part in [
        "## demo: Samples",
        "### POST /weather",
        "**Paid**: it costs $0.005",
        "| `city` | query | string | a \\| b |",
        "JSON body: [Body](#body)",
        "| 200 | It |  |",
        "| `sentences` | integer or null |  |",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}
