//! The two passwords.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt;
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// The passwords of one API.
#[derive(Clone)]
pub struct ApiPasswords {
    /// May do everything.
    pub full: String,
    /// May do everything but pay: for sellers.
    pub limited: String,
}

impl fmt::Debug for ApiPasswords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiPasswords(hidden)")
    }
}

/// Lets requests with either password through.
pub(super) async fn any_access(
    State(passwords): State<Arc<ApiPasswords>>,
    request: Request,
    next: Next,
) -> Response {
    let sent = password(request.headers());
    if equal(&sent, &passwords.full) | equal(&sent, &passwords.limited) {
        return next.run(request).await;
    }
    unauthorized()
}

/// Lets requests with the full password through.
pub(super) async fn full_access(
    State(passwords): State<Arc<ApiPasswords>>,
    request: Request,
    next: Next,
) -> Response {
    if equal(&password(request.headers()), &passwords.full) {
        return next.run(request).await;
    }
    unauthorized()
}

/// Compares in a time that says nothing of where the two differ. No password is never right.
fn equal(sent: &Option<String>, right: &str) -> bool {
    sent.as_ref().is_some_and(|sent| sent.as_bytes().ct_eq(right.as_bytes()).into())
}

/// The password of HTTP Basic authentication (RFC 7617), whatever the user name.
fn password(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (_user, password) = decoded.split_once(':')?;
    (!password.is_empty()).then(|| password.to_owned())
}

fn unauthorized() -> Response {
    let text = "Invalid authentication (use basic auth with the http password set in phoenix.conf)";
    let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"phoenixd\"")];
    (StatusCode::UNAUTHORIZED, challenge, text).into_response()
}
