//! What the endpoints share: who asks, and how they refuse.

use crate::{AccountError, Presented, Token, presented};
use axum::Json;
use axum::body::Bytes;
use axum::extract::ConnectInfo;
use axum::response::{IntoResponse, Response};
use farebox_net::ClientKey;
use farebox_wire::api_error::ErrorBody;
use http::{Extensions, HeaderMap, HeaderValue, StatusCode, header};
use serde::de::DeserializeOwned;
use std::net::SocketAddr;

/// A refusal as the API answers it.
#[must_use]
pub fn refusal(error: &AccountError) -> Response {
    if let AccountError::Store(error) = error {
        tracing::error!(%error, "an account's request failed");
    }
    let body = ErrorBody::new(error.code(), format!("{error}."));
    let mut response = (error.status(), Json(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    match error {
        AccountError::PaymentPending | AccountError::RequestInProgress => {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        AccountError::LightningUnavailable | AccountError::Store(_) => {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        AccountError::TooManyTopups | AccountError::ReadOnly => {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
        }
        _ => {}
    }
    response
}

/// An answer about somebody's money: never kept by anyone on the way.
pub(super) fn private(status: StatusCode, body: impl IntoResponse) -> Response {
    let mut response = (status, body).into_response();
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, no_store);
    response
}

/// The token of a request, if it shows one.
pub(super) fn optional_token(headers: &HeaderMap) -> Result<Option<Token>, AccountError> {
    match presented(headers) {
        Presented::Nothing => Ok(None),
        Presented::Token(token) => Ok(Some(token)),
        Presented::Malformed => Err(AccountError::InvalidToken),
        Presented::Conflicting => Err(AccountError::ConflictingCredentials),
    }
}

/// The token of a request that must show one.
pub(super) fn token(headers: &HeaderMap) -> Result<Token, AccountError> {
    optional_token(headers)?.ok_or(AccountError::MissingToken)
}

/// Who counts as one client.
pub(super) fn client(extensions: &Extensions) -> String {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map_or(ClientKey::unknown(), |peer| ClientKey::of(peer.0.ip())).to_string()
}

/// A JSON body, or the 400 that says what it should be.
pub(super) fn parse<T: DeserializeOwned>(body: &Bytes, example: &str) -> Result<T, Box<Response>> {
    serde_json::from_slice(body).map_err(|error| {
        let message = format!("The body must be JSON such as {example}: {error}.");
        let body = ErrorBody::new("invalid_body", message);
        Box::new((StatusCode::BAD_REQUEST, Json(body)).into_response())
    })
}
