//! Forms of fields that other implementations send, beside those of the specification.

use super::json::ACCEPTS_MAX;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned, de::Error};
use serde_json::{Map, Number, Value};

/// `x402Version`: always written as `N`, and read only when it is `N`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VersionTag<const N: u8>;

impl<const N: u8> Serialize for VersionTag<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(N)
    }
}

impl<'de, const N: u8> Deserialize<'de> for VersionTag<N> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        match whole(reader)? {
            version if version == u64::from(N) => Ok(Self),
            version => Err(D::Error::custom(format!("x402Version {version}, expected {N}"))),
        }
    }
}

/// A JSON number as a whole one: `60` and `60.0`, not `0.5` or `-1`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "range is checked")]
pub(super) fn whole_number(number: &Number) -> Option<u64> {
    let past_exact = 9_007_199_254_740_992.0; // 2^53
    number.as_u64().or_else(|| {
        let float = number.as_f64()?;
        let is_whole = (0.0..past_exact).contains(&float) && float.fract() == 0.0;
        is_whole.then_some(float as u64)
    })
}

/// A whole number, or the digits of one in a string.
pub(super) fn whole<'de, D: Deserializer<'de>>(reader: D) -> Result<u64, D::Error> {
    let value = Value::deserialize(reader)?;
    let found = match &value {
        Value::Number(number) => whole_number(number),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    found.ok_or_else(|| D::Error::custom("expected a whole number"))
}

/// A string, or a whole number as its digits.
pub(super) fn digits<'de, D: Deserializer<'de>>(reader: D) -> Result<String, D::Error> {
    match Value::deserialize(reader)? {
        Value::String(text) => Ok(text),
        Value::Number(number) => whole_number(&number)
            .map(|whole| whole.to_string())
            .ok_or_else(|| D::Error::custom("expected a string or a whole number")),
        _ => Err(D::Error::custom("expected a string or a whole number")),
    }
}

/// `null` as the empty value.
pub(super) fn null_as_default<'de, D, T>(reader: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(reader)?.unwrap_or_default())
}

/// A text for people. Some sellers write an object with a message in it.
pub(super) fn message<'de, D: Deserializer<'de>>(reader: D) -> Result<String, D::Error> {
    Ok(match Value::deserialize(reader)? {
        Value::String(text) => text,
        Value::Object(fields) => match fields.get("message") {
            Some(Value::String(text)) => text.clone(),
            _ => String::new(),
        },
        _ => String::new(),
    })
}

/// The entries of a list that have the right form, [`ACCEPTS_MAX`] at most: one bad way to pay
/// does not spoil the others.
pub(super) fn readable<'de, D, T>(reader: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let values = Vec::<Value>::deserialize(reader)?;
    let readable = values.into_iter().filter_map(|value| serde_json::from_value(value).ok());
    Ok(readable.take(ACCEPTS_MAX).collect())
}

/// Whether two JSON values mean the same: numbers are compared by value, so that `60` and `60.0`
/// are equal, and the order of keys does not count.
pub(super) fn same_meaning(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            a == b || whole_number(a).is_some_and(|whole| whole_number(b) == Some(whole))
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_meaning(a, b))
        }
        (Value::Object(a), Value::Object(b)) => a.len() == b.len() && contains(a, b),
        (a, b) => a == b,
    }
}

/// Whether `whole` has every key of `part` with the same value.
pub(super) fn contains(whole: &Map<String, Value>, part: &Map<String, Value>) -> bool {
    part.iter().all(|(key, value)| whole.get(key).is_some_and(|own| same_meaning(own, value)))
}
