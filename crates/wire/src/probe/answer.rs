//! An answer as it was recorded.

use url::{Host, Url};

/// Bytes of a body that are looked at; a challenge that needs more is refused by clients.
pub const BODY_LEN_MAX: usize = 64 * 1_024;

/// An answer to a request without payment, whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordedAnswer {
    /// The method that was sent.
    pub method: String,
    /// Where it was sent, in full.
    pub url: String,
    /// The body that was sent.
    pub request_body: Vec<u8>,
    /// The HTTP status.
    pub status: u16,
    /// Names and values of the header lines, in their order; names in any case.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, as far as it was read: more than [`BODY_LEN_MAX`] bytes are not needed.
    pub body: Vec<u8>,
}

impl RecordedAnswer {
    /// The values of a header, in their order.
    pub(super) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let named = self.headers.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_slice())
    }

    /// The first value of a header, as text.
    pub(super) fn text<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.values(name).next().and_then(|value| std::str::from_utf8(value).ok())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.values(name).next().is_some()
    }

    /// Every challenge line.
    pub(super) fn challenge_lines(&self) -> Vec<&[u8]> {
        self.values("www-authenticate").collect()
    }

    pub(super) fn parsed_url(&self) -> Option<Url> {
        Url::parse(&self.url).ok()
    }

    /// Whether it was asked on this machine, where nobody else listens in and no money needs a price.
    #[must_use]
    pub fn is_local(&self) -> bool {
        let url = self.parsed_url();
        match url.as_ref().and_then(Url::host) {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }
}
