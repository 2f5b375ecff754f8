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
        (
            json!({ "allOf": [{ "default": { "a": 1 } }, { "const": { "b": 2 } }] }),
            r#"{"a":1,"b":2}"#,
        ),
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
        json!({ "type": "object", "required": ["a"], "properties": { "a": { "type": "string", "minLength": 1_000_000_000 } } }),
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
        "type",
        "properties",
        "required",
        "items",
        "object",
        "array",
        "string",
        "integer",
        "minLength",
        "minItems",
        "default",
        "allOf",
        "anyOf",
        "a",
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
