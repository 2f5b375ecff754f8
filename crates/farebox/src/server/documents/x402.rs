//! `GET /.well-known/x402`: what this server sells by x402. There is no one schema: `resources` as
//! URLs is what explorers read before they ask for each one's 402; `items` is the form of
//! `/discovery/resources`.

use super::Subject;
use super::kept::Documents;
use axum::extract::State;
use axum::response::Response;
use farebox_paywall::{PaidOperation, RouteTerms};
use http::HeaderMap;
use serde_json::{Value, json};
use std::sync::Arc;

/// Lists what this server sells by x402.
#[utoipa::path(
    get,
    path = "/.well-known/x402",
    tag = "documents",
    responses(
        (status = 200, description = "URLs in `resources`, and their terms in `items`", body = Object),
        (status = 304, description = "The client has it: If-None-Match says so"),
    )
)]
pub(super) async fn x402(State(documents): State<Arc<Documents>>, headers: HeaderMap) -> Response {
    documents.answer(&headers, "application/json", |rendered| &rendered.x402)
}

/// The document.
pub(super) fn render(subject: &Subject<'_>) -> Value {
    let url = subject.public_url;
    let sold = || subject.sold.iter().filter(|(_, terms)| terms.takes_x402);
    let address = |operation: &PaidOperation| format!("{url}{}", operation.path);
    let items = sold().map(|(operation, terms)| item(operation, terms, &address(operation)));
    json!({
        "version": 1,
        "x402Version": 2,
        "name": "Farebox",
        "description": "Paid APIs, and a directory of paid APIs.",
        "homepage": url,
        "openapi": format!("{url}/openapi.json"),
        "resources": sold().map(|(operation, _)| address(operation)).collect::<Vec<_>>(),
        "items": items.collect::<Vec<_>>(),
    })
}

/// Where the price depends on the request, only its 402 has terms.
fn item(operation: &PaidOperation, terms: &RouteTerms, address: &str) -> Value {
    json!({
        "resource": address,
        "type": "http",
        "method": operation.method.as_str(),
        "x402Version": 2,
        "description": operation.route.description(),
        "accepts": terms.x402,
    })
}
