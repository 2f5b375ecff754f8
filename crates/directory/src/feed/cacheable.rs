//! Documents that clients keep and ask for again.

use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use jiff::Timestamp;
use jiff::fmt::rfc2822::{DateTimeParser, DateTimePrinter};
use sha2::{Digest, Sha256};

/// Bytes of the hash in an entity tag.
const TAG_LEN: usize = 16;

/// A document that clients may keep, and ask for again by its tag or its date (RFC 9110, 13).
pub struct Cacheable {
    /// Its media type.
    pub content_type: &'static str,
    /// The document.
    pub body: Bytes,
    /// How long it may be used without asking again, in seconds.
    pub max_age_s: u32,
    /// When what it shows last changed, where that is known.
    pub last_modified: Option<Timestamp>,
}

impl Cacheable {
    /// 200 with the document, or 304 when `request` shows that its sender has it already.
    #[must_use]
    pub fn answer(self, request: &HeaderMap) -> Response {
        let hash = Sha256::digest(&self.body);
        let tag = format!("\"{}\"", hex::encode(hash.get(..TAG_LEN).unwrap_or_default()));
        let is_known = is_known(request, &tag, self.last_modified);
        let headers = self.headers(&tag);
        if is_known {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        let content_type = HeaderValue::from_static(self.content_type);
        (headers, [(CONTENT_TYPE, content_type)], self.body).into_response()
    }

    fn headers(&self, tag: &str) -> HeaderMap {
        let max_age = format!("public, max-age={}", self.max_age_s);
        let date = self.last_modified.and_then(http_date);
        let values: [(HeaderName, Option<String>); 4] = [
            (ETAG, Some(tag.to_owned())),
            (CACHE_CONTROL, Some(max_age)),
            (X_CONTENT_TYPE_OPTIONS, Some("nosniff".to_owned())),
            (LAST_MODIFIED, date),
        ];
        let values = values
            .into_iter()
            .filter_map(|(name, value)| Some((name, HeaderValue::try_from(value?).ok()?)));
        values.collect()
    }
}

/// Whether the sender has what bears this tag; a date counts only where no tag is shown.
fn is_known(request: &HeaderMap, tag: &str, last_modified: Option<Timestamp>) -> bool {
    if request.contains_key(IF_NONE_MATCH) {
        let shown = request.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        let mut shown = shown.flat_map(|value| value.split(',')).map(str::trim);
        return shown.any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag);
    }
    let since = request.get(IF_MODIFIED_SINCE).and_then(|value| value.to_str().ok());
    let since = since.and_then(|since| DateTimeParser::new().parse_timestamp(since).ok());
    match (since, last_modified) {
        (Some(since), Some(last_modified)) => last_modified.as_second() <= since.as_second(),
        _ => false,
    }
}

fn http_date(at: Timestamp) -> Option<String> {
    DateTimePrinter::new().timestamp_to_rfc9110_string(&at).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(name: HeaderName, value: &str) -> StatusCode {
        let document = || Cacheable {
            content_type: "text/plain",
            body: Bytes::from_static(b"text"),
            max_age_s: 60,
            last_modified: Timestamp::from_millisecond(1_700_000_000_500).ok(),
        };
        let tag = document().answer(&HeaderMap::new()).headers()[ETAG].clone();
        let value = value.replace("TAG", tag.to_str().unwrap());
        let mut request = HeaderMap::new();
        request.insert(name, HeaderValue::from_str(&value).unwrap());
        document().answer(&request).status()
    }

    #[test]
    fn what_the_sender_has_is_not_sent_again() {
        for shown in ["TAG", "W/TAG", "\"x\", TAG", "*"] {
            assert_eq!(status(IF_NONE_MATCH, shown), StatusCode::NOT_MODIFIED, "{shown}");
        }
        let since = "Tue, 14 Nov 2023 22:13:20 GMT";
        assert_eq!(status(IF_MODIFIED_SINCE, since), StatusCode::NOT_MODIFIED);
    }

    #[test]
    fn what_changed_is_sent() {
        for shown in ["\"x\"", "", "TAGx"] {
            assert_eq!(status(IF_NONE_MATCH, shown), StatusCode::OK, "{shown}");
        }
        for since in ["Tue, 14 Nov 2023 22:13:19 GMT", "yesterday"] {
            assert_eq!(status(IF_MODIFIED_SINCE, since), StatusCode::OK, "{since}");
        }
    }
}
