//! Which requests are sent.

use super::{METHODS, ProbeError};
use crate::Request;
use crate::request::Outgoing;
use bytes::Bytes;
use farebox_wire::probe::RecordedAnswer;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, COOKIE, PROXY_AUTHORIZATION};
use http::{HeaderName, HeaderValue, Method};
use std::time::Duration;

/// Redirects on one host that are followed at most.
pub(super) const REDIRECTS_MAX: usize = 3;
/// What a client accepts.
const ACCEPTED: &str = "application/json";
/// What a client of MCP accepts.
const ACCEPTED_OF_MCP: &str = "application/json, text/event-stream";
/// Methods that are tried after the first at most.
const OTHER_METHODS_MAX: usize = 2;

/// How an endpoint is asked.
#[derive(Clone, Copy, Debug)]
pub struct ProbeOptions {
    /// Whether the method is its user's own choice, so that no other is tried.
    pub is_method_declared: bool,
    /// For the whole of an answer, the first time.
    pub timeout: Duration,
    /// How long a host that was asleep is given before it is asked again.
    pub retry_wait: Duration,
    /// For the whole of its second answer.
    pub retry_timeout: Duration,
}

impl Default for ProbeOptions {
    fn default() -> Self {
        Self {
            is_method_declared: false,
            timeout: Duration::from_secs(12),
            retry_wait: Duration::from_secs(3),
            retry_timeout: Duration::from_secs(30),
        }
    }
}

/// Headers that can carry a payment, a balance or a login.
const CREDENTIALS: [&str; 13] = [
    "payment-authorization",
    "payment-signature",
    "x-payment",
    "x-payment-hash",
    "x-payment-preimage",
    "x-token",
    "x-api-key",
    "macaroon",
    "grpc-metadata-macaroon",
    "l402",
    "lsat",
    "sign-in-with-x",
    "token",
];

/// The request as it goes out.
///
/// # Errors
/// When it carries a credential: a probe that is let in says nothing about the 402.
pub(super) fn prepare(request: &Request) -> Result<Outgoing, ProbeError> {
    let mut outgoing = request.to_outgoing();
    let names = outgoing.headers.keys();
    if let Some(name) = names.into_iter().find(|name| is_credential(name)) {
        return Err(ProbeError::Credential(name.clone()));
    }
    if !outgoing.headers.contains_key(ACCEPT) {
        outgoing.headers.insert(ACCEPT, HeaderValue::from_static(ACCEPTED));
    }
    Ok(outgoing)
}

fn is_credential(name: &HeaderName) -> bool {
    [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE].contains(name)
        || CREDENTIALS.contains(&name.as_str())
}

/// Whether another method may be taken: a router that knows only POST answers GET with 404.
pub(super) const fn is_other_method(status: u16) -> bool {
    matches!(status, 404 | 405 | 501)
}

/// The same request in the form that its answer asks for: MCP servers want an event stream to be
/// accepted (406), and a tunnel that shows people a page first wants a header.
pub(super) fn adapted(request: &Outgoing, answer: &RecordedAnswer) -> Option<Outgoing> {
    let mut other = request.clone();
    let is_ours = request.headers.get(ACCEPT).is_some_and(|own| own == ACCEPTED);
    let has = |name: &str| answer.headers.iter().any(|(own, _)| own.eq_ignore_ascii_case(name));
    let is_page = (200..300).contains(&answer.status) && has("ngrok-error-code");
    if answer.status == 406 && is_ours {
        other.headers.insert(ACCEPT, HeaderValue::from_static(ACCEPTED_OF_MCP));
    } else if is_page {
        let name = HeaderName::from_static("ngrok-skip-browser-warning");
        other.headers.insert(name, HeaderValue::from_static("1"));
    } else {
        return None;
    }
    Some(other)
}

/// What to try where a method is not taken: what `Allow` names, then POST.
pub(super) fn other_methods(tried: &Method, answer: &RecordedAnswer) -> Vec<Method> {
    let allowed = answer.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("allow"));
    let allowed: Vec<String> = allowed
        .flat_map(|(_, value)| {
            let text = String::from_utf8_lossy(value).to_ascii_uppercase();
            text.split(',').map(|name| name.trim().to_owned()).collect::<Vec<_>>()
        })
        .collect();
    let named =
        METHODS.into_iter().filter(|method| allowed.iter().any(|name| name == method.as_str()));
    let mut methods: Vec<Method> = Vec::new();
    for method in named.chain([Method::POST]) {
        if method != *tried && !methods.contains(&method) {
            methods.push(method);
        }
    }
    methods.truncate(OTHER_METHODS_MAX);
    methods
}

/// The same request by another method, with an empty JSON object where a body is expected.
pub(super) fn with_method(request: &Outgoing, method: Method) -> Outgoing {
    let mut other = Outgoing { method, ..request.clone() };
    if other.method == Method::GET {
        other.drop_body();
    } else if other.body.is_empty() {
        other.body = Bytes::from_static(b"{}");
        other.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    other
}
