//! What is asked for, before anyone speaks of money.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};
use std::fmt;
use url::Url;

/// A request that cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The address cannot be read.
    #[error("not a URL: {0}")]
    Url(String),
    /// Something other than `http` and `https`.
    #[error("only http and https addresses can be fetched, not {0}:")]
    UrlScheme(String),
    /// A header that HTTP does not allow.
    #[error("not a header: {0:?}; write it as 'Name: value'")]
    Header(String),
    /// A header that follows from the body.
    #[error("the header {0} follows from the body and cannot be set")]
    FramingHeader(HeaderName),
}

/// One HTTP request, as its user wants it.
#[derive(Clone, Debug)]
pub struct Request {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Bytes,
}

/// Names a request: the same method, address and body have the same fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint([u8; 32]);

impl Request {
    /// A request without headers and body. An address without a scheme is `http` on this
    /// machine and `https` elsewhere; a user name in it becomes an `Authorization` header.
    ///
    /// # Errors
    /// [`RequestError`] when the address cannot be fetched.
    pub fn new(method: Method, url: &str) -> Result<Self, RequestError> {
        let mut url = parse_url(url)?;
        url.set_fragment(None);
        let mut headers = HeaderMap::new();
        headers.extend(take_user_info(&mut url).map(|value| (AUTHORIZATION, value)));
        Ok(Self { method, url, headers, body: Bytes::new() })
    }

    /// With one more header. `Authorization` replaces the one that the address brought.
    ///
    /// # Errors
    /// [`RequestError`] when HTTP does not allow it.
    pub fn with_header(mut self, name: &str, value: &str) -> Result<Self, RequestError> {
        let malformed = || RequestError::Header(format!("{name}: {value}"));
        let name = HeaderName::try_from(name.trim()).map_err(|_| malformed())?;
        if [CONTENT_LENGTH, TRANSFER_ENCODING].contains(&name) {
            return Err(RequestError::FramingHeader(name));
        }
        let mut value = HeaderValue::try_from(value.trim()).map_err(|_| malformed())?;
        value.set_sensitive(!is_harmless(&name));
        if name == AUTHORIZATION {
            self.headers.insert(name, value);
        } else {
            self.headers.append(name, value);
        }
        Ok(self)
    }

    /// With a body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Whether a header of this name is set.
    #[must_use]
    pub fn has_header(&self, name: &HeaderName) -> bool {
        self.headers.contains_key(name)
    }

    /// Where it goes, without fragment and user name.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }

    pub(crate) fn fingerprint(&self) -> Fingerprint {
        let mut hasher = Sha256::new();
        for part in [self.method.as_str(), self.url.as_str()] {
            // Neither contains a line feed, so two different requests never read alike.
            hasher.update(part);
            hasher.update("\n");
        }
        hasher.update(Sha256::digest(&self.body));
        Fingerprint(hasher.finalize().into())
    }

    pub(crate) fn to_outgoing(&self) -> Outgoing {
        Outgoing {
            method: self.method.clone(),
            url: self.url.clone(),
            headers: self.headers.clone(),
            body: self.body.clone(),
        }
    }
}

/// A request on its way, possibly to where an earlier one was sent on to.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Outgoing {
    /// Scheme, host and port: what a credential is good for at most.
    pub(crate) fn origin(&self) -> String {
        origin_of(&self.url)
    }

    /// Turns it into a request that brings nothing along.
    pub(crate) fn drop_body(&mut self) {
        self.body = Bytes::new();
        self.headers.remove(http::header::CONTENT_TYPE);
    }

    /// Removes every header that may tell a secret.
    pub(crate) fn drop_secrets(&mut self) {
        let secret = self.headers.keys().filter(|name| !is_harmless(name));
        for name in secret.cloned().collect::<Vec<_>>() {
            self.headers.remove(name);
        }
    }

    /// Whether a header of it may tell a secret.
    pub(crate) fn has_secrets(&self) -> bool {
        self.headers.keys().any(|name| !is_harmless(name))
    }
}

impl Fingerprint {
    pub(crate) const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

pub(crate) fn origin_of(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// Headers that say nothing about who asks. Any other may be a key under a name of the seller's
/// own, so this list is of what is known to be harmless and not of what is known to be secret.
fn is_harmless(name: &HeaderName) -> bool {
    const HARMLESS: [&str; 10] = [
        "cache-control",
        "content-language",
        "content-type",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-unmodified-since",
        "pragma",
        "range",
        "user-agent",
    ];
    let name = name.as_str();
    name == "accept" || name.starts_with("accept-") || HARMLESS.contains(&name)
}

fn parse_url(text: &str) -> Result<Url, RequestError> {
    let text = text.trim();
    let with_scheme = if text.contains("://") {
        text.to_owned()
    } else {
        format!("{}://{text}", default_scheme(text))
    };
    let url = Url::parse(&with_scheme)
        .map_err(|error| RequestError::Url(format!("{text:?}: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(RequestError::UrlScheme(url.scheme().to_owned()));
    }
    Ok(url)
}

fn default_scheme(text: &str) -> &'static str {
    let host = text.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let name = host.split(':').next().unwrap_or_default();
    let here = name.eq_ignore_ascii_case("localhost") || name.starts_with("127.");
    if here || host.starts_with("[::1]") { "http" } else { "https" }
}

/// Takes user name and password out of an address, so that they are neither stored nor shown.
fn take_user_info(url: &mut Url) -> Option<HeaderValue> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let decode = |text: &str| percent_decode_str(text).collect::<Vec<u8>>();
    let user = decode(url.username());
    let password = decode(url.password().unwrap_or_default());
    let pair = [user.as_slice(), b":", &password].concat();
    // Neither fails for an address with a host, which every http address has.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair))).ok()?;
    value.set_sensitive(true);
    Some(value)
}
