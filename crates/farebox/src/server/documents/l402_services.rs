//! `GET /.well-known/l402-services`: what this server sells by L402. Two shapes are read out there:
//! `services`, with the body that a prober may send (`request_schema`), and `routes`.

use super::Subject;
use super::kept::Documents;
use axum::extract::State;
use axum::response::Response;
use farebox_paywall::{PaidOperation, RouteTerms};
use http::HeaderMap;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Lists what this server sells by L402.
#[utoipa::path(
    get,
    path = "/.well-known/l402-services",
    tag = "documents",
    responses(
        (status = 200, description = "Each in `services`, with `request_schema` where it takes a body", body = Object),
        (status = 304, description = "The client has it: If-None-Match says so"),
    )
)]
pub(super) async fn l402_services(
    State(documents): State<Arc<Documents>>,
    headers: HeaderMap,
) -> Response {
    documents.answer(&headers, "application/json", |rendered| &rendered.l402_services)
}

/// The document.
pub(super) fn render(subject: &Subject<'_>) -> Value {
    let sold: Vec<_> = subject.sold.iter().filter(|(_, terms)| terms.takes_l402).collect();
    let services = sold.iter().map(|(operation, terms)| service(subject, operation, terms));
    let routes = sold.iter().map(|(operation, terms)| route(operation, terms));
    json!({
        "version": "1",
        "service": {
            "name": "Farebox",
            "description": "Paid APIs, and a directory of paid APIs.",
        },
        "base_url": subject.public_url,
        "openapi": format!("{}/openapi.json", subject.public_url),
        "payment_methods": [{"type": "lightning", "challenge_header": "WWW-Authenticate"}],
        "services": services.collect::<Vec<_>>(),
        "routes": routes.collect::<Vec<_>>(),
    })
}

fn service(subject: &Subject<'_>, operation: &PaidOperation, terms: &RouteTerms) -> Value {
    let route = &operation.route;
    let mut service = json!({
        "id": route.id(),
        "name": route.description(),
        "description": route.description(),
        "endpoint": operation.path,
        "url": format!("{}{}", subject.public_url, operation.path),
        "method": operation.method.as_str(),
        "protocol": "L402",
        "price_sats": terms.price_sats,
    });
    if let Some(service) = service.as_object_mut() {
        if let Some(schema) = request_schema(subject.openapi, operation) {
            service.insert("request_schema".to_owned(), schema);
        }
        if let Some(example) = &operation.example {
            service.insert("request_example".to_owned(), example.clone());
        }
        if let Some(seconds) = route.lifetime_s() {
            service.insert("token_valid_s".to_owned(), seconds.into());
        }
    }
    service
}

fn route(operation: &PaidOperation, terms: &RouteTerms) -> Value {
    let msat = terms.price_sats.and_then(farebox_money::Sats::to_msat);
    let price = match msat {
        Some(msat) => json!({"type": "static", "amount_msat": msat}),
        None => json!({"type": "dynamic"}),
    };
    json!({"path": operation.path, "method": operation.method.as_str(), "price": price})
}

/// The fields of the body: `{"name": {"type": "string", "required": true}}`.
fn request_schema(openapi: &Value, operation: &PaidOperation) -> Option<Value> {
    let method = operation.method.as_str().to_ascii_lowercase();
    let described = openapi.get("paths")?.get(&operation.path)?.get(&method)?;
    let schema = described.pointer("/requestBody/content/application~1json/schema")?;
    let schema = match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => openapi.pointer(reference.strip_prefix('#')?)?,
        None => schema,
    };
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| {
        required.is_some_and(|required| required.iter().any(|one| one.as_str() == Some(name)))
    };
    let mut fields = Map::new();
    for (name, property) in schema.get("properties")?.as_object()? {
        let kind = property.get("type").cloned().unwrap_or_else(|| "object".into());
        let field = json!({"type": first_type(kind), "required": is_required(name)});
        fields.insert(name.clone(), field);
    }
    Some(fields.into())
}

/// Of `["string", "null"]`, the first.
fn first_type(kind: Value) -> Value {
    match kind {
        Value::Array(kinds) => kinds.into_iter().next().unwrap_or_else(|| "object".into()),
        kind => kind,
    }
}
