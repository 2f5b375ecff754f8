//! Where a redirect leads, and what may go there.

use crate::BuyError;
use crate::printable::printable;
use crate::request::Outgoing;
use http::header::LOCATION;
use http::{HeaderMap, Method, StatusCode};
use url::Url;

/// The request that follows `sent`, or `None` when the answer is no redirect. Whatever may tell
/// a secret stays at the first origin; `with_credential` says that a token went along, which is
/// never a header of `sent` itself.
///
/// # Errors
/// When it leads from `https` to `http` while secrets went along, or to no web address.
pub(crate) fn next_request(
    sent: &Outgoing,
    with_credential: bool,
    status: StatusCode,
    headers: &HeaderMap,
) -> Result<Option<Outgoing>, BuyError> {
    let Some(to) = target(sent, status, headers)? else {
        return Ok(None);
    };
    let mut next = sent.clone();
    next.url = to;
    if becomes_get(&sent.method, status) {
        next.method = Method::GET;
        next.drop_body();
    }
    let downgrade = sent.url.scheme() == "https" && next.url.scheme() == "http";
    if downgrade && (with_credential || sent.has_secrets()) {
        let from = sent.origin();
        return Err(BuyError::Redirect(format!(
            "{from} redirects to the unencrypted {}; not followed, because secrets went along",
            next.origin()
        )));
    }
    if next.origin() != sent.origin() {
        next.drop_secrets();
    }
    Ok(Some(next))
}

fn target(
    sent: &Outgoing,
    status: StatusCode,
    headers: &HeaderMap,
) -> Result<Option<Url>, BuyError> {
    let redirects = [301, 302, 303, 307, 308];
    let location = headers.get(LOCATION);
    let Some(location) = location.filter(|_| redirects.contains(&status.as_u16())) else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(location.as_bytes());
    let joined = sent.url.join(text.trim());
    let web = |url: &Url| matches!(url.scheme(), "http" | "https");
    let Some(mut url) = joined.ok().filter(web) else {
        return Err(BuyError::Redirect(format!(
            "{} redirects to {:?}, which is no web address",
            sent.origin(),
            printable(&text, 200)
        )));
    };
    url.set_fragment(None);
    // Another's idea of who we are is not ours. Neither fails for an address with a host.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    Ok(Some(url))
}

/// As browsers and curl do it: 303 fetches the result, 301 and 302 do so after a POST.
fn becomes_get(method: &Method, status: StatusCode) -> bool {
    match status {
        StatusCode::SEE_OTHER => *method != Method::HEAD,
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => *method == Method::POST,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Request;
    use http::HeaderValue;

    fn sent(method: Method, url: &str) -> Outgoing {
        let request = Request::new(method, url).unwrap().with_body("{}");
        let request = request.with_header("Content-Type", "application/json").unwrap();
        let request = request.with_header("Authorization", "Bearer x").unwrap();
        request.with_header("X-Token", "secret").unwrap().to_outgoing()
    }

    fn follow(sent: &Outgoing, status: u16, to: &str) -> Result<Option<Outgoing>, BuyError> {
        let status = StatusCode::from_u16(status).unwrap();
        let headers = HeaderMap::from_iter([(LOCATION, HeaderValue::from_str(to).unwrap())]);
        next_request(sent, false, status, &headers)
    }

    #[test]
    fn methods_change_as_in_curl() {
        for (method, status, becomes) in [
            (Method::POST, 301, Method::GET),
            (Method::POST, 302, Method::GET),
            (Method::POST, 303, Method::GET),
            (Method::POST, 307, Method::POST),
            (Method::POST, 308, Method::POST),
            (Method::PUT, 302, Method::PUT),
            (Method::PUT, 303, Method::GET),
            (Method::HEAD, 303, Method::HEAD),
        ] {
            let next = follow(&sent(method.clone(), "https://a.example/x"), status, "/y");
            let next = next.unwrap().unwrap();
            assert_eq!(next.method, becomes, "{method} {status}");
            assert_eq!(next.url.as_str(), "https://a.example/y");
            let keeps_body = next.method == method;
            assert_eq!(!next.body.is_empty(), keeps_body, "{method} {status}");
            assert_eq!(next.headers.contains_key("content-type"), keeps_body);
        }
    }

    #[test]
    fn secrets_stay_at_their_origin() {
        let sent = sent(Method::GET, "https://a.example/x");
        for other in ["https://b.example/", "https://a.example:8443/", "//b.example/x"] {
            let next = follow(&sent, 307, other).unwrap().unwrap();
            assert!(!next.has_secrets(), "{other}: {:?}", next.headers);
            assert!(next.headers.contains_key("content-type"));
        }
        let same = follow(&sent, 307, "/y?z").unwrap().unwrap();
        assert_eq!(same.headers, sent.headers);
        let named = follow(&sent, 307, "https://u:p@a.example/").unwrap().unwrap();
        assert_eq!(named.url.as_str(), "https://a.example/");
    }

    #[test]
    fn secrets_do_not_lose_their_encryption() {
        let with = sent(Method::GET, "https://a.example/x");
        assert!(matches!(follow(&with, 302, "http://a.example/"), Err(BuyError::Redirect(_))));
        let mut without = with.clone();
        without.drop_secrets();
        assert!(follow(&without, 302, "http://a.example/").unwrap().is_some());
        let to = HeaderMap::from_iter([(LOCATION, HeaderValue::from_static("http://a.example/"))]);
        let refused = next_request(&without, true, StatusCode::FOUND, &to);
        assert!(matches!(refused, Err(BuyError::Redirect(_))));
    }

    #[test]
    fn only_web_addresses_are_followed() {
        let sent = sent(Method::GET, "http://a.example/x");
        for to in ["file:///etc/passwd", "http://", "javascript:1"] {
            assert!(matches!(follow(&sent, 302, to), Err(BuyError::Redirect(_))), "{to}");
        }
        assert!(follow(&sent, 200, "/y").unwrap().is_none());
        assert!(follow(&sent, 304, "/y").unwrap().is_none());
    }
}
