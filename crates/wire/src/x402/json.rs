//! JSON of strangers: bounded in size, depth and length of strings, and without keys that are
//! given twice, since readers disagree on which of two counts.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::{cell::Cell, fmt};

/// A body longer than this is not read as a challenge or a payment.
pub const BODY_LEN_MAX: usize = 64 * 1_024;
/// Objects and lists inside each other.
pub const JSON_DEPTH_MAX: usize = 32;
/// Bytes of one string or key.
pub const STRING_LEN_MAX: usize = 8 * 1_024;
/// Ways to pay in one challenge that are looked at.
pub const ACCEPTS_MAX: usize = 32;

/// Why a text was not read as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Past the limit of the place it came from.
    #[error("the JSON is too long")]
    TooLong,
    /// More than [`JSON_DEPTH_MAX`] levels.
    #[error("the JSON is nested too deeply")]
    TooDeep,
    /// A string or key past [`STRING_LEN_MAX`].
    #[error("the JSON has a string that is too long")]
    StringTooLong,
    /// One object names the same key twice.
    #[error("the JSON gives one key twice, and readers would disagree on which counts")]
    DuplicateKey,
    /// Not JSON.
    #[error("not JSON")]
    NotJson,
    /// JSON, but not an object.
    #[error("the JSON is not an object")]
    NotObject,
}

/// Reads one JSON object of at most `len_max` bytes.
pub fn parse_json_object(text: &[u8], len_max: usize) -> Result<Map<String, Value>, JsonError> {
    if text.len() > len_max {
        return Err(JsonError::TooLong);
    }
    let fault = Cell::new(None);
    let mut reader = serde_json::Deserializer::from_slice(text);
    let value = Bounded { depth_left: JSON_DEPTH_MAX, fault: &fault }
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value))
        .map_err(|_| fault.get().unwrap_or(JsonError::NotJson))?;
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(JsonError::NotObject),
    }
}

/// A value at some depth; says through `fault` why it stopped.
#[derive(Clone, Copy)]
struct Bounded<'a> {
    depth_left: usize,
    fault: &'a Cell<Option<JsonError>>,
}

impl Bounded<'_> {
    fn refuse<E: Error>(self, fault: JsonError) -> E {
        self.fault.set(Some(fault));
        E::custom(fault)
    }

    fn deeper<E: Error>(self) -> Result<Self, E> {
        match self.depth_left.checked_sub(1) {
            Some(depth_left) => Ok(Self { depth_left, ..self }),
            None => Err(self.refuse(JsonError::TooDeep)),
        }
    }

    fn string<E: Error>(self, text: String) -> Result<String, E> {
        if text.len() > STRING_LEN_MAX {
            return Err(self.refuse(JsonError::StringTooLong));
        }
        Ok(text)
    }
}

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        self.visit_string(value.to_owned())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        self.string(value).map(Value::String)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let deeper = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(deeper)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let deeper = self.deeper()?;
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let key = self.string(key)?;
            let value = entries.next_value_seed(deeper)?;
            if object.insert(key, value).is_some() {
                return Err(self.refuse(JsonError::DuplicateKey));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Map<String, Value>, JsonError> {
        parse_json_object(text.as_bytes(), BODY_LEN_MAX)
    }

    #[test]
    fn every_limit_is_named() {
        assert!(read(r#"{"a":[1,-1,1.5,null,true,"x",{}]}"#).is_ok());
        assert_eq!(read(r#"{"payTo":"a","payTo":"b"}"#), Err(JsonError::DuplicateKey));
        assert_eq!(read(r#"{"a":{"b":1,"b":1}}"#), Err(JsonError::DuplicateKey));
        assert_eq!(read("[]"), Err(JsonError::NotObject));
        assert_eq!(read("{} {}"), Err(JsonError::NotJson));
        assert_eq!(read(""), Err(JsonError::NotJson));
        assert_eq!(parse_json_object(&[b' '; 11], 10), Err(JsonError::TooLong));
        let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(STRING_LEN_MAX + 1));
        assert_eq!(read(&long), Err(JsonError::StringTooLong));
        assert_eq!(parse_json_object(&[0xff, 0xfe], 10), Err(JsonError::NotJson));
    }

    #[test]
    fn depth_is_counted() {
        let nested =
            |depth: usize| format!(r#"{}1{}"#, r#"{"a":"#.repeat(depth), "}".repeat(depth));
        assert!(read(&nested(JSON_DEPTH_MAX)).is_ok());
        assert_eq!(read(&nested(JSON_DEPTH_MAX + 1)), Err(JsonError::TooDeep));
        assert_eq!(read(&nested(5_000)), Err(JsonError::TooDeep));
        assert_eq!(read(&format!(r#"{{"a":{}"#, "[".repeat(60_000))), Err(JsonError::TooDeep));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse_json_object(&bytes, BODY_LEN_MAX);
        }
    }
}
