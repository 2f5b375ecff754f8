//! One source of the rate, and asking it.

use crate::answer::{AnswerError, Bounds, read_answer};
use crate::{ParsePointerError, Pointer};
use farebox_money::BtcUsd;
use reqwest::header::HeaderMap;
use reqwest::{Client, StatusCode, header};
use std::error::Error;
use std::time::Duration;
use url::{Host, Url};

/// Longer answers are given up: a price is a few hundred bytes, a list of all markets is not.
const ANSWER_LEN_MAX: usize = 64 * 1024;
const NAME_LEN_MAX: usize = 32;

/// An address that answers JSON with the price of one bitcoin in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    name: String,
    url: Url,
    pointer: Pointer,
}

/// What cannot be a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceProblem {
    /// The log and the metrics carry the name.
    #[error("name must have 1 to {NAME_LEN_MAX} of a-z, 0-9, - and _")]
    Name,
    /// Whoever is on the way could change the price.
    #[error("url must begin with https:// (http:// only for this machine) and carry no password")]
    Url,
    /// The place of the price.
    #[error("pointer: {0}")]
    Pointer(#[from] ParsePointerError),
}

/// A rate that a source named.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heard {
    pub(crate) rate: BtcUsd,
    /// How long a cache on the way had kept it, in seconds.
    pub(crate) age_s: u64,
}

/// What an answer must be to count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Demands {
    pub(crate) timeout: Duration,
    pub(crate) max_age_s: u64,
    pub(crate) bounds: Bounds,
}

/// Why a source gave no rate this time.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceError {
    #[error("no answer in time")]
    TooSlow,
    #[error("no answer: {0}")]
    Unreachable(String),
    #[error("HTTP {0}")]
    Status(StatusCode),
    #[error("the answer was kept by a cache for {0} seconds")]
    Old(u64),
    #[error("the answer is longer than {ANSWER_LEN_MAX} bytes")]
    TooLong,
    #[error(transparent)]
    Answer(#[from] AnswerError),
}

impl Source {
    /// A source from its settings.
    ///
    /// # Errors
    /// [`SourceProblem`] names the first setting that cannot be used.
    pub fn new(name: &str, url: &str, pointer: &str) -> Result<Self, SourceProblem> {
        let is_plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
        if name.is_empty() || name.len() > NAME_LEN_MAX || !name.bytes().all(is_plain) {
            return Err(SourceProblem::Name);
        }
        let url = Url::parse(url).ok().filter(is_safe).ok_or(SourceProblem::Url)?;
        Ok(Self { name: name.to_owned(), url, pointer: pointer.parse()? })
    }

    /// What the log and the metrics call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// Asks for the rate, for as long as the demands allow.
    pub(crate) async fn ask(
        &self,
        client: &Client,
        demands: Demands,
    ) -> Result<Heard, SourceError> {
        let fetched = tokio::time::timeout(demands.timeout, self.fetch(client)).await;
        let (body, age_s) = fetched.map_err(|_| SourceError::TooSlow)??;
        if age_s > demands.max_age_s {
            return Err(SourceError::Old(age_s));
        }
        Ok(Heard { rate: read_answer(&body, &self.pointer, demands.bounds)?, age_s })
    }

    /// The body of the answer, and its age by the caches on the way.
    async fn fetch(&self, client: &Client) -> Result<(Vec<u8>, u64), SourceError> {
        let request = client.get(self.url.clone()).header(header::ACCEPT, "application/json");
        let mut response = request.send().await.map_err(unreachable_because)?;
        if !response.status().is_success() {
            return Err(SourceError::Status(response.status()));
        }
        let age_s = age_s(response.headers());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable_because)? {
            if body.len().saturating_add(chunk.len()) > ANSWER_LEN_MAX {
                return Err(SourceError::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        Ok((body, age_s))
    }
}

/// What caches say in `Age`; an unreadable one is an age that nobody knows.
fn age_s(headers: &HeaderMap) -> u64 {
    let Some(age) = headers.get(header::AGE) else { return 0 };
    age.to_str().ok().and_then(|age| age.trim().parse().ok()).unwrap_or(u64::MAX)
}

fn is_safe(url: &Url) -> bool {
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let is_private = url.scheme() == "https" || (url.scheme() == "http" && is_here);
    is_private && url.has_host() && url.username().is_empty() && url.password().is_none()
}

/// The innermost cause, without the address: a key may be in it.
fn unreachable_because(error: reqwest::Error) -> SourceError {
    let error = error.without_url();
    let mut cause: &dyn Error = &error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    SourceError::Unreachable(cause.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_on_the_way_can_change_is_a_source() {
        let problem = |url: &str| Source::new("a", url, "/p").err();
        for url in
            ["https://a.example/x?y=z", "http://127.0.0.1:1/", "http://[::1]/", "http://localhost/"]
        {
            assert_eq!(problem(url), None, "{url}");
        }
        for url in [
            "http://a.example/",
            "http://192.168.0.1/",
            "ftp://a.example/",
            "a.example",
            "",
            "file:///rate",
            "https://u:p@a.example/",
            "http://localhost.example/",
        ] {
            assert_eq!(problem(url), Some(SourceProblem::Url), "{url}");
        }
    }

    #[test]
    fn names_and_pointers_are_checked() {
        for name in ["", "A", "a b", "a\"", &"a".repeat(33)] {
            let problem = Source::new(name, "https://a.example/", "/p").err();
            assert_eq!(problem, Some(SourceProblem::Name), "{name:?}");
        }
        let problem = Source::new("a", "https://a.example/", "p").err();
        assert!(matches!(problem, Some(SourceProblem::Pointer(_))));
    }
}
