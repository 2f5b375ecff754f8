//! `GET /api-docs.md`: the OpenAPI document as Markdown.

use super::kept::Documents;
use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use serde_json::{Map, Value};
use std::fmt::Write;
use std::sync::Arc;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Shows the API reference, made of the OpenAPI document.
#[utoipa::path(
    get,
    path = "/api-docs.md",
    tag = "documents",
    responses(
        (status = 200, description = "Markdown", body = String, content_type = "text/markdown; charset=utf-8"),
        (status = 304, description = "The client has it: If-None-Match says so"),
    )
)]
pub(super) async fn api_docs(
    State(documents): State<Arc<Documents>>,
    headers: HeaderMap,
) -> Response {
    documents.answer(&headers, "text/markdown; charset=utf-8", |rendered| &rendered.api_docs)
}

/// The reference: what each tag has, then the schemas.
pub(super) fn render(openapi: &Value) -> String {
    let mut text = String::new();
    let info = |name: &str| string(openapi.get("info"), name);
    let server = string(openapi.pointer("/servers/0"), "url");
    // Writing to a text cannot fail, here and below.
    let _ = write!(
        text,
        "# {} API\n\n{}\n\nVersion {}. Base URL: `{server}`. \
         Machine-readable: [OpenAPI 3.1]({server}/openapi.json).\n",
        info("title"),
        info("description"),
        info("version"),
    );
    for tag in array(openapi.get("tags")) {
        let name = string(Some(tag), "name");
        let operations = operations(openapi, name);
        if operations.is_empty() {
            continue;
        }
        let _ = write!(text, "\n## {}: {}\n", name, string(Some(tag), "description"));
        for (method, path, described) in operations {
            operation(&mut text, method, path, described);
        }
    }
    schemas(&mut text, openapi);
    text
}

fn operations<'a>(openapi: &'a Value, tag: &str) -> Vec<(&'static str, &'a str, &'a Value)> {
    let paths = openapi.get("paths").and_then(Value::as_object).into_iter().flatten();
    let all = paths.flat_map(|(path, item)| {
        METHODS
            .into_iter()
            .filter_map(move |method| Some((method, path.as_str(), item.get(method)?)))
    });
    all.filter(|(_, _, described)| {
        array(described.get("tags")).first().and_then(Value::as_str) == Some(tag)
    })
    .collect()
}

fn operation(text: &mut String, method: &str, path: &str, described: &Value) {
    let _ = write!(text, "\n### {} {path}\n\n", method.to_uppercase());
    for part in ["summary", "description"] {
        let part = string(Some(described), part);
        if !part.is_empty() {
            let _ = write!(text, "{part}\n\n");
        }
    }
    if let Some(price) = described.pointer("/x-payment-info/price") {
        let amount = string(Some(price), "amount");
        let price = match amount {
            "" => "its price depends on the request".to_owned(),
            amount => format!("it costs ${amount}"),
        };
        let _ = write!(text, "**Paid**: {price}; an unpaid request is answered 402.\n\n");
    }
    parameters(text, described);
    if let Some(body) = described.pointer("/requestBody/content/application~1json/schema") {
        let _ = write!(text, "JSON body: {}\n\n", kind(body));
    }
    text.push_str("| Status | Meaning | Body |\n|---|---|---|\n");
    for (status, response) in
        described.get("responses").and_then(Value::as_object).into_iter().flatten()
    {
        let about = cell(string(Some(response), "description"));
        let _ = writeln!(text, "| {status} | {about} | {} |", bodies(response));
    }
}

fn parameters(text: &mut String, described: &Value) {
    let parameters = array(described.get("parameters"));
    if parameters.is_empty() {
        return;
    }
    text.push_str("| Parameter | In | Type | Meaning |\n|---|---|---|---|\n");
    for parameter in parameters {
        let field = |name: &str| string(Some(parameter), name);
        let required = parameter.get("required").and_then(Value::as_bool).unwrap_or_default();
        let mark = if required { "Required. " } else { "" };
        let kind = parameter.get("schema").map(kind).unwrap_or_default();
        let about = cell(field("description"));
        let _ =
            writeln!(text, "| `{}` | {} | {kind} | {mark}{about} |", field("name"), field("in"));
    }
    text.push('\n');
}

fn bodies(response: &Value) -> String {
    let content = response.get("content").and_then(Value::as_object).into_iter().flatten();
    let bodies = content.map(|(media_type, body)| match media_type.as_str() {
        "application/json" => body.get("schema").map(kind).unwrap_or_default(),
        other => format!("`{other}`"),
    });
    bodies.collect::<Vec<_>>().join(", ")
}

fn schemas(text: &mut String, openapi: &Value) {
    text.push_str("\n## Schemas\n");
    let all = openapi.pointer("/components/schemas").and_then(Value::as_object);
    for (name, schema) in all.into_iter().flatten() {
        let _ = write!(text, "\n### {name}\n\n");
        let about = string(Some(schema), "description");
        if !about.is_empty() {
            let _ = write!(text, "{about}\n\n");
        }
        let mut fields = Vec::new();
        collect_fields(schema, &mut fields);
        if fields.is_empty() {
            let _ = writeln!(text, "{}", kind(schema));
            continue;
        }
        text.push_str("| Field | Type | Meaning |\n|---|---|---|\n");
        for (name, field) in fields {
            let about = cell(string(Some(field), "description"));
            let _ = writeln!(text, "| `{name}` | {} | {about} |", kind(field));
        }
    }
}

/// The fields of an object, and those of the parts that it is put together of.
fn collect_fields<'a>(schema: &'a Value, fields: &mut Vec<(&'a str, &'a Value)>) {
    let parts = array(schema.get("allOf")).iter().chain([schema]);
    let properties = parts.filter_map(|part| part.get("properties")?.as_object());
    fields.extend(properties.flat_map(Map::iter).map(|(name, field)| (name.as_str(), field)));
}

/// A schema in a few words.
fn kind(schema: &Value) -> String {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let name = reference.rsplit('/').next().unwrap_or_default();
        return format!("[{name}](#{})", name.to_lowercase());
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        let words = words.iter().filter_map(Value::as_str).map(|word| format!("`{word}`"));
        return words.collect::<Vec<_>>().join(", ");
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        if let Some(choices) = schema.get(choice).and_then(Value::as_array) {
            let joint = if choice == "allOf" { " and " } else { " or " };
            let kinds = choices.iter().filter(|one| one.get("properties").is_none()).map(kind);
            return kinds.collect::<Vec<_>>().join(joint);
        }
    }
    match schema.get("type") {
        Some(Value::String(name)) if name == "array" => {
            let items = schema.get("items").map(kind).unwrap_or_default();
            format!("array of {items}")
        }
        Some(Value::String(name)) => name.clone(),
        Some(Value::Array(names)) => {
            let names = names.iter().filter_map(Value::as_str);
            names.collect::<Vec<_>>().join(" or ")
        }
        _ => "any".to_owned(),
    }
}

fn string<'a>(value: Option<&'a Value>, name: &str) -> &'a str {
    value.and_then(|value| value.get(name)).and_then(Value::as_str).unwrap_or_default()
}

fn array(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// A text that stays in its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").split_whitespace().collect::<Vec<_>>().join(" ")
}
