//! What endpoints that change something share: who asks, what they send, how they are answered.

use axum::Json;
use axum::body::Bytes;
use axum::extract::ConnectInfo;
use axum::response::{IntoResponse, Response};
use farebox_net::ClientKey;
use farebox_wire::api_error::ErrorBody;
use http::{Extensions, HeaderMap, HeaderValue, StatusCode, header};
use serde::de::DeserializeOwned;
use std::net::SocketAddr;

/// Larger bodies are refused; real ones are a few hundred bytes.
pub(crate) const BODY_LEN_MAX: usize = 16 * 1_024;

/// An error.
pub(crate) fn refusal(
    status: StatusCode,
    code: &str,
    message: String,
    parameters: Vec<String>,
) -> Response {
    let mut body = ErrorBody::new(code, message);
    body.error.parameters = parameters;
    private(status, Json(body))
}

/// An answer that nobody on the way may keep: it holds secrets, or is soon out of date.
pub(crate) fn private(status: StatusCode, body: impl IntoResponse) -> Response {
    let mut response = (status, body).into_response();
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, no_store);
    response
}

/// Who counts as one client.
pub(crate) fn client(extensions: &Extensions) -> String {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map_or(ClientKey::unknown(), |peer| ClientKey::of(peer.0.ip())).to_string()
}

/// A JSON object; no body is an object without fields.
pub(crate) fn parse<T: DeserializeOwned>(body: &Bytes) -> Result<T, Box<Response>> {
    let is_empty = body.iter().all(u8::is_ascii_whitespace);
    let text = if is_empty { b"{}" } else { body.as_ref() };
    serde_json::from_slice(text).map_err(|error| {
        let message = format!("The body must be a JSON object of the documented fields: {error}.");
        Box::new(refusal(StatusCode::BAD_REQUEST, "invalid_body", message, Vec::new()))
    })
}

/// The token of `Authorization: Bearer TOKEN`.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
