//! Which form a list is written in, from how it begins.

use super::Format;
use super::fields::Object;
use url::Url;

/// Bytes of the beginning that are looked at.
pub const HEAD_LEN_MAX: usize = 64 * 1_024;
/// Names of members that are looked at.
const NAMES_MAX: usize = 400;

/// Guesses the form from the first [`HEAD_LEN_MAX`] bytes and from the address. `None` when it
/// looks like nothing that can be read.
#[must_use]
pub fn detect(head: &[u8], document: Option<&Url>) -> Option<Format> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    match head.first()? {
        b'{' if is_jsonl(head) => Some(Format::Jsonl),
        b'{' | b'[' => of_json(head, document),
        _ => {
            let line = head.split(|byte| *byte == b'\n').next()?;
            let line = String::from_utf8_lossy(line).to_lowercase();
            let mut columns = line.split(',').map(|name| name.trim().trim_matches('"'));
            columns.any(|name| name == "url").then_some(Format::Csv)
        }
    }
}

/// Whether the first line is a whole row.
fn is_jsonl(head: &[u8]) -> bool {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let row = serde_json::from_slice::<Object>(line).ok();
    row.is_some_and(|row| row.contains_key("url") && row.contains_key("protocol"))
}

fn of_json(head: &[u8], document: Option<&Url>) -> Option<Format> {
    let names = Names::of(head);
    let at = |depth: usize, name: &str| names.0.iter().any(|(at, own)| *at == depth && own == name);
    // The members of an entry stand one level deeper when the list has a name.
    let entry = if head.first() == Some(&b'[') { 2 } else { 3 };
    let in_entry = |name: &str| at(entry, name);
    // Documents of other forms link to one under the same name.
    if at(1, "openapi") && (at(1, "info") || at(1, "paths")) {
        return Some(Format::OpenApi);
    }
    if in_entry("serviceUrl") {
        return Some(Format::MppServices);
    }
    if in_entry("pricing_sats") {
        return Some(Format::Satring);
    }
    if in_entry("protocol") && (in_entry("http_method") || in_entry("health_status")) {
        return Some(Format::Services);
    }
    let is_list = at(1, "items") || at(1, "resources") || head.first() == Some(&b'[');
    let paged = at(1, "pagination") || (at(1, "limit") && at(1, "offset"));
    if is_list && (paged || in_entry("lastUpdated")) {
        return Some(Format::Bazaar);
    }
    let well_known = document.is_some_and(|url| url.path().contains("/.well-known/"));
    if !well_known && at(1, "services") && (in_entry("service_id") || in_entry("categories")) {
        return Some(Format::L402Directory);
    }
    let lists = ["endpoints", "resources", "items", "paid_endpoints", "protectedResources"];
    let lists = lists.into_iter().chain(["apis", "routes", "services", "accepts", "x402Version"]);
    let described = lists.into_iter().any(|name| at(1, name)) || in_entry("endpoints");
    (well_known || described).then_some(Format::WellKnown)
}

/// The names of members with their depth, as far as the beginning goes.
struct Names(Vec<(usize, String)>);

impl Names {
    fn of(head: &[u8]) -> Self {
        let mut names = Vec::new();
        let (mut depth, mut rest) = (0_usize, head);
        while let Some((byte, after)) = rest.split_first() {
            rest = after;
            match byte {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                b'"' => {
                    let Some(end) = end_of_string(rest) else { break };
                    let (text, after) = rest.split_at(end);
                    rest = after.split_first().map_or(after, |(_, after)| after);
                    let is_name = rest.trim_ascii_start().first() == Some(&b':');
                    if is_name && depth <= 3 && names.len() < NAMES_MAX {
                        names.push((depth, String::from_utf8_lossy(text).into_owned()));
                    }
                }
                _ => {}
            }
        }
        Self(names)
    }
}

fn end_of_string(text: &[u8]) -> Option<usize> {
    let mut escaped = false;
    text.iter().position(|byte| match byte {
        _ if escaped => {
            escaped = false;
            false
        }
        b'\\' => {
            escaped = true;
            false
        }
        byte => *byte == b'"',
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn head_of(value: &Value) -> Vec<u8> {
        serde_json::to_vec(value).unwrap()
    }

    #[test]
    fn every_form_is_told_by_how_it_begins() {
        let row = json!({"url": "https://a.example", "protocol": "L402", "http_method": "GET"});
        for (value, expected) in [
            (
                json!({"items": [{"resource": "x", "accepts": []}], "pagination": {}}),
                Format::Bazaar,
            ),
            (json!([{"id": "a", "serviceUrl": "https://a.example"}]), Format::MppServices),
            (json!({"version": 1, "services": [{"serviceUrl": "x"}]}), Format::MppServices),
            (json!({"services": [{"url": "x", "pricing_sats": 1}]}), Format::Satring),
            (json!({"services": [{"service_id": "x", "endpoints": []}]}), Format::L402Directory),
            (json!({"services": [row]}), Format::Services),
            (json!({"openapi": "3.1.0", "paths": {}}), Format::OpenApi),
            (
                json!({"openapi": "https://a.example/openapi.json", "resources": []}),
                Format::WellKnown,
            ),
            (json!({"endpoints": [{"path": "/x"}]}), Format::WellKnown),
            (json!([{"slug": "x", "endpoints": []}]), Format::WellKnown),
            (row.clone(), Format::Jsonl),
        ] {
            assert_eq!(detect(&head_of(&value), None), Some(expected), "{value}");
        }
        assert_eq!(detect(b"id,\"url\",protocol\n1,", None), Some(Format::Csv));
        assert_eq!(detect(b"<!doctype html>", None), None);
        assert_eq!(detect(b"{\"a\":1}", None), None);
        assert_eq!(detect(b"", None), None);
        let document = Url::parse("https://a.example/.well-known/x402").unwrap();
        let services = head_of(&json!({"services": [{"categories": []}]}));
        assert_eq!(detect(&services, Some(&document)), Some(Format::WellKnown));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = detect(&bytes, None);
            let mut json = b"{".to_vec();
            json.extend(bytes);
            let _ = detect(&json, None);
        }
    }
}
