//! The OpenAPI document: what the routes say of themselves, and what they cost.

use super::Sales;
use farebox_paywall::PaidOperation;
use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

/// The document without prices.
///
/// # Errors
/// [`serde_json::Error`] when what the routes say has no JSON form.
pub fn base(openapi: &OpenApi, public_url: &str) -> Result<Value, serde_json::Error> {
    let mut document = serde_json::to_value(openapi)?;
    if let Some(document) = document.as_object_mut() {
        document.insert(
            "info".to_owned(),
            json!({
                "title": "Farebox",
                "version": env!("CARGO_PKG_VERSION"),
                "description": "Paid APIs, and a directory of them.",
            }),
        );
        document.insert("servers".to_owned(), json!([{"url": public_url}]));
    }
    Ok(document)
}

/// The document with `x-payment-info` and the status 402 where something is sold. Prices in
/// dollars move with the rate, so they are put in when the document is asked for.
pub fn with_prices(mut document: Value, sales: Option<&Sales>) -> Value {
    let Some(sales) = sales else { return document };
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else {
        return document;
    };
    for operation in &sales.sold {
        let described = described(paths, operation);
        if let Some(described) = described.and_then(Value::as_object_mut) {
            let info = sales.paywall.payment_info(&operation.route);
            described.insert("x-payment-info".to_owned(), info);
            let responses = described.entry("responses").or_insert_with(|| json!({}));
            if let Some(responses) = responses.as_object_mut() {
                responses.insert("402".to_owned(), payment_required());
            }
        }
    }
    document
}

fn described<'a>(
    paths: &'a mut Map<String, Value>,
    operation: &PaidOperation,
) -> Option<&'a mut Value> {
    let method = operation.method.as_str().to_ascii_lowercase();
    let item = paths.entry(&operation.path).or_insert_with(|| json!({}));
    Some(item.as_object_mut()?.entry(method).or_insert_with(|| json!({"responses": {}})))
}

fn payment_required() -> Value {
    json!({"description": "Payment required: the ways to pay are in the headers."})
}
