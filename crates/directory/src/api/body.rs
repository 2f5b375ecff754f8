//! Reads the JSON object that a request brings. Every field that is wrong is named at once; fields
//! that nothing reads are named too, so that a misspelt one is noticed.

use crate::query::{InvalidParameter, QueryError};
use crate::text::clean::clean_text;
use farebox_money::{MicroUsd, Sats};
use serde_json::{Map, Value};

/// Bytes of a body at most.
pub(crate) const BODY_LEN_MAX: usize = 64 * 1_024;
/// Unread fields that are named at most.
const IGNORED_MAX: usize = 16;

/// A body being read.
pub(crate) struct Body {
    fields: Map<String, Value>,
    invalid: Vec<InvalidParameter>,
}

impl Body {
    /// Reads a JSON object.
    ///
    /// # Errors
    /// [`QueryError`] when it is none.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, QueryError> {
        if bytes.len() > BODY_LEN_MAX {
            return Err(refused("", format!("the body may have {BODY_LEN_MAX} bytes at most")));
        }
        let fields = serde_json::from_slice::<Map<String, Value>>(bytes);
        let fields = fields
            .map_err(|error| refused("", format!("the body must be a JSON object: {error}")))?;
        Ok(Self { fields, invalid: Vec::new() })
    }

    /// Notes that a field cannot be used.
    pub(crate) fn refuse(&mut self, name: &str, message: impl AsRef<str>) {
        let message = format!("{name} {}", message.as_ref()).trim_start().to_owned();
        self.invalid.push(InvalidParameter { name: name.to_owned(), message });
    }

    /// Whether nothing was wrong so far.
    pub(crate) fn is_valid(&self) -> bool {
        self.invalid.is_empty()
    }

    /// Takes a field as it stands; null is as good as none.
    pub(crate) fn value(&mut self, name: &str) -> Option<Value> {
        self.fields.remove(name).filter(|value| !value.is_null())
    }

    /// A text of `len_max` characters at most; an empty one is none.
    pub(crate) fn text(&mut self, name: &str, len_max: usize) -> Option<String> {
        match self.value(name)? {
            Value::String(text) if text.chars().count() > len_max => {
                self.refuse(name, format!("may have {len_max} characters at most"));
                None
            }
            Value::String(text) => Some(text).filter(|text| !text.trim().is_empty()),
            _ => {
                self.refuse(name, "must be a text");
                None
            }
        }
    }

    /// A text that must be there. The empty text stands for one that is wrong.
    pub(crate) fn required_text(&mut self, name: &str, len_max: usize) -> String {
        let known = self.invalid.len();
        match self.text(name, len_max) {
            Some(text) => text,
            None => {
                if self.invalid.len() == known {
                    self.refuse(name, "is required");
                }
                String::new()
            }
        }
    }

    /// Whole satoshis.
    pub(crate) fn sats(&mut self, name: &str) -> Option<Sats> {
        let value = self.value(name)?;
        let sats = value.as_u64().map(Sats::new).filter(|sats| *sats <= Sats::MAX);
        if sats.is_none() {
            self.refuse(name, "must be a whole number of satoshis, 0 or more");
        }
        sats
    }

    /// Dollars, as a number or a decimal text.
    pub(crate) fn dollars(&mut self, name: &str) -> Option<MicroUsd> {
        let value = self.value(name)?;
        let number = match &value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        let dollars = number.filter(|number| *number >= 0.0).and_then(MicroUsd::from_f64);
        if dollars.is_none() {
            self.refuse(name, "must be a number of dollars, 0 or more, such as 0.05");
        }
        dollars
    }

    /// Everything that was wrong, or else the names of the fields that nothing read.
    ///
    /// # Errors
    /// [`QueryError`] with every field that is wrong.
    pub(crate) fn finish(self) -> Result<Vec<String>, QueryError> {
        if !self.invalid.is_empty() {
            return Err(QueryError { invalid: self.invalid });
        }
        let names = self.fields.keys().take(IGNORED_MAX);
        Ok(names.map(|name| clean_text(name, 64)).collect())
    }
}

fn refused(name: &str, message: String) -> QueryError {
    QueryError { invalid: vec![InvalidParameter { name: name.to_owned(), message }] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let bytes = br#"{"name": 5, "price_sats": -1, "price_usd": "x", "long": "abc"}"#;
        let mut body = Body::parse(bytes).unwrap();
        body.required_text("url", 10);
        body.required_text("name", 10);
        body.sats("price_sats");
        body.dollars("price_usd");
        body.text("long", 2);
        let error = body.finish().unwrap_err();
        let names: Vec<&str> = error.invalid.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["url", "name", "price_sats", "price_usd", "long"]);
        for not_an_object in ["", "[]", "null", "{\"a\":", "\"{}\""] {
            let refused = Body::parse(not_an_object.as_bytes()).err().unwrap();
            assert!(refused.body().error.parameters.is_empty(), "no field is called \"\"");
        }
    }

    #[test]
    fn what_is_there_is_read_and_the_rest_is_named() {
        let bytes = r#"{"name": "é", "price_sats": 5, "price_usd": "0.05", "nmae": 1, "a": null}"#;
        let mut body = Body::parse(bytes.as_bytes()).unwrap();
        assert_eq!(body.required_text("name", 1), "é");
        assert_eq!(body.sats("price_sats"), Some(Sats::new(5)));
        assert_eq!(body.dollars("price_usd"), Some(MicroUsd::new(50_000)));
        assert_eq!(body.text("a", 1), None);
        assert_eq!(body.finish().unwrap(), ["nmae"]);
    }
}
