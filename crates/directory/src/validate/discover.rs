//! What a host says about its own endpoints in `/.well-known/l402-services`.

use crate::canonical::canonical_url;
use http::Method;
use serde_json::{Map, Value};
use url::Url;

/// Where it is said.
pub(super) const PATH: &str = "/.well-known/l402-services";
/// Parts of the document that are looked at.
const NODES_MAX: usize = 10_000;
/// Where an endpoint's address is written, by different hosts.
const PLACES: [&str; 6] = ["url", "endpoint", "path", "route", "resource", "uri"];
/// Where its method is.
const METHODS: [&str; 2] = ["method", "http_method"];
/// Where the schema of what it takes is.
const SCHEMAS: [&str; 2] = ["request_schema", "requestSchema"];

/// An endpoint of the document.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Described<'a> {
    /// What it takes.
    pub(super) schema: &'a Value,
    /// Its method, where one is named.
    pub(super) method: Option<Method>,
}

/// Looks for the endpoint in the document, whatever its shape: an object anywhere in it that names
/// the address and has a `request_schema`. One for another method than the declared one is not it.
pub(super) fn find<'a>(
    document: &'a Value,
    url: &Url,
    declared: Option<&Method>,
) -> Option<Described<'a>> {
    let wanted = without_query(url)?;
    let mut left = vec![document];
    for _ in 0..NODES_MAX {
        match left.pop()? {
            Value::Object(fields) => {
                if let Some(found) = described(fields, url, &wanted, declared) {
                    return Some(found);
                }
                left.extend(fields.values());
            }
            Value::Array(items) => left.extend(items),
            _ => {}
        }
    }
    None
}

fn described<'a>(
    fields: &'a Map<String, Value>,
    url: &Url,
    wanted: &str,
    declared: Option<&Method>,
) -> Option<Described<'a>> {
    let schema = SCHEMAS.iter().find_map(|name| fields.get(*name))?;
    let text = |names: &[&str]| names.iter().find_map(|name| fields.get(*name)?.as_str());
    let place = text(&PLACES)?.trim();
    // Some write the method before the address.
    let (named, place) = match place.split_once(' ') {
        Some((method, place)) => (Some(method), place.trim()),
        None => (text(&METHODS), place),
    };
    let method = named.and_then(|name| name.to_ascii_uppercase().parse::<Method>().ok());
    let is_it = without_query(&url.join(place).ok()?).as_deref() == Some(wanted);
    let is_other = declared.zip(method.as_ref()).is_some_and(|(one, other)| one != other);
    (is_it && !is_other).then_some(Described { schema, method })
}

fn without_query(url: &Url) -> Option<String> {
    let mut url = url.clone();
    url.set_query(None);
    canonical_url(url.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn url() -> Url {
        Url::parse("https://api.example.com/v1/ask?x=1").unwrap()
    }

    #[test]
    fn an_endpoint_is_found_in_every_shape() {
        for document in [
            json!({ "services": [{ "url": "https://api.example.com/v1/ask", "method": "POST", "request_schema": { "a": 1 } }] }),
            json!({ "routes": [{ "path": "/other", "request_schema": {} }, { "path": "/v1/ask/", "http_method": "post", "request_schema": { "a": 1 } }] }),
            json!([{ "group": { "endpoint": "POST /v1/ask", "requestSchema": { "a": 1 } } }]),
        ] {
            let found = find(&document, &url(), None).unwrap();
            assert_eq!(found.schema, &json!({ "a": 1 }), "{document}");
            assert_eq!(found.method, Some(Method::POST), "{document}");
            assert!(find(&document, &url(), Some(&Method::POST)).is_some());
            assert!(find(&document, &url(), Some(&Method::PUT)).is_none());
        }
    }

    #[test]
    fn another_endpoint_is_not_it() {
        for document in [
            json!({ "url": "https://evil.example/v1/ask", "request_schema": {} }),
            json!({ "path": "/v1/asks", "request_schema": {} }),
            json!({ "path": "/v1/ask" }),
            json!({ "request_schema": {} }),
            json!(null),
        ] {
            assert_eq!(find(&document, &url(), None), None, "{document}");
        }
        let long = vec![json!(0); NODES_MAX];
        let last = json!([{ "path": "/v1/ask", "request_schema": {} }, long]);
        assert_eq!(find(&last, &url(), None), None, "looked further than the limit");
    }
}
