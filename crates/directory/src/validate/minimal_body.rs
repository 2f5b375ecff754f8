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
const KEYWORDS: [&str; 14] = [
    "$ref",
    "$schema",
    "type",
    "properties",
    "required",
    "items",
    "const",
    "default",
    "example",
    "examples",
    "enum",
    "oneOf",
    "anyOf",
    "allOf",
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
mod tests;
