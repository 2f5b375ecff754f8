//! Fields of JSON objects under any of the names that sources give them.

use jiff::Timestamp;
use serde_json::{Map, Value};

pub(super) type Object = Map<String, Value>;

/// Entries of a list of words that are looked at.
const WORDS_MAX: usize = 64;
/// Times before this are counted in seconds, later ones in milliseconds: the year 5138.
const SECONDS_MAX: u64 = 99_999_999_999;

/// The first of these members that is neither missing nor null.
pub(super) fn any<'a>(object: &'a Object, names: &[&str]) -> Option<&'a Value> {
    names.iter().filter_map(|name| object.get(*name)).find(|value| !value.is_null())
}

/// The first of these members that is a text with something in it.
pub(super) fn text<'a>(object: &'a Object, names: &[&str]) -> Option<&'a str> {
    let texts = names.iter().filter_map(|name| object.get(*name)?.as_str()).map(str::trim);
    texts.into_iter().find(|text| !text.is_empty())
}

/// [`text`], kept.
pub(super) fn owned(object: &Object, names: &[&str]) -> Option<String> {
    text(object, names).map(str::to_owned)
}

/// The first of these members that is an object.
pub(super) fn object<'a>(object: &'a Object, names: &[&str]) -> Option<&'a Object> {
    names.iter().find_map(|name| object.get(*name)?.as_object())
}

/// The first of these members that is a list.
pub(super) fn list<'a>(object: &'a Object, names: &[&str]) -> Option<&'a Vec<Value>> {
    names.iter().find_map(|name| object.get(*name)?.as_array())
}

/// The words of a list of texts, or of objects that have a `slug`, a `name` or an `id`.
pub(super) fn words(object: &Object, names: &[&str]) -> Vec<String> {
    let entries = list(object, names).into_iter().flatten().take(WORDS_MAX);
    let word = |entry: &Value| match entry {
        Value::String(word) => Some(word.clone()),
        Value::Object(entry) => owned(entry, &["slug", "name", "id"]),
        _ => None,
    };
    entries.filter_map(word).collect()
}

/// A text, or a number as its shortest digits.
pub(super) fn digits(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// What a member says, as JSON.
pub(super) fn json(object: &Object, names: &[&str]) -> Option<String> {
    let value = any(object, names)?;
    let filled = match value {
        Value::Object(members) => !members.is_empty(),
        Value::Array(entries) => !entries.is_empty(),
        _ => false,
    };
    filled.then(|| value.to_string())
}

/// A moment as RFC 3339, as `2026-04-24 16:25:13` in UTC, or in seconds or milliseconds since 1970.
pub(super) fn time(object: &Object, names: &[&str]) -> Option<Timestamp> {
    parse_time(any(object, names)?)
}

fn parse_time(value: &Value) -> Option<Timestamp> {
    if let Some(number) = value.as_i64() {
        return if number.unsigned_abs() <= SECONDS_MAX {
            Timestamp::from_second(number).ok()
        } else {
            Timestamp::from_millisecond(number).ok()
        };
    }
    let text = value.as_str()?.trim();
    let civil = || text.parse::<jiff::civil::DateTime>().ok();
    let utc = || civil()?.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    text.parse().ok().or_else(utc)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_moment_is_read_in_every_form_that_sources_use() {
        let expected: Timestamp = "2026-04-24T16:25:13Z".parse().unwrap();
        for value in [
            json!("2026-04-24T16:25:13Z"),
            json!("2026-04-24T16:25:13.000Z"),
            json!("2026-04-24T18:25:13+02:00"),
            json!("2026-04-24 16:25:13"),
            json!("2026-04-24T16:25:13"),
            json!(1_777_047_913),
            json!(1_777_047_913_000_i64),
        ] {
            assert_eq!(parse_time(&value), Some(expected), "{value}");
        }
        for value in [json!("yesterday"), json!(1.5), json!(i64::MIN), json!(null)] {
            assert_eq!(parse_time(&value), None, "{value}");
        }
    }
}
