//! Where a redirect leads, and whether it is followed.

use super::url_rules::place;
use super::{GuardError, RedirectScope};
use http::header::LOCATION;
use http::{HeaderMap, Method, StatusCode};
use url::Url;

/// Whether the redirects of a request are followed at all: only those of one that asks for
/// something and carries nothing.
pub(super) fn is_followable(method: &Method, has_body: bool) -> bool {
    matches!(*method, Method::GET | Method::HEAD) && !has_body
}

/// Where an answer redirects to; `None` when it is no redirect. The target has not been judged
/// by the rules of a first request yet.
///
/// # Errors
/// When it leads where this request's redirects may not.
pub(super) fn target(
    from: &Url,
    status: StatusCode,
    headers: &HeaderMap,
    scope: RedirectScope,
) -> Result<Option<Url>, GuardError> {
    let is_redirect = matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308);
    let Some(location) = headers.get(LOCATION).filter(|_| is_redirect) else {
        return Ok(None);
    };
    let refused = |reason| GuardError::Redirect { place: place(from), reason };
    let text = location.to_str().map_err(|_| refused("it is not in ASCII"))?;
    let mut to = from.join(text.trim()).map_err(|_| refused("it is no URL"))?;
    to.set_fragment(None);
    if from.scheme() == "https" && to.scheme() == "http" {
        return Err(refused("it gives up encryption"));
    }
    if scope == RedirectScope::SameOrigin && from.origin() != to.origin() {
        return Err(refused("it leaves the origin"));
    }
    Ok(Some(to))
}
