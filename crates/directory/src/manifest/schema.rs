//! The JSON Schema of submissions: what is published is what is checked.

use farebox_wire::api_error::ErrorBody;
use jsonschema::{PatternOptions, ValidationError, Validator};
use serde_json::{Map, Value, json};

/// What `GET /api/schema` answers, but for its address.
const SCHEMA: &str = include_str!("submission.schema.json");
/// The fields that an update may change.
pub(super) const MUTABLE: [&str; 5] =
    ["description", "contact", "docs_url", "categories", "endpoints"];
/// Faults named in one answer at most.
const FAULTS_MAX: usize = 20;
/// Bytes of a fault's description at most.
const FAULT_LEN_MAX: usize = 300;

/// The schema that the program carries cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the schema of submissions cannot be used: {0}")]
pub struct SchemaError(String);

/// Something wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// Where, as a JSON pointer.
    pub(super) pointer: String,
    /// What is wrong and what would be right.
    pub(super) message: String,
}

impl Fault {
    /// A fault at this place.
    pub(super) fn new(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), message: message.into() }
    }
}

/// The answer to a document with faults.
pub(super) fn refusal(code: &str, faults: &[Fault]) -> ErrorBody {
    let text = |fault: &Fault| match fault.pointer.as_str() {
        "" => fault.message.clone(),
        pointer => format!("{pointer}: {}", fault.message),
    };
    let faults = faults.get(..FAULTS_MAX).unwrap_or(faults);
    let message = faults.iter().map(text).collect::<Vec<_>>().join("; ");
    let mut body = ErrorBody::new(code, message);
    // The pointer to the whole document is empty: that names nothing.
    let named = faults.iter().filter(|fault| !fault.pointer.is_empty());
    body.error.parameters = named.map(|fault| fault.pointer.clone()).collect();
    body
}

/// Checks submissions and updates.
pub(super) struct Schemas {
    submission: Validator,
    update: Validator,
    /// The published text.
    pub(super) published: String,
    example: Value,
}

impl Schemas {
    /// Reads the schema; `public_url` is the server's address.
    pub(super) fn new(public_url: &str) -> Result<Self, SchemaError> {
        let failed = |error: &dyn std::fmt::Display| SchemaError(error.to_string());
        let schema: Map<String, Value> =
            serde_json::from_str(SCHEMA).map_err(|error| failed(&error))?;
        let mut published = schema.clone();
        published.insert("$id".to_owned(), format!("{public_url}/api/schema").into());
        let published = serde_json::to_string(&published).map_err(|error| failed(&error))?;
        let example = schema.get("examples").and_then(|examples| examples.get(0)).cloned();
        let example = example.unwrap_or_default();
        let (submission, update) = (build(&schema.clone().into())?, build(&update_of(&schema))?);
        Ok(Self { submission, update, published, example })
    }

    /// A submission that is right.
    pub(super) const fn example(&self) -> &Value {
        &self.example
    }

    /// What is wrong with a submission; nothing, if it is right.
    pub(super) fn check_submission(&self, document: &Value) -> Vec<Fault> {
        faults(&self.submission, document)
    }

    /// The same of an update.
    pub(super) fn check_update(&self, document: &Value) -> Vec<Fault> {
        faults(&self.update, document)
    }
}

/// The schema of an update: some of the fields, none of them required.
fn update_of(schema: &Map<String, Value>) -> Value {
    let properties = schema.get("properties").and_then(Value::as_object);
    let properties = properties.into_iter().flatten();
    let kept = properties.filter(|(name, _)| MUTABLE.contains(&name.as_str()));
    let properties: Map<String, Value> =
        kept.map(|(name, property)| (name.clone(), property.clone())).collect();
    json!({
        "$schema": schema.get("$schema"),
        "type": "object",
        "minProperties": 1,
        "additionalProperties": false,
        "properties": properties,
        "$defs": schema.get("$defs"),
    })
}

fn build(schema: &Value) -> Result<Validator, SchemaError> {
    // The plain engine of patterns never goes back, so that no text takes it long.
    let options = jsonschema::options();
    let options = options.offline().with_pattern_options(PatternOptions::regex());
    options.build(schema).map_err(|error| SchemaError(error.to_string()))
}

fn faults(validator: &Validator, document: &Value) -> Vec<Fault> {
    validator.iter_errors(document).take(FAULTS_MAX).map(|error| fault(&error)).collect()
}

/// What the sender wrote is not repeated: it may be long, and nobody knows who reads it.
fn fault(error: &ValidationError<'_>) -> Fault {
    use jsonschema::error::ValidationErrorKind as Kind;
    let at = error.instance_path().to_string();
    let below = |name: &str| format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
    match error.kind() {
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            Fault::new(below(name), "is missing")
        }
        Kind::AdditionalProperties { unexpected } => {
            let name = unexpected.first().map(String::as_str).unwrap_or_default();
            let name: String = name.chars().take(60).collect();
            Fault::new(below(&name), "is no field here; GET /api/schema names those that are")
        }
        Kind::FalseSchema => Fault::new(at, "does not go with the type"),
        _ => Fault::new(at, cut(&error.masked_with("the value").to_string())),
    }
}

fn cut(text: &str) -> String {
    text.chars().take(FAULT_LEN_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes a sound submission an unsound one.
    type Spoil = fn(&mut Value);

    fn schemas() -> Schemas {
        Schemas::new("https://farebox.example").unwrap()
    }

    fn example() -> Value {
        let schema: Value = serde_json::from_str(SCHEMA).unwrap();
        schema["examples"][0].clone()
    }

    /// The places of the faults after `change`.
    fn pointers(change: impl FnOnce(&mut Value)) -> Vec<String> {
        let mut document = example();
        change(&mut document);
        let faults = schemas().check_submission(&document);
        faults.into_iter().map(|fault| fault.pointer).collect()
    }

    #[test]
    fn the_published_schema_is_one_and_takes_its_own_example() {
        let schemas = schemas();
        let published: Value = serde_json::from_str(&schemas.published).unwrap();
        assert_eq!(published["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert_eq!(published["$id"], "https://farebox.example/api/schema");
        assert!(jsonschema::draft202012::meta::is_valid(&published));
        assert_eq!(schemas.check_submission(&example()), []);
    }

    #[test]
    fn faults_are_named_by_their_place() {
        let table: [(Spoil, &str); 13] = [
            (|d| drop(d.as_object_mut().unwrap().remove("name")), "/name"),
            (|d| d["name"] = json!("  "), "/name"),
            (|d| d["price"] = json!(1), "/price"),
            (|d| d["endpoints"] = json!([]), "/endpoints"),
            (|d| d["endpoints"][0]["url"] = json!("ftp://example.com"), "/endpoints/0/url"),
            (|d| d["endpoints"][1]["method"] = json!("BREW"), "/endpoints/1/method"),
            (|d| d["endpoints"][0]["pricing"]["amount"] = json!(0), "/endpoints/0/pricing/amount"),
            (
                |d| d["endpoints"][0]["pricing"]["amount"] = json!(1.5),
                "/endpoints/0/pricing/amount",
            ),
            (|d| d["endpoints"][0]["pricing"]["model"] = json!("x"), "/endpoints/0/pricing/model"),
            (
                |d| d["endpoints"][0]["consumption"]["type"] = json!("x"),
                "/endpoints/0/consumption/type",
            ),
            (|d| d["endpoints"][0]["content_type"] = json!("json"), "/endpoints/0/content_type"),
            (|d| d["categories"] = json!(["Data!"]), "/categories/0"),
            (|d| d["docs_url"] = json!("javascript:alert(1)"), "/docs_url"),
        ];
        for (change, pointer) in table {
            assert_eq!(pointers(change), [pointer]);
        }
    }

    #[test]
    fn each_way_of_consumption_needs_what_it_works_with() {
        let refused =
            |consumption: Value| pointers(|d| d["endpoints"][0]["consumption"] = consumption);
        let at = |field: &str| format!("/endpoints/0/consumption/{field}");
        let player = "https://example.com/player?token={token}";
        for right in [
            json!({"type": "browser", "player_url": player, "token_delivery": "query_param"}),
            json!({"type": "display"}),
            json!({"type": "download", "filename": "a.pdf"}),
            json!({"type": "stream", "player_url": "https://example.com/player"}),
            json!({"type": "api_response", "action": "Show it."}),
        ] {
            assert!(refused(right.clone()).is_empty(), "{right}");
        }
        assert_eq!(refused(json!({"type": "browser"})), [at("player_url")]);
        assert_eq!(refused(json!({"type": "display", "player_url": player})), [at("player_url")]);
        assert_eq!(refused(json!({"type": "display", "filename": "a"})), [at("type")]);
        assert_eq!(refused(json!({"type": "download", "filename": "../a"})), [at("filename")]);
        let untold = json!({"type": "browser", "player_url": "https://example.com/p",
            "token_delivery": "query_param"});
        assert_eq!(refused(untold), [at("player_url")]);
        assert_eq!(refused(json!({})), [at("type")]);
    }

    #[test]
    fn an_update_takes_the_fields_that_may_change() {
        let schemas = schemas();
        let pointers = |document: Value| {
            let faults = schemas.check_update(&document);
            faults.into_iter().map(|fault| fault.pointer).collect::<Vec<_>>()
        };
        assert!(pointers(json!({"description": "New", "contact": "a@example.com"})).is_empty());
        assert!(pointers(json!({"endpoints": example()["endpoints"]})).is_empty());
        assert_eq!(pointers(json!({"name": "New"})), ["/name"]);
        assert_eq!(pointers(json!({"health_url": "https://example.com"})), ["/health_url"]);
        assert_eq!(pointers(json!({})), [""]);
    }
}
