//! Who is the admin.

use crate::Directory;
use crate::api::answer::refusal;
use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use utoipa_axum::router::OpenApiRouter;

/// Characters of the secret at least.
const SECRET_LEN_MIN: usize = 16;

/// The admin's secret, as its hash.
#[derive(Clone, Copy)]
pub struct AdminSecret([u8; 32]);

impl AdminSecret {
    /// Takes a secret; `None` when it is too short to be one.
    #[must_use]
    pub fn new(secret: &str) -> Option<Self> {
        let secret = secret.trim();
        (secret.chars().count() >= SECRET_LEN_MIN).then(|| Self(Sha256::digest(secret).into()))
    }

    /// Whether a request brings it, as `Authorization: Bearer SECRET`.
    fn is_in(&self, headers: &HeaderMap) -> bool {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return false;
        };
        let Some((scheme, shown)) = value.to_str().ok().and_then(|text| text.split_once(' '))
        else {
            return false;
        };
        let shown: [u8; 32] = Sha256::digest(shown.trim()).into();
        scheme.eq_ignore_ascii_case("bearer") && bool::from(shown.ct_eq(&self.0))
    }
}

/// The directory in its operator's hands.
#[derive(Clone)]
pub struct Admin {
    pub(crate) directory: Directory,
    pub(crate) secret: AdminSecret,
}

impl Admin {
    /// The directory, for whoever knows the secret.
    #[must_use]
    pub const fn new(directory: Directory, secret: AdminSecret) -> Self {
        Self { directory, secret }
    }

    fn check(&self, headers: &HeaderMap) -> Result<(), Box<Response>> {
        if self.secret.is_in(headers) {
            return Ok(());
        }
        let message = "This needs the admin's secret: Authorization: Bearer SECRET.";
        let mut response = refusal(StatusCode::UNAUTHORIZED, "unauthorized", message);
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        Err(Box::new(response))
    }
}

/// Proof that a request is the admin's: a handler that takes it is answered 401 without.
pub(crate) struct IsAdmin;

impl FromRequestParts<Admin> for IsAdmin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, admin: &Admin) -> Result<Self, Response> {
        admin.check(&parts.headers).map(|()| Self).map_err(|refused| *refused)
    }
}

/// The same routes, for whoever brings the admin's secret.
pub fn only_admin(router: OpenApiRouter, admin: &Admin) -> OpenApiRouter {
    router.layer(from_fn_with_state(admin.clone(), check))
}

async fn check(State(admin): State<Admin>, request: Request, next: Next) -> Response {
    match admin.check(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refused) => *refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_secret_in_the_right_form_is_taken() {
        let secret = AdminSecret::new("0123456789abcdef\n").unwrap();
        assert!(AdminSecret::new("short").is_none());
        let with = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(AUTHORIZATION, value.parse().unwrap());
            }
            secret.is_in(&headers)
        };
        assert!(with(&["Bearer 0123456789abcdef"]));
        assert!(with(&["bearer 0123456789abcdef"]));
        for wrong in ["Bearer 0123456789abcde", "Basic 0123456789abcdef", "0123456789abcdef", ""] {
            assert!(!with(&[wrong]), "{wrong}");
        }
        assert!(!with(&["Bearer 0123456789abcdef", "Bearer x"]), "which of the two?");
        assert!(!with(&[]));
    }
}
