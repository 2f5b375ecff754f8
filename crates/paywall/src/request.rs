//! What the paywall reads of a request.

use axum::body::Body;
use axum::extract::{ConnectInfo, OriginalUri};
use bytes::Bytes;
use farebox_net::ClientKey;
use farebox_wire::l402::{Credential, CredentialError};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use sha2::{Digest, Sha256};
use std::net::SocketAddr;
use std::time::Duration;

/// Bodies up to this length are read from anybody.
const SMALL_BODY_LEN_MAX: usize = 16 * 1024;
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
}

impl Facts {
    /// `body` is given where it was read; an empty one is none.
    pub(crate) fn of(parts: &Parts, body: Option<&Bytes>) -> Self {
        let original = parts.extensions.get::<OriginalUri>().map(|original| &original.0);
        let uri = original.unwrap_or(&parts.uri);
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let is_head = parts.method == Method::HEAD;
        let method = if is_head { Method::GET.as_str() } else { parts.method.as_str() };
        Self {
            client: peer.map_or(ClientKey::unknown(), |peer| ClientKey::of(peer.0.ip())),
            is_head,
            method: method.to_owned(),
            path: uri.path().to_owned(),
            query: uri.query().map(str::to_owned),
            body_sha256: body.filter(|body| !body.is_empty()).map(|b| Sha256::digest(b).into()),
        }
    }

    /// What a token that is good for many requests is bought for.
    pub(crate) fn subject_digest(&self) -> [u8; 32] {
        let query = None;
        Self { query, body_sha256: None, ..self.clone() }.digest()
    }

    /// Tells this very request from every other.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        for part in [&self.method, &self.path, self.query.as_deref().unwrap_or_default()] {
            hasher.update(part.len().to_be_bytes());
            hasher.update(part);
        }
        hasher.update([u8::from(self.query.is_some())]);
        hasher.update(self.body_sha256.unwrap_or_default());
        hasher.finalize().into()
    }
}

/// Whether a body is small enough to be read from anybody, to tell requests apart by it.
pub(crate) fn has_small_body(headers: &HeaderMap) -> bool {
    let len = headers.get(header::CONTENT_LENGTH).and_then(|len| len.to_str().ok()?.parse().ok());
    len.is_some_and(|len: usize| (1..=SMALL_BODY_LEN_MAX).contains(&len))
}

/// The first L402 credential of a request: from any `Authorization` line, else from the bare
/// macaroon headers of gRPC clients. An unreadable one counts only when there is no better.
pub(crate) fn credential(headers: &HeaderMap) -> Option<Result<Credential, CredentialError>> {
    let bare = ["macaroon", "grpc-metadata-macaroon"].into_iter();
    let bare = bare.flat_map(|name| headers.get_all(name));
    let authorization = headers.get_all(header::AUTHORIZATION).iter();
    Credential::from_headers(
        authorization.map(HeaderValue::as_bytes),
        bare.map(HeaderValue::as_bytes),
    )
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
