//! Reads what is to be validated.

use super::ValidateRequest;
use crate::Protocol;
use crate::api::body::Body;
use crate::canonical::{URL_LEN_MAX, canonical_url, has_placeholders};
use crate::listing::PROBE_BODY_LEN_MAX;
use crate::query::QueryError;
use http::Method;

/// The methods that a paywall is validated for, as for registration.
const METHODS: [Method; 4] = [Method::GET, Method::POST, Method::PUT, Method::DELETE];

/// Reads the body of `POST /api/v1/validate`.
///
/// # Errors
/// [`QueryError`] names every field that is missing, too long, unknown or cannot be used.
pub(super) fn read(bytes: &[u8]) -> Result<ValidateRequest, QueryError> {
    let mut body = Body::parse(bytes)?;
    let url = body.required_text("url", URL_LEN_MAX);
    if !url.is_empty() && canonical_url(&url).is_none() {
        body.refuse("url", "must be an http or https URL without a user name");
    }
    if has_placeholders(&url) {
        body.refuse("url", "has placeholders; give an address that can be called as it is");
    }
    let method = method(&mut body);
    let probe_body = probe_body(&mut body);
    let protocol = protocol(&mut body);
    body.finish()?;
    // Whoever names a method wants to know about that one.
    let tries_other_methods = method.is_none();
    let request = ValidateRequest::new(url);
    Ok(ValidateRequest { method, probe_body, protocol, tries_other_methods, ..request })
}

fn method(body: &mut Body) -> Option<Method> {
    let text = body.text("http_method", 16)?;
    let known = METHODS.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(&text));
    if known.is_none() {
        body.refuse("http_method", "must be GET, POST, PUT or DELETE");
    }
    known
}

/// A text that holds JSON, or the JSON itself.
fn probe_body(body: &mut Body) -> Option<String> {
    let text = match body.value("probe_body")? {
        serde_json::Value::String(text) => text,
        value => value.to_string(),
    };
    if text.len() > PROBE_BODY_LEN_MAX {
        body.refuse("probe_body", format!("may have {PROBE_BODY_LEN_MAX} bytes at most"));
    } else if serde_json::from_str::<serde::de::IgnoredAny>(&text).is_err() {
        body.refuse("probe_body", "must be valid JSON");
    }
    Some(text)
}

fn protocol(body: &mut Body) -> Option<Protocol> {
    let text = body.text("protocol", 16)?;
    let known = Protocol::parse(&text);
    if known.is_none() {
        body.refuse("protocol", "must be L402, x402 or MPP");
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_url_is_enough_and_the_rest_is_read() {
        let least = read(br#"{"url":"https://a.example/x"}"#).unwrap();
        assert_eq!(least, ValidateRequest::new("https://a.example/x"));
        let all = json!({ "url": "https://a.example/x", "http_method": "post",
            "probe_body": { "q": 1 }, "protocol": "X402" });
        let all = read(all.to_string().as_bytes()).unwrap();
        assert_eq!(all.method, Some(Method::POST));
        assert_eq!(all.probe_body.as_deref(), Some(r#"{"q":1}"#));
        assert_eq!(all.protocol, Some(Protocol::X402));
    }

    #[test]
    fn each_field_that_cannot_be_used_is_named() {
        for (name, value) in [
            ("url", json!("ftp://a.example/")),
            ("url", json!("https://user:x@a.example/")),
            ("url", json!("https://a.example/{id}")),
            ("url", json!(7)),
            ("http_method", json!("BREW")),
            ("probe_body", json!("{not json")),
            ("probe_body", json!("x".repeat(20_000))),
            ("protocol", json!("http")),
        ] {
            let mut body = json!({ "url": "https://a.example/x" });
            body[name] = value.clone();
            let error = read(body.to_string().as_bytes()).unwrap_err();
            assert_eq!(error.invalid[0].name, name, "{value}");
        }
        assert!(read(b"").is_err() && read(b"[]").is_err());
    }
}
