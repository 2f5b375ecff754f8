//! The two passwords.

use crate::data_dir::Passwords;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// Lets requests with either password through.
pub(super) async fn any_access(
    State(passwords): State<Arc<Passwords>>,
    request: Request,
    next: Next,
) -> Response {
    let sent = password(request.headers());
    if equal(sent.as_deref(), &passwords.full) | equal(sent.as_deref(), &passwords.limited) {
        return next.run(request).await;
    }
    unauthorized()
}

/// Lets requests with the full password through.
pub(super) async fn full_access(
    State(passwords): State<Arc<Passwords>>,
    request: Request,
    next: Next,
) -> Response {
    if equal(password(request.headers()).as_deref(), &passwords.full) {
        return next.run(request).await;
    }
    unauthorized()
}

/// Compares in a time that says nothing of where the two differ. No password is never right.
fn equal(sent: Option<&str>, right: &str) -> bool {
    sent.is_some_and(|sent| sent.as_bytes().ct_eq(right.as_bytes()).into())
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
    let text = "Invalid authentication (use basic auth with the http password of this node)";
    let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"farebox-node\"")];
    (StatusCode::UNAUTHORIZED, challenge, text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(value: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        password(&headers)
    }

    #[test]
    fn only_a_basic_password_counts() {
        let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
        assert_eq!(sent(&basic(":a:b")).as_deref(), Some("a:b"));
        assert_eq!(sent(&basic("user:a")).as_deref(), Some("a"));
        for wrong in [basic(":"), basic("a"), "Basic %".into(), "Bearer a".into(), "Basic".into()] {
            assert_eq!(sent(&wrong), None, "{wrong}");
        }
        assert!(!equal(None, "") && !equal(Some("a"), "ab") && equal(Some("ab"), "ab"));
    }
}
