//! Addresses of endpoints: made whole from the address of the document they stand in.

use crate::canonical::{URL_LEN_MAX, canonical_url};
use crate::import::Reason;
use url::Url;

/// Methods that a paid API answers.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// Where relative addresses begin.
#[derive(Clone, Debug, Default)]
pub(super) struct Base(Option<String>);

impl Base {
    /// The root of the host that a document came from.
    pub(super) fn of_document(document: Option<&Url>) -> Self {
        let origin = document.filter(|url| url.has_host()).map(|url| url.origin());
        Self(origin.map(|origin| origin.ascii_serialization()))
    }

    /// The address that a document names as the start of its paths, where it is one.
    pub(super) fn named(self, address: Option<&str>) -> Self {
        let plain = |address: &&str| canonical_url(address).is_some();
        match address.map(|text| text.trim_end_matches('/')).filter(plain) {
            Some(address) => Self(Some(address.to_owned())),
            None => self,
        }
    }

    /// The whole address: placeholders stay as they are written.
    pub(super) fn join(&self, text: &str) -> Result<String, Reason> {
        let text = text.trim();
        let shown = || text.chars().take(80).collect::<String>();
        if text.is_empty() {
            return Err(Reason::NoUrl);
        }
        let url = if is_whole(text) {
            text.to_owned()
        } else {
            let base = self.0.as_deref().ok_or_else(|| Reason::Relative(shown()))?;
            format!("{base}/{}", text.trim_start_matches('/'))
        };
        let usable = url.len() <= URL_LEN_MAX && canonical_url(&url).is_some();
        if usable { Ok(url) } else { Err(Reason::Url(shown())) }
    }
}

/// Whether a text begins with a scheme: `https:`, `mailto:`.
fn is_whole(text: &str) -> bool {
    let scheme = text.split_once(':').map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    })
}

/// Takes the method off `POST /path`.
pub(super) fn split_method(text: &str) -> (Option<&str>, &str) {
    let text = text.trim();
    match text.split_once(char::is_whitespace) {
        Some((word, rest)) if is_method(word) => (Some(word), rest.trim_start()),
        _ => (None, text),
    }
}

fn is_method(word: &str) -> bool {
    let others = ["HEAD", "OPTIONS"];
    METHODS.into_iter().chain(others).any(|known| known.eq_ignore_ascii_case(word))
}

/// A method in capitals.
pub(super) fn method(text: &str) -> Result<String, Reason> {
    let known = METHODS.into_iter().find(|known| known.eq_ignore_ascii_case(text.trim()));
    let shown = || text.chars().take(20).collect::<String>();
    known.map(str::to_owned).ok_or_else(|| Reason::Method(shown()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn base(document: &str, named: Option<&str>) -> Base {
        let document = Url::parse(document).ok();
        Base::of_document(document.as_ref()).named(named)
    }

    #[test]
    fn a_path_is_joined_with_the_address_it_belongs_to() {
        let document = "https://api.example:8443/.well-known/x402";
        for (named, text, expected) in [
            (None, "/v1/x/{id}?a=:b", "https://api.example:8443/v1/x/{id}?a=:b"),
            (None, "v1/x", "https://api.example:8443/v1/x"),
            (None, "//other.example/x", "https://api.example:8443/other.example/x"),
            (None, "/@other.example", "https://api.example:8443/@other.example"),
            (Some("https://own.example/api/"), "/v1", "https://own.example/api/v1"),
            (Some("not an address"), "/v1", "https://api.example:8443/v1"),
            (None, "http://other.example/x", "http://other.example/x"),
        ] {
            assert_eq!(base(document, named).join(text).unwrap(), expected);
        }
    }

    #[test]
    fn what_no_client_should_open_is_refused() {
        let base = base("https://api.example/", None);
        for text in
            ["mailto:a@b.example", "game://x/y", "javascript:alert(1)", "https://u:p@h.example"]
        {
            assert!(matches!(base.join(text), Err(Reason::Url(_))), "{text}");
        }
        assert_eq!(base.join(" "), Err(Reason::NoUrl));
        assert_eq!(Base::default().join("/x"), Err(Reason::Relative("/x".to_owned())));
        assert!(base.join(&"x".repeat(URL_LEN_MAX)).is_err());
    }

    #[test]
    fn a_method_stands_in_front_of_some_paths() {
        assert_eq!(split_method(" POST  /rates"), (Some("POST"), "/rates"));
        assert_eq!(split_method("/get it"), (None, "/get it"));
        assert_eq!(method("post").unwrap(), "POST");
        assert!(method("OPTIONS").is_err());
    }

    proptest! {
        #[test]
        fn a_path_never_leaves_its_host(text in "[/\\\\@:?#a-z.{}]{1,20}") {
            if let Ok(url) = base("https://api.example/", None).join(&text)
                && !is_whole(&text)
            {
                prop_assert_eq!(crate::canonical::host(&canonical_url(&url).unwrap()), "api.example");
            }
        }
    }
}
