//! What operations answer besides what their handlers say of themselves: refusals that come before
//! a handler, in the one shape of errors.

use super::openapi::object;
use serde_json::{Map, Value, json};

const ERROR: &str = "#/components/schemas/ErrorBody";

/// Adds them to every operation. An error that is described without a body has the one of all.
pub(super) fn add(document: &mut Map<String, Value>) {
    let paths = object(document, "paths").into_iter().flat_map(Map::values_mut);
    let operations = paths.filter_map(Value::as_object_mut).flat_map(Map::values_mut);
    for operation in operations.filter_map(Value::as_object_mut) {
        let takes_body = operation.contains_key("requestBody");
        let reads_path = reads_path(operation);
        let Some(responses) = object(operation, "responses") else { continue };
        let mut refused = |status: &str, about: &str| {
            responses.entry(status).or_insert_with(|| json!({"description": about}));
        };
        if takes_body {
            refused("413", "The body is too large");
        }
        if reads_path {
            refused("400", "The path cannot be read");
        }
        let errors = responses.iter_mut().filter(|(status, _)| status.starts_with(['4', '5']));
        for response in errors.filter_map(|(_, response)| response.as_object_mut()) {
            if !response.contains_key("$ref") {
                let body = json!({"application/json": {"schema": {"$ref": ERROR}}});
                response.entry("content").or_insert(body);
            }
        }
    }
}

fn reads_path(operation: &Map<String, Value>) -> bool {
    let parameters = operation.get("parameters").and_then(Value::as_array);
    parameters.into_iter().flatten().any(|parameter| parameter.get("in") == Some(&json!("path")))
}
