//! How a guarded client is built, what one request may take, and what it brings.

use super::{AddressPolicy, Resolve};
use crate::TrustedCertificate;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// How a [`super::GuardedClient`] is built.
#[derive(Clone)]
pub struct GuardOptions {
    /// Sent as `User-Agent`.
    pub user_agent: String,
    /// Time to look a name up and reach the server, TLS included.
    pub connect_timeout: Duration,
    /// The longest that any request may take, whatever its own limits say.
    pub total_timeout: Duration,
    /// Where connections may go.
    pub addresses: AddressPolicy,
    /// Looks names up.
    pub resolver: Arc<dyn Resolve>,
    /// Trusted in place of the platform's authorities.
    pub certificate: Option<TrustedCertificate>,
}

/// Where a redirect may lead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RedirectScope {
    /// To the same scheme, host and port.
    #[default]
    SameOrigin,
    /// To any allowed place, but not from `https` to `http`.
    Anywhere,
}

/// What one request may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the body that are read; the rest is left.
    pub body_len_max: usize,
    /// Bytes of all header lines; an answer with more is refused.
    pub headers_len_max: usize,
    /// Redirects that are followed. With none, a redirect is an answer like any other.
    pub redirects_max: usize,
    /// Where they may lead.
    pub redirect_scope: RedirectScope,
    /// For everything: redirects and the body included.
    pub timeout: Duration,
}

impl Default for Limits {
    /// 64 KiB each of body and headers, no redirects, ten seconds.
    fn default() -> Self {
        Self {
            body_len_max: 64 * 1_024,
            headers_len_max: 64 * 1_024,
            redirects_max: 0,
            redirect_scope: RedirectScope::SameOrigin,
            timeout: Duration::from_secs(10),
        }
    }
}

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// Where it came from, after redirects.
    pub url: Url,
    /// Its status.
    pub status: StatusCode,
    /// Its header lines.
    pub headers: HeaderMap,
    /// Its body, up to the limit.
    pub body: Bytes,
    /// Whether more was to come: the limit was reached, or the connection broke off.
    pub is_truncated: bool,
    /// From the start of the last request to the headers of its answer.
    pub time_to_headers: Duration,
    /// From the start of the first request to the last byte.
    pub elapsed: Duration,
}
