//! The least that fits a schema: what an endpoint is asked with that wants input before it speaks
//! of payment.

use serde_json::{Map, Number, Value, json};

/// Levels of a schema that are followed.
const DEPTH_MAX: usize = 8;
/// Parts of a schema that are looked at.
const NODES_MAX: usize = 256;
/// Properties of one object that are filled.
const PROPERTIES_MAX: usize = 64;
/// Items of one list that are made.
const ITEMS_MAX: u64 = 16;
/// Characters of a text that is made up.
const TEXT_LEN_MAX: u64 = 1_024;
/// Bytes of the body.
const BODY_LEN_MAX: usize = 8 * 1_024;
/// Words by which a schema is told from a plain list of fields.
const KEYWORDS: [&str; 12] = [
    "type", "properties", "required", "items", "const", "default", "example", "examples", "enum",
    "oneOf", "anyOf", "allOf",
];

/// A JSON body that fits `schema`, which is a JSON Schema or a plain object of field names and
/// types. Given values (`const`, `default`, examples, the first of `enum`) are taken as they are.
/// Of an object the required properties are filled, or all where nothing is said about it.
/// `None` when nothing fits, or the schema is too large or too deep.
#[must_use]
pub(crate) fn minimal_body(schema: &Value) -> Option<String> {
    let mut maker = Maker { nodes_left: NODES_MAX };
    let is_plain = |fields: &Map<String, Value>| {
        !fields.is_empty() && !fields.keys().any(|key| KEYWORDS.contains(&key.as_str()))
    };
    let value = match schema.as_object().filter(|fields| is_plain(fields)) {
        Some(fields) => maker.properties(fields, None, 0)?,
        None => maker.value(schema, 0)?,
    };
    let body = value.to_string();
    ((value.is_object() || value.is_array()) && body.len() <= BODY_LEN_MAX).then_some(body)
}

struct Maker {
    nodes_left: usize,
}

impl Maker {
    fn value(&mut self, schema: &Value, depth: usize) -> Option<Value> {
        self.nodes_left = self.nodes_left.checked_sub(1)?;
        if depth > DEPTH_MAX {
            return None;
        }
        let fields = match schema {
            // The name of a type in place of a schema.
            Value::String(name) => return self.of_type(name, &Map::new(), depth),
            Value::Bool(true) => return Some(json!({})),
            other => other.as_object()?,
        };
        if let Some(given) = given(fields) {
            return Some(given.clone());
        }
        if let Some(first) = ["oneOf", "anyOf"].iter().find_map(|key| fields.get(*key)?.get(0)) {
            return self.value(first, depth.saturating_add(1));
        }
        if let Some(all) = fields.get("allOf").and_then(Value::as_array) {
            return self.all_of(all, depth);
        }
        self.of_type(type_of(fields)?, fields, depth)
    }

    /// Objects that hold together.
    fn all_of(&mut self, parts: &[Value], depth: usize) -> Option<Value> {
        let mut together = Map::new();
        for part in parts {
            match self.value(part, depth.saturating_add(1))? {
                Value::Object(fields) => together.extend(fields),
                _ => return None,
            }
        }
        Some(Value::Object(together))
    }

    fn of_type(&mut self, name: &str, schema: &Map<String, Value>, depth: usize) -> Option<Value> {
        match name.to_ascii_lowercase().as_str() {
            "object" => {
                let empty = Map::new();
                let fields = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
                self.properties(fields, schema.get("required").and_then(Value::as_array), depth)
            }
            "array" => self.items(schema, depth),
            "string" | "text" | "str" | "url" => text(schema).map(Value::String),
            "integer" | "int" | "number" | "float" => Some(number(schema)),
            "boolean" | "bool" => Some(Value::Bool(true)),
            "null" => Some(Value::Null),
            _ => None,
        }
    }

    fn properties(
        &mut self,
        fields: &Map<String, Value>,
        required: Option<&Vec<Value>>,
        depth: usize,
    ) -> Option<Value> {
        let below = depth.saturating_add(1);
        let mut made = Map::new();
        if let Some(required) = required {
            for name in required.iter().take(PROPERTIES_MAX).filter_map(Value::as_str) {
                let unsaid = Value::String("string".to_owned());
                let value = self.value(fields.get(name).unwrap_or(&unsaid), below)?;
                made.insert(name.to_owned(), value);
            }
            return Some(Value::Object(made));
        }
        let wanted = fields.iter().filter(|(_, schema)| !is_optional(schema));
        for (name, schema) in wanted.take(PROPERTIES_MAX) {
            // What nobody says to be required can be left out where nothing fits it.
            if let Some(value) = self.value(schema, below) {
                made.insert(name.clone(), value);
            }
        }
        (made.len() <= PROPERTIES_MAX && self.nodes_left > 0).then_some(Value::Object(made))
    }

    fn items(&mut self, schema: &Map<String, Value>, depth: usize) -> Option<Value> {
        let least = schema.get("minItems").and_then(Value::as_u64);
        let Some(item) = schema.get("items").filter(|_| least != Some(0)) else {
            return least.is_none_or(|least| least == 0).then(|| json!([]));
        };
        let count = least.unwrap_or(1);
        if count > ITEMS_MAX {
            return None;
        }
        let items = (0..count).map(|_| self.value(item, depth.saturating_add(1)));
        items.collect::<Option<Vec<_>>>().map(Value::Array)
    }
}

/// A value that the schema itself gives.
fn given(schema: &Map<String, Value>) -> Option<&Value> {
    let of_list = |key: &str| schema.get(key)?.as_array()?.first();
    let of = |key: &str| schema.get(key).filter(|value| !value.is_null());
    of("const")
        .or_else(|| of("default"))
        .or_else(|| of("example"))
        .or_else(|| of_list("examples"))
        .or_else(|| of_list("enum"))
}

/// The first type that is not null.
fn type_of(schema: &Map<String, Value>) -> Option<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => Some(name),
        Some(Value::Array(names)) => {
            names.iter().filter_map(Value::as_str).find(|name| *name != "null")
        }
        _ if schema.contains_key("properties") || schema.contains_key("required") => Some("object"),
        _ if schema.contains_key("items") => Some("array"),
        _ => None,
    }
}

/// Whether a field of a plain list says of itself that it can be left out.
fn is_optional(schema: &Value) -> bool {
    let says = |key: &str, word: bool| schema.get(key).and_then(Value::as_bool) == Some(word);
    says("required", false) || says("optional", true)
}

fn text(schema: &Map<String, Value>) -> Option<String> {
    let mut text = match schema.get("format").and_then(Value::as_str) {
        Some("uri" | "url") => "https://example.com/".to_owned(),
        Some("email") => "test@example.com".to_owned(),
        Some("date") => "2026-01-01".to_owned(),
        Some("date-time") => "2026-01-01T00:00:00Z".to_owned(),
        Some("uuid") => "00000000-0000-4000-8000-000000000000".to_owned(),
        _ => "test".to_owned(),
    };
    let least = schema.get("minLength").and_then(Value::as_u64).unwrap_or(0);
    if least > TEXT_LEN_MAX {
        return None;
    }
    while u64::try_from(text.len()).is_ok_and(|len| len < least) {
        text.push('x');
    }
    let most = schema.get("maxLength").and_then(Value::as_u64);
    let most = most.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
    text.truncate(most);
    Some(text)
}

/// One, or the number next to it that the bounds allow.
fn number(schema: &Map<String, Value>) -> Value {
    let bound = |key: &str| schema.get(key).and_then(Value::as_i64);
    let least = [bound("minimum"), bound("exclusiveMinimum").map(|own| own.saturating_add(1))];
    let most = [bound("maximum"), bound("exclusiveMaximum").map(|own| own.saturating_sub(1))];
    let mut number = 1;
    number = most.into_iter().flatten().fold(number, i64::min);
    number = least.into_iter().flatten().fold(number, i64::max);
    Value::Number(Number::from(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_least_that_fits_is_made() {
        let text = json!({ "type": "string" });
        for (schema, body) in [
            (json!({ "type": "object" }), r"{}"),
            (json!({ "type": "object", "properties": { "a": text }, "required": [] }), "{}"),
            (
                json!({ "type": "object", "properties": { "a": text, "b": text }, "required": ["b"] }),
                r#"{"b":"test"}"#,
            ),
            (json!({ "properties": { "a": text } }), r#"{"a":"test"}"#),
            (json!({ "type": "object", "required": ["unsaid"] }), r#"{"unsaid":"test"}"#),
            (json!({ "prompt": "string", "n": "integer" }), r#"{"n":1,"prompt":"test"}"#),
            (
                json!({ "a": { "type": "number", "required": true }, "b": { "type": "string", "required": false } }),
                r#"{"a":1}"#,
            ),
            (json!({ "type": "array", "items": text, "minItems": 2 }), r#"["test","test"]"#),
            (json!({ "type": "array" }), "[]"),
            (json!({ "example": { "q": "rain" }, "type": "object" }), r#"{"q":"rain"}"#),
            (json!({ "allOf": [{ "default": { "a": 1 } }, { "const": { "b": 2 } }] }), r#"{"a":1,"b":2}"#),
            (json!({ "anyOf": [{ "type": ["null", "object"] }, text] }), "{}"),
        ] {
            assert_eq!(minimal_body(&schema).as_deref(), Some(body), "{schema}");
        }
    }

    #[test]
    fn values_keep_to_their_bounds() {
        for (schema, value) in [
            (json!({ "type": "string", "minLength": 6 }), json!("testxx")),
            (json!({ "type": "string", "maxLength": 2 }), json!("te")),
            (json!({ "type": "string", "format": "uri" }), json!("https://example.com/")),
            (json!({ "type": "string", "enum": ["en", "de"] }), json!("en")),
            (json!({ "type": "integer", "minimum": 5 }), json!(5)),
            (json!({ "type": "integer", "exclusiveMinimum": 5 }), json!(6)),
            (json!({ "type": "integer", "maximum": -3 }), json!(-3)),
            (json!({ "type": "boolean" }), json!(true)),
            (json!({ "type": "array", "items": { "type": "integer" } }), json!([1])),
        ] {
            let schema = json!({ "type": "object", "properties": { "a": schema } });
            let body: Value = serde_json::from_str(&minimal_body(&schema).unwrap()).unwrap();
            assert_eq!(body["a"], value, "{schema}");
        }
    }

    #[test]
    fn what_is_too_much_or_no_schema_makes_nothing() {
        let mut deep = json!({ "type": "string" });
        for _ in 0..20 {
            deep = json!({ "type": "object", "properties": { "a": deep }, "required": ["a"] });
        }
        let fields = (0..400).map(|n| (format!("f{n}"), json!("string")));
        let wide = json!({ "type": "object", "required": ["a"],
            "properties": { "a": { "type": "array", "minItems": 16, "items":
                { "type": "array", "minItems": 16, "items": { "type": "array", "minItems": 16, "items": "string" } } } } });
        for schema in [
            deep,
            wide,
            json!({ "type": "object", "required": ["a"], "properties": { "a": { "type": "string", "minLength": 1e9 as u64 } } }),
            json!({ "type": "array", "minItems": 1_000_000, "items": "string" }),
            json!({ "default": "x".repeat(9_000) }),
            json!({ "$ref": "#/x" }),
            json!({ "type": "string" }),
            json!(null),
            json!([]),
            json!("string"),
        ] {
            assert_eq!(minimal_body(&schema), None, "{schema}");
        }
        let many: Map<String, Value> = fields.collect();
        let body: Value = serde_json::from_str(&minimal_body(&many.into()).unwrap()).unwrap();
        assert_eq!(body.as_object().unwrap().len(), PROPERTIES_MAX);
    }

    /// Any JSON of words that schemas have, and others.
    fn schemas() -> impl Strategy<Value = Value> {
        let word = prop::sample::select(vec![
            "type", "properties", "required", "items", "object", "array", "string", "integer",
            "minLength", "minItems", "default", "allOf", "anyOf", "a",
        ]);
        let leaf = prop_oneof![
            word.clone().prop_map(|word| json!(word)),
            any::<i64>().prop_map(|number| json!(number)),
            any::<bool>().prop_map(|word| json!(word)),
        ];
        leaf.prop_recursive(6, 64, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                prop::collection::vec((word.clone(), inner), 0..5).prop_map(|fields| {
                    let fields = fields.into_iter().map(|(key, value)| (key.to_owned(), value));
                    Value::Object(fields.collect())
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_schema_makes_a_body_of_bounded_length_or_nothing(schema in schemas()) {
            if let Some(body) = minimal_body(&schema) {
                prop_assert!(body.len() <= BODY_LEN_MAX);
                let value: Value = serde_json::from_str(&body).unwrap();
                prop_assert!(value.is_object() || value.is_array());
            }
        }
    }
}
