//! `GET /openapi.json`: what the routes say of themselves, and what they cost. The same document is
//! at `/api/v1/openapi.json`.

use super::Sales;
use super::kept::Documents;
use super::{payment, refusals};
use axum::extract::State;
use axum::response::Response;
use farebox_paywall::PaidOperation;
use http::HeaderMap;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use utoipa::openapi::OpenApi;

const ABOUT: &str = "Paid APIs, and a directory of paid APIs. An unpaid request to a paid operation \
                     is answered 402, which says how to pay: L402 (Lightning), MPP or x402.";
const TAGS: [(&str, &str); 8] = [
    ("directory", "Listings of paid APIs"),
    ("feeds", "What others follow the directory by"),
    ("accounts", "Prepaid balances"),
    ("facilitator", "x402 payments checked and settled, and paid resources to discover"),
    ("documents", "What this server says about itself"),
    ("demo", "Sample paid APIs"),
    ("pages", "For people"),
    ("operation", "For those who run the server"),
];

/// Shows this document: OpenAPI 3.1.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "openapi",
    tag = "documents",
    responses(
        (status = 200, description = "The document", body = Object),
        (status = 304, description = "The client has it: If-None-Match says so"),
    )
)]
pub(super) async fn document(
    State(documents): State<Arc<Documents>>,
    headers: HeaderMap,
) -> Response {
    documents.answer(&headers, "application/json", |rendered| &rendered.openapi)
}

/// Shows this document, where clients of the API's version 1 look for it.
#[utoipa::path(
    get,
    path = "/api/v1/openapi.json",
    operation_id = "openapi_v1",
    tag = "documents",
    responses(
        (status = 200, description = "The document", body = Object),
        (status = 304, description = "The client has it: If-None-Match says so"),
    )
)]
pub(super) async fn document_v1(
    State(documents): State<Arc<Documents>>,
    headers: HeaderMap,
) -> Response {
    documents.answer(&headers, "application/json", |rendered| &rendered.openapi)
}

/// The document without prices.
///
/// # Errors
/// [`serde_json::Error`] when what the routes say has no JSON form.
pub(super) fn base(openapi: &OpenApi, public_url: &str) -> Result<Value, serde_json::Error> {
    let mut document = serde_json::to_value(openapi)?;
    if let Some(document) = document.as_object_mut() {
        let info = json!({
            "title": "Farebox",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": {"name": env!("CARGO_PKG_LICENSE")},
        });
        let service = json!({
            "categories": ["data"],
            "docs": {
                "apiReference": format!("{public_url}/api-docs.md"),
                "llms": format!("{public_url}/llms.txt"),
            },
        });
        let tags = TAGS.map(|(name, about)| json!({"name": name, "description": about}));
        document.insert("info".to_owned(), info);
        document.insert("servers".to_owned(), json!([{"url": public_url}]));
        document.insert("tags".to_owned(), tags.to_vec().into());
        document.insert("x-service-info".to_owned(), service);
        if let Some(components) = object(document, "components") {
            components.insert("securitySchemes".to_owned(), payment::security_schemes());
            if let Some(schemas) = object(components, "schemas") {
                schemas.insert(payment::SCHEMA.to_owned(), payment::schema());
            }
        }
        refusals::add(document);
    }
    Ok(document)
}

/// The document with `x-payment-info`, the credentials and the statuses of the paywall where
/// something is sold.
pub(super) fn with_prices(mut document: Value, sales: Option<&Sales>) -> Value {
    let paths = document.as_object_mut().and_then(|document| object(document, "paths"));
    let (Some(sales), Some(paths)) = (sales, paths) else { return document };
    for operation in &sales.sold {
        let Some(described) = described(paths, operation) else { continue };
        let info = sales.paywall.payment_info(&operation.route);
        described.insert("x-payment-info".to_owned(), info);
        described.insert("security".to_owned(), payment::credentials());
        if let Some(example) = &operation.example {
            add_example(described, example);
        }
        if let Some(responses) = object(described, "responses") {
            for (status, response) in payment::responses() {
                responses.entry(status).or_insert(response);
            }
        }
    }
    document
}

/// What the document says of a paid operation; it is added where its route says nothing.
fn described<'a>(
    paths: &'a mut Map<String, Value>,
    operation: &PaidOperation,
) -> Option<&'a mut Map<String, Value>> {
    let method = operation.method.as_str().to_ascii_lowercase();
    let item = object(paths, &operation.path)?;
    if !item.contains_key(&method) {
        let route = &operation.route;
        let paid = json!({"200": {"description": "What was paid for."}});
        let described = json!({
            "operationId": route.id(), "summary": route.description(), "responses": paid,
        });
        item.insert(method.clone(), described);
    }
    item.get_mut(&method)?.as_object_mut()
}

/// Crawlers send the example to meet the 402.
fn add_example(described: &mut Map<String, Value>, example: &Value) {
    let content = described.entry("requestBody").or_insert_with(|| {
        json!({"required": true, "content": {"application/json": {"schema": {"type": "object"}}}})
    });
    if let Some(json) = content.pointer_mut("/content/application~1json")
        && let Some(json) = json.as_object_mut()
    {
        json.insert("example".to_owned(), example.clone());
    }
}

/// The object of this name, made where there is none.
pub(super) fn object<'a>(
    parent: &'a mut Map<String, Value>,
    name: &str,
) -> Option<&'a mut Map<String, Value>> {
    parent.entry(name).or_insert_with(|| json!({})).as_object_mut()
}
