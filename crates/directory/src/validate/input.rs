//! What an endpoint is asked with that wants input before it speaks of payment: made from what its
//! listing says it takes, or from what its refusal says is missing. Pure.

use super::minimal_body::minimal_body;
use serde_json::{Map, Value};

/// Fields of a refusal that are filled.
const FIELDS_MAX: usize = 8;
/// Bytes of a field's name.
const NAME_LEN_MAX: usize = 64;
/// Bytes of a text in the address.
const TEXT_LEN_MAX: usize = 256;

/// Input for one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Input {
    /// Parameters of the address.
    pub(super) query: Vec<(String, String)>,
    /// A JSON body.
    pub(super) body: Option<String>,
}

impl Input {
    fn non_empty(self) -> Option<Self> {
        (!self.query.is_empty() || self.body.is_some()).then_some(self)
    }
}

/// The least that fits a schema: a JSON Schema, a plain list of fields, or what x402 has for it,
/// `queryParams` and `bodyFields`. Without a body all of it stands in the address.
pub(super) fn of_schema(schema: &Value, takes_body: bool) -> Option<Input> {
    let schema = schema.get("input").filter(|inner| inner.is_object()).unwrap_or(schema);
    let part = |names: &[&str]| names.iter().find_map(|name| schema.get(*name));
    let query = part(&["queryParams", "query_params"]);
    let body = part(&["bodyFields", "body_fields", "bodyParams", "body"]);
    let body = body.filter(|body| body.is_object());
    if query.is_none() && body.is_none() {
        return match takes_body {
            true => Input { body: minimal_body(schema), query: Vec::new() }.non_empty(),
            false => Input { query: to_query(schema), body: None }.non_empty(),
        };
    }
    let body = body.filter(|_| takes_body).and_then(minimal_body);
    Input { query: query.map(to_query).unwrap_or_default(), body }.non_empty()
}

/// The scalars of the least that fits.
fn to_query(schema: &Value) -> Vec<(String, String)> {
    let least = minimal_body(schema).and_then(|body| serde_json::from_str(&body).ok());
    let Some(Value::Object(fields)) = least else {
        return Vec::new();
    };
    let text = |value: Value| match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(is_so) => Some(is_so.to_string()),
        _ => None,
    };
    let texts = fields.into_iter().filter_map(|(name, value)| Some((name, text(value)?)));
    texts.filter(|(name, text)| is_name(name) && text.len() <= TEXT_LEN_MAX).collect()
}

/// What a refusal names as missing, in the forms of frameworks in use: `detail[].loc` (FastAPI),
/// `errors[]` and `issues[]` with a `path` (express-validator, zod).
pub(super) fn of_refusal(body: &[u8], takes_body: bool) -> Option<Input> {
    let refusal: Value = serde_json::from_slice(body).ok()?;
    let list = |name: &str| refusal.get(name).and_then(Value::as_array);
    let inner = || refusal.get("error")?.get("issues")?.as_array();
    let items = ["detail", "errors", "issues"].iter().find_map(|name| list(name)).or_else(inner)?;
    let mut input = Input::default();
    let mut fields = Map::new();
    for item in items.iter().take(FIELDS_MAX) {
        let Some((place, name)) = missing(item) else { continue };
        let is_in_body = place.map_or(takes_body, |place| place == "body");
        if is_in_body && takes_body {
            fields.insert(name.to_owned(), Value::String(sample(name).to_owned()));
        } else if !is_in_body {
            input.query.push((name.to_owned(), sample(name).to_owned()));
        }
    }
    input.body = (!fields.is_empty()).then(|| Value::Object(fields).to_string());
    input.non_empty()
}

/// Where a field is missing, if that is said, and its name.
fn missing(item: &Value) -> Option<(Option<&str>, &str)> {
    let places = ["query", "body"];
    let known = |place: &str| places.into_iter().find(|known| *known == place);
    let said = item.get("location").or_else(|| item.get("in"));
    let said = said.and_then(Value::as_str).and_then(known);
    let path = ["loc", "path", "param"].iter().find_map(|name| item.get(*name))?;
    let parts: Vec<&str> = match path {
        Value::String(name) => vec![name],
        Value::Array(parts) => parts.iter().filter_map(Value::as_str).collect(),
        _ => return None,
    };
    let (first, rest) = parts.split_first()?;
    let (place, name) = match (known(first), rest.first()) {
        (Some(place), Some(name)) => (Some(place), *name),
        _ => (said, *first),
    };
    is_name(name).then_some((place, name))
}

fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    !name.is_empty() && name.len() <= NAME_LEN_MAX && name.bytes().all(is_plain)
}

/// Words in names of fields, and a value that such a field takes; the first that fits counts.
const SAMPLES: [(&str, &str); 15] = [
    ("domain", "example.com"),
    ("host", "example.com"),
    ("url", "https://example.com/"),
    ("uri", "https://example.com/"),
    ("website", "https://example.com/"),
    ("email", "test@example.com"),
    ("ip", "8.8.8.8"),
    ("date", "2026-01-01"),
    ("lat", "0"),
    ("lon", "0"),
    ("limit", "1"),
    ("count", "1"),
    ("page", "1"),
    ("symbol", "BTC"),
    ("country", "US"),
];

/// Whole words count, so that `zip` is no `ip`.
fn sample(name: &str) -> &'static str {
    let lower = name.to_ascii_lowercase();
    let mut words = lower.split(|c: char| !c.is_ascii_alphanumeric());
    let found = words.find_map(|word| SAMPLES.iter().find(|(known, _)| *known == word));
    found.map_or("test", |(_, value)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn query(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_schema_becomes_a_body_or_parameters() {
        let schema = json!({ "type": "object", "required": ["q", "n"],
            "properties": { "q": { "type": "string" }, "n": { "type": "integer" }, "x": {} } });
        let posted = of_schema(&schema, true).unwrap();
        assert_eq!(posted.body.as_deref(), Some(r#"{"n":1,"q":"test"}"#));
        let got = of_schema(&schema, false).unwrap();
        assert_eq!(got, Input { query: query(&[("n", "1"), ("q", "test")]), body: None });
    }

    #[test]
    fn the_schema_of_x402_names_both() {
        let schema = json!({ "input": { "type": "http", "method": "POST",
            "queryParams": { "city": { "type": "string" } },
            "bodyFields": { "text": { "type": "string", "required": true } } } });
        let input = of_schema(&schema, true).unwrap();
        assert_eq!(input.query, query(&[("city", "test")]));
        assert_eq!(input.body.as_deref(), Some(r#"{"text":"test"}"#));
        assert_eq!(of_schema(&schema, false).unwrap().body, None);
        assert_eq!(of_schema(&json!({}), false), None);
    }

    #[test]
    fn a_refusal_names_what_is_missing() {
        let of = |value: Value, takes_body| of_refusal(value.to_string().as_bytes(), takes_body);
        let fast_api = json!({ "detail": [
            { "loc": ["query", "domain"], "msg": "field required", "type": "value_error.missing" }] });
        assert_eq!(of(fast_api, false).unwrap().query, query(&[("domain", "example.com")]));
        let body = json!({ "detail": [{ "loc": ["body", "prompt"], "type": "missing" }] });
        assert_eq!(of(body.clone(), true).unwrap().body.as_deref(), Some(r#"{"prompt":"test"}"#));
        assert_eq!(of(body, false), None, "a request without a body takes none");
        let zod =
            json!({ "error": { "issues": [{ "path": ["user_email"], "message": "Required" }] } });
        let zod = of(zod, true).unwrap();
        assert_eq!(zod.body.as_deref(), Some(r#"{"user_email":"test@example.com"}"#));
        let express = json!({ "errors": [{ "location": "query", "path": "zip" }] });
        assert_eq!(of(express, true).unwrap().query, query(&[("zip", "test")]));
    }

    #[test]
    fn a_refusal_cannot_make_us_send_anything_odd() {
        let of = |value: Value| of_refusal(value.to_string().as_bytes(), true);
        for odd in [
            json!({ "detail": [{ "loc": ["query", "a\r\nb: c"] }] }),
            json!({ "detail": [{ "loc": ["query", "x".repeat(65)] }] }),
            json!({ "detail": [{ "loc": [] }, { "loc": 7 }, {}, null] }),
            json!({ "detail": "Not found" }),
            json!([1]),
        ] {
            assert_eq!(of(odd.clone()), None, "{odd}");
        }
        let many: Vec<_> = (0..100).map(|n| json!({ "loc": ["query", format!("f{n}")] })).collect();
        assert_eq!(of(json!({ "detail": many })).unwrap().query.len(), FIELDS_MAX);
    }
}
