//! What the paywall reads of a request.

use crate::admission::Genuine;
use crate::browser::Visitor;
use crate::problem::Problem;
use crate::route::PaidRoute;
use axum::body::Body;
use axum::extract::{ConnectInfo, OriginalUri};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use farebox_net::ClientKey;
use farebox_wire::l402::{Credential, EVERY, TokenKind};
use farebox_wire::mpp::{self, ACCEPT_PAYMENT};
use farebox_wire::x402::{PAYMENT_SIGNATURE, Payment, WireError, X_PAYMENT};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use sha2::{Digest, Sha256};
use std::net::SocketAddr;
use std::time::Duration;

/// Bodies up to this length are read from anybody.
const SMALL_BODY_LEN_MAX: usize = 16 * 1024;
/// Stands between request and body in [`Facts::bound_text`].
pub(crate) const BODY_MARK: &str = ":body=";
const PAYMENT_AUTHORIZATION_LOWER: &str = "payment-authorization";
/// A body that has not arrived by then is given up.
const BODY_TIMEOUT: Duration = Duration::from_secs(60);

/// The facts that a challenge is bound to.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub client: ClientKey,
    pub is_head: bool,
    pub method: String,
    pub path: String,
    pub query: Option<String>,
    pub body_sha256: Option<[u8; 32]>,
    /// What the client can pay by, in its own words.
    pub accept_payment: Option<String>,
    /// Whether a credential of MPP is shown.
    pub shows_mpp: bool,
    /// Who sends it, where that may be a browser.
    pub visitor: Option<Box<Visitor>>,
    /// Whether what is sold is good for every request to this server, and not for this one's
    /// method and path.
    pub is_server_wide: bool,
}

impl Facts {
    /// `body` is given where it was read; an empty one is none.
    pub(crate) fn of(parts: &Parts, body: Option<&Bytes>) -> Self {
        let original = parts.extensions.get::<OriginalUri>().map(|original| &original.0);
        let uri = original.unwrap_or(&parts.uri);
        let is_head = parts.method == Method::HEAD;
        let method = if is_head { Method::GET.as_str() } else { parts.method.as_str() };
        Self {
            client: client(parts),
            is_head,
            method: method.to_owned(),
            path: uri.path().to_owned(),
            query: uri.query().map(str::to_owned),
            body_sha256: body.filter(|body| !body.is_empty()).map(|b| Sha256::digest(b).into()),
            accept_payment: text(&parts.headers, ACCEPT_PAYMENT),
            shows_mpp: false,
            visitor: None,
            is_server_wide: false,
        }
    }

    /// The same for what is good for every request to this server.
    pub(crate) fn server_wide(self) -> Self {
        Self { is_server_wide: true, ..self }
    }

    /// The method that is bought.
    pub(crate) fn bought_method(&self) -> &str {
        if self.is_server_wide { EVERY } else { &self.method }
    }

    /// The path that is bought.
    pub(crate) fn bought_path(&self) -> &str {
        if self.is_server_wide { EVERY } else { &self.path }
    }

    /// The browser that asks for a page.
    pub(crate) fn page_visitor(&self) -> Option<&Visitor> {
        self.visitor.as_deref().filter(|visitor| visitor.wants_page)
    }

    /// Whether a person looks at the answer.
    pub(crate) fn wants_page(&self) -> bool {
        self.page_visitor().is_some()
    }

    /// The same, answered in the language of the credential that is shown.
    pub(crate) fn showing(self, shown: &Option<Result<Genuine, Problem>>) -> Self {
        let shows_mpp = match shown {
            Some(Ok(shown)) => shown.is_mpp(),
            Some(Err(problem)) => {
                matches!(problem, Problem::MalformedMpp(_) | Problem::ForeignChallenge)
            }
            None => false,
        };
        Self { shows_mpp, ..self }
    }

    /// What a token that is good for many requests is bought for.
    pub(crate) fn subject_digest(&self) -> [u8; 32] {
        self.digest_of(None, None)
    }

    /// What a challenge of MPP is issued for: the request, or where its price is the same for
    /// every request, its method and path. The body is tied to it by a digest of its own.
    pub(crate) fn bound_digest(&self, route: &PaidRoute) -> String {
        let query = self.query.as_deref().filter(|_| route.is_priced_by_request());
        let bound = self.digest_of(query, None);
        hex::encode(bound)
    }

    /// The same with the route and the body in one text, for challenges that have no other place
    /// for them.
    pub(crate) fn bound_text(&self, route: &PaidRoute) -> String {
        let request = format!("{}:{}", route.id, self.bound_digest(route));
        let body = self.body_sha256.filter(|_| route.kind == TokenKind::OneShot);
        match body {
            Some(body) => format!("{request}{BODY_MARK}{}", hex::encode(body)),
            None => request,
        }
    }

    /// The digest of the body, where it was read (RFC 9530).
    pub(crate) fn content_digest(&self) -> Option<String> {
        let sha256 = self.body_sha256?;
        Some(format!("sha-256=:{}:", STANDARD.encode(sha256)))
    }

    /// Tells this very request from every other.
    pub(crate) fn digest(&self) -> [u8; 32] {
        self.digest_of(self.query.as_deref(), self.body_sha256)
    }

    fn digest_of(&self, query: Option<&str>, body_sha256: Option<[u8; 32]>) -> [u8; 32] {
        let query = query.filter(|_| !self.is_server_wide);
        let mut hasher = Sha256::new();
        for part in [self.bought_method(), self.bought_path(), query.unwrap_or_default()] {
            hasher.update(part.len().to_be_bytes());
            hasher.update(part);
        }
        hasher.update([u8::from(query.is_some())]);
        hasher.update(body_sha256.unwrap_or_default());
        hasher.finalize().into()
    }
}

/// Who sends a request, as the server knows it.
pub(crate) fn client(parts: &Parts) -> ClientKey {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map_or(ClientKey::unknown(), |peer| ClientKey::of(peer.0.ip()))
}

/// Whether a body is small enough to be read from anybody, to tell requests apart by it.
pub(crate) fn has_small_body(headers: &HeaderMap) -> bool {
    let len = headers.get(header::CONTENT_LENGTH).and_then(|len| len.to_str().ok()?.parse().ok());
    len.is_some_and(|len: usize| (1..=SMALL_BODY_LEN_MAX).contains(&len))
}

/// A credential, of whatever rail.
#[derive(Debug)]
pub(crate) enum Shown {
    L402(Credential),
    Mpp(Box<mpp::Credential>),
    X402(Box<Payment>),
}

/// The `Authorization` line of a request that has one only, and one that begins with L402.
pub(crate) fn only_l402_line(headers: &HeaderMap) -> Option<&[u8]> {
    let mut lines = headers.get_all(header::AUTHORIZATION).iter().map(HeaderValue::as_bytes);
    let line = lines.next().filter(|_| lines.next().is_none())?;
    let scheme = line.split_at_checked(5)?.0;
    let is_l402 = [b"L402 ", b"LSAT "].iter().any(|own| scheme.eq_ignore_ascii_case(*own));
    is_l402.then_some(line)
}

/// The credential of a request. One that cannot be read counts only when there is no better.
pub(crate) fn credential(headers: &HeaderMap) -> Option<Result<Shown, Problem>> {
    let lines = |name: HeaderName| headers.get_all(name).iter().map(HeaderValue::as_bytes);
    let authorization = || lines(header::AUTHORIZATION);
    let bare = ["macaroon", "grpc-metadata-macaroon"].into_iter().map(HeaderName::from_static);
    let l402 = Credential::from_headers(authorization(), bare.flat_map(lines));
    let payment = lines(HeaderName::from_static(PAYMENT_AUTHORIZATION_LOWER));
    let mpp = mpp::parse_credential(authorization(), payment);
    let mpp = mpp.map(|shown| shown.map(|shown| Shown::Mpp(Box::new(shown))));
    let x402 = [PAYMENT_SIGNATURE, X_PAYMENT].into_iter().map(HeaderName::from_static);
    let x402 = x402.flat_map(|name| headers.get_all(name)).take(1).map(|value| {
        let text = value.to_str().map_err(|_| WireError::NotBase64);
        text.and_then(Payment::parse_header).map(|shown| Shown::X402(Box::new(shown)))
    });
    let found = l402
        .map(|shown| shown.map(Shown::L402).map_err(Problem::from))
        .into_iter()
        .chain(mpp.map_err(Problem::from).transpose())
        .chain(x402.map(|shown| shown.map_err(Problem::from)));
    let mut unreadable = None;
    for credential in found {
        match credential {
            Ok(credential) => return Some(Ok(credential)),
            Err(problem) => unreadable = unreadable.or(Some(Err(problem))),
        }
    }
    unreadable
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyError {
    TooLarge,
    TooSlow,
    Broken,
}

/// Reads a whole body up to a limit, within [`BODY_TIMEOUT`].
pub(crate) async fn read_body(body: Body, len_max: usize) -> Result<Bytes, BodyError> {
    let collect = Limited::new(body, len_max).collect();
    match tokio::time::timeout(BODY_TIMEOUT, collect).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(BodyError::TooLarge),
        Ok(Err(_)) => Err(BodyError::Broken),
        Err(_) => Err(BodyError::TooSlow),
    }
}
