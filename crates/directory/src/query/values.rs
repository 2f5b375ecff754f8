//! Reads the value of one parameter; the error says what would be right.

use super::SortKey;
use crate::query::QUERY_LEN_MAX;
use crate::text::clean::{SHORT_LEN_MAX, clean_text};
use farebox_money::MicroUsd;

/// A value read, or what it should have been.
pub(crate) type Value<T> = Result<T, String>;

/// One of a closed set of words, in either case.
pub(crate) fn word<T: Copy>(value: &str, all: &[T], name: fn(T) -> &'static str) -> Value<T> {
    let found = all.iter().find(|one| name(**one).eq_ignore_ascii_case(value));
    found.copied().ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|one| name(*one)).collect();
        format!("must be one of {}", names.join(", "))
    })
}

pub(crate) fn boolean(value: &str) -> Value<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err("must be true or false".to_owned()),
    }
}

pub(crate) fn whole_number(value: &str, least: usize, most: usize) -> Value<usize> {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let number = value.parse().ok().filter(|_| digits);
    number
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| format!("must be a whole number from {least} to {most}"))
}

pub(crate) fn dollars(value: &str) -> Value<MicroUsd> {
    let number = value.parse::<f64>().ok().filter(|number| *number >= 0.0);
    number
        .and_then(MicroUsd::from_f64)
        .ok_or_else(|| "must be a number of dollars, 0 or more, such as 0.05".to_owned())
}

/// A short text that is compared with a field of a listing.
pub(crate) fn short_text(value: &str) -> Value<String> {
    let text = clean_text(value, SHORT_LEN_MAX);
    let is_long = value.chars().count() > SHORT_LEN_MAX;
    if is_long || text.is_empty() || text != value.trim() {
        return Err(format!("must be a text of 1 to {SHORT_LEN_MAX} visible characters"));
    }
    Ok(text)
}

pub(crate) fn category(value: &str) -> Value<String> {
    let text = short_text(value)?.to_lowercase();
    let text = text.trim_matches('/');
    if text.is_empty() {
        return Err("must be a category such as ai/text".to_owned());
    }
    Ok(text.to_owned())
}

/// A place in a list that only grows.
pub(crate) fn position(value: &str, least: i64) -> Value<i64> {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let number = value.parse::<i64>().ok().filter(|number| digits && *number >= least);
    number.ok_or_else(|| format!("must be a whole number, {least} or more"))
}

/// The search text; nothing but white space is no search.
pub(crate) fn search(value: &str) -> Value<Option<String>> {
    if value.chars().count() > QUERY_LEN_MAX {
        return Err(format!("must have at most {QUERY_LEN_MAX} characters"));
    }
    Ok(Some(clean_text(value, QUERY_LEN_MAX)).filter(|text| !text.is_empty()))
}

/// The sources that the API's documentation names, and those that its MCP client sends besides.
pub(crate) const SOURCES: [&str; 10] = [
    "bazaar",
    "satring",
    "l402apps",
    "sponge",
    "well-known",
    "exclusive",
    "self-registered",
    "discovery",
    "l402directory",
    "mpp",
];

/// A source that the documentation names, or that a listing came from.
pub(crate) fn source(value: &str, present: &[String]) -> Value<String> {
    let value = value.to_lowercase();
    let mut known: Vec<&str> = SOURCES.to_vec();
    known.extend(present.iter().map(String::as_str));
    known.sort_unstable();
    known.dedup();
    if known.contains(&value.as_str()) {
        return Ok(value);
    }
    Err(format!("must be one of {}", known.join(", ")))
}

pub(crate) fn sort_key(value: &str) -> Value<SortKey> {
    word(value, &SortKey::ALL, SortKey::name)
}

/// Whether the order is descending.
pub(crate) fn descending(value: &str) -> Value<bool> {
    match value.to_ascii_lowercase().as_str() {
        "asc" => Ok(false),
        "desc" => Ok(true),
        _ => Err("must be asc or desc".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_spelling() {
        assert_eq!(whole_number("200", 1, 200), Ok(200));
        for value in ["", "+5", "-1", "5.0", "0x5", "1e2", "201", "0", " 5"] {
            assert!(whole_number(value, 1, 200).is_err(), "{value:?} was taken");
        }
        assert_eq!(dollars("0.05"), Ok(MicroUsd::new(50_000)));
        assert_eq!(dollars("0"), Ok(MicroUsd::new(0)));
        for value in ["", "-0.1", "NaN", "inf", "$5", "1,5", "1e300"] {
            assert!(dollars(value).is_err(), "{value:?} was taken");
        }
    }

    #[test]
    fn a_search_of_nothing_is_no_search() {
        assert_eq!(search(" \t"), Ok(None));
        assert!(search(&"x".repeat(QUERY_LEN_MAX + 1)).is_err());
    }
}
