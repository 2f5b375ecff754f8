//! Reads what a provider sends.

use crate::api::body::Body;
use crate::canonical::{URL_LEN_MAX, canonical_url, has_placeholders};
use crate::listing::PROBE_BODY_LEN_MAX;
use crate::query::QueryError;
use crate::text::clean::{DESCRIPTION_LEN_MAX, NAME_LEN_MAX, SHORT_LEN_MAX, clean_optional};
use crate::{ListingFacts, Protocol, UNCATEGORIZED};

/// Characters of an e-mail address at most (RFC 5321).
const EMAIL_LEN_MAX: usize = 254;
/// The methods that a paywall is registered for.
const METHODS: [&str; 4] = ["GET", "POST", "PUT", "DELETE"];

/// A request to be listed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Registration {
    /// As they came, not yet cleaned.
    pub(crate) facts: ListingFacts,
    /// Never shown.
    pub(crate) contact_email: Option<String>,
    /// Fields that nothing read.
    pub(crate) ignored: Vec<String>,
}

/// Reads the body of `POST /api/v1/register`.
///
/// # Errors
/// [`QueryError`] names every field that is missing, too long or cannot be used.
pub(crate) fn read(bytes: &[u8]) -> Result<Registration, QueryError> {
    let mut body = Body::parse(bytes)?;
    let url = url(&mut body);
    let name = body.required_text("name", NAME_LEN_MAX);
    let protocol = protocol(&mut body);
    let method = method(&mut body);
    let facts = ListingFacts {
        description: body.text("description", DESCRIPTION_LEN_MAX).unwrap_or_default(),
        category: body.text("category", SHORT_LEN_MAX).unwrap_or(UNCATEGORIZED.to_owned()),
        provider: body.text("provider", SHORT_LEN_MAX).unwrap_or_default(),
        price_sats: body.sats("price_sats"),
        price_usd: body.dollars("price_usd"),
        payment_asset: body.text("payment_asset", SHORT_LEN_MAX),
        payment_network: body.text("payment_network", SHORT_LEN_MAX),
        probe_body: probe_body(&mut body),
        ..ListingFacts::new(&url, Some(method), protocol, &name)
    };
    let contact_email = email(&mut body);
    let ignored = body.finish()?;
    Ok(Registration { facts, contact_email, ignored })
}

fn url(body: &mut Body) -> String {
    let url = body.required_text("url", URL_LEN_MAX);
    if !url.is_empty() && canonical_url(&url).is_none() {
        body.refuse("url", "must be an http or https URL without a user name");
    }
    if has_placeholders(&url) {
        body.refuse("url", "has placeholders; register an address that can be called as it is");
    }
    url
}

fn protocol(body: &mut Body) -> Protocol {
    let text = body.required_text("protocol", 16);
    Protocol::parse(&text).unwrap_or_else(|| {
        if !text.is_empty() {
            body.refuse("protocol", "must be L402, x402 or MPP");
        }
        Protocol::L402
    })
}

fn method(body: &mut Body) -> &'static str {
    let Some(text) = body.text("http_method", 16) else { return "GET" };
    let known = METHODS.into_iter().find(|known| known.eq_ignore_ascii_case(&text));
    known.unwrap_or_else(|| {
        body.refuse("http_method", "must be GET, POST, PUT or DELETE");
        "GET"
    })
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

fn email(body: &mut Body) -> Option<String> {
    let text = body.text("contact_email", EMAIL_LEN_MAX)?;
    let clean = clean_optional(Some(&text), EMAIL_LEN_MAX);
    let is_address = |text: &String| {
        let parts = text.split_once('@');
        parts.is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
            && !text.contains(char::is_whitespace)
    };
    let address = clean.filter(is_address);
    if address.is_none() {
        body.refuse("contact_email", "must be an e-mail address");
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn minimal() -> Value {
        json!({ "url": "https://api.example.com/resource", "name": "My API", "protocol": "l402" })
    }

    fn with(name: &str, value: Value) -> Result<Registration, QueryError> {
        let mut body = minimal();
        body[name] = value;
        read(body.to_string().as_bytes())
    }

    #[test]
    fn three_fields_are_enough() {
        let read = read(minimal().to_string().as_bytes()).unwrap();
        assert_eq!(read.facts.method.as_deref(), Some("GET"));
        assert_eq!(read.facts.protocol, Protocol::L402);
        assert_eq!(read.facts.category, UNCATEGORIZED);
        assert_eq!(read.ignored, [""; 0]);
    }

    #[test]
    fn each_field_that_cannot_be_used_is_named() {
        let long = |len: usize| json!("x".repeat(len));
        for (name, value) in [
            ("url", json!("ftp://example.com")),
            ("url", json!("https://example.com/{id}")),
            ("url", json!(null)),
            ("url", json!(format!("https://example.com/{}", "x".repeat(2_048)))),
            ("name", long(201)),
            ("name", json!("  ")),
            ("protocol", json!("http")),
            ("protocol", json!(5)),
            ("http_method", json!("PATCH")),
            ("probe_body", json!("{not json")),
            ("probe_body", json!(format!("\"{}\"", "x".repeat(16_384)))),
            ("description", long(2_001)),
            ("category", long(101)),
            ("provider", long(101)),
            ("price_sats", json!(1.5)),
            ("price_sats", json!(-1)),
            ("price_usd", json!("NaN")),
            ("contact_email", json!("nobody")),
        ] {
            let error = with(name, value.clone()).unwrap_err();
            assert_eq!(error.invalid[0].name, name, "{value}");
        }
        assert_eq!(with("nmae", json!("x")).unwrap().ignored, ["nmae"]);
        let body = with("probe_body", json!({ "q": "x" })).unwrap().facts.probe_body;
        assert_eq!(body.as_deref(), Some(r#"{"q":"x"}"#));
    }
}
