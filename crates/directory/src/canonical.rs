//! One form of each URL, so that the same endpoint is not listed twice.

use crate::Protocol;
use sha2::{Digest, Sha256};
use url::Url;

/// Characters of a URL at most.
pub const URL_LEN_MAX: usize = 2_048;

/// The canonical form: lower-case scheme and host, no default port, no fragment, no trailing
/// slash except on the root. `None` when it is no plain `http` or `https` URL.
#[must_use]
pub fn canonical_url(text: &str) -> Option<String> {
    if text.len() > URL_LEN_MAX {
        return None;
    }
    let mut url = Url::parse(text).ok()?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.username().is_empty()
        && url.password().is_none();
    if !plain {
        return None;
    }
    url.set_fragment(None);
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Some(url.into())
}

/// The host of a canonical URL, in lower case.
#[must_use]
pub fn host(canonical_url: &str) -> String {
    let url = Url::parse(canonical_url).ok();
    url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

/// The identifier of a listing that came without one: 12 hexadecimal digits of a hash over what
/// makes it unique.
#[must_use]
pub fn listing_id(canonical_url: &str, method: Option<&str>, protocol: Protocol) -> String {
    let method = method.unwrap_or_default();
    let text = format!("{canonical_url}\n{method}\n{}", protocol.name());
    let mut digits = hex::encode(Sha256::digest(text));
    digits.truncate(12);
    digits
}

/// The identifier of the service that a host is, unless its provider submitted another: `svc_` and
/// 12 hexadecimal digits.
#[must_use]
pub fn service_id(host: &str) -> String {
    let mut digits = hex::encode(Sha256::digest(format!("service\n{host}")));
    digits.truncate(12);
    format!("svc_{digits}")
}

/// Whether the URL holds placeholders (`{id}`, `:id`, `*`, `…`) that a caller must fill first.
#[must_use]
pub fn has_placeholders(url: &str) -> bool {
    let path = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = path.split_once('/').map_or("", |(_, path)| path);
    let named = path.split('/').any(|part| {
        part.strip_prefix(':')
            .is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()))
    });
    named || path.contains(['{', '*', '…'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spellings_of_one_url_are_one() {
        let expected = "https://api.example.com/v1/x?a=B";
        for text in [
            "HTTPS://API.Example.com:443/v1/x?a=B#top",
            "https://api.example.com/v1/x/?a=B",
            "https://api.example.com/v1//../x?a=B",
        ] {
            assert_eq!(canonical_url(text).as_deref(), Some(expected), "{text}");
        }
        let root = canonical_url("http://example.com:80").unwrap();
        assert_eq!(root, "http://example.com/");
        assert_eq!(host(&root), "example.com");
    }

    #[test]
    fn what_no_client_should_open_is_refused() {
        for text in [
            "ftp://example.com/",
            "javascript:alert(1)",
            "https://user:secret@example.com/",
            "//example.com/x",
            "",
        ] {
            assert_eq!(canonical_url(text), None, "{text}");
        }
        let long = format!("https://example.com/{}", "x".repeat(URL_LEN_MAX));
        assert_eq!(canonical_url(&long), None);
    }

    #[test]
    fn placeholders_are_seen() {
        for url in [
            "https://a.example/x/{id}",
            "https://a.example/:version/models",
            "https://a.example/x/*",
            "https://a.example/find?name=…",
        ] {
            assert!(has_placeholders(url), "{url}");
        }
        for url in ["https://a.example:8080/x", "https://a.example/v1/days:lookup"] {
            assert!(!has_placeholders(url), "{url}");
        }
    }

    proptest! {
        #[test]
        fn the_canonical_form_is_its_own(text in "https?://[a-zA-Z]{1,9}\\.com(:[0-9]{1,4})?(/[a-zA-Z/.{}:]{0,12})?") {
            if let Some(once) = canonical_url(&text) {
                prop_assert_eq!(canonical_url(&once), Some(once));
            }
        }
    }
}
