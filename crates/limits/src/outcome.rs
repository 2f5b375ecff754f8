//! What became of an attempt to take something, and how it is told over HTTP.

use crate::Policy;
use farebox_wire::api_error::ErrorBody;
use http::{HeaderMap, HeaderName, HeaderValue, header};

/// The limits that a request is counted against
/// (<https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/>).
pub const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// What is left of them.
pub const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is within the limit, and counted.
    Taken(Taken),
    /// It is not, and nothing is counted.
    Refused(Refused),
}

/// It is within the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The limit.
    pub policy: Policy,
    /// What is left of it.
    pub remaining: u32,
    /// When more of it is free again, in seconds.
    pub reset_s: u64,
}

/// It is beyond the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The limit.
    pub policy: Policy,
    /// When to come back, in seconds.
    pub retry_after_s: u64,
}

impl Outcome {
    /// Says it in headers.
    pub fn add_headers(&self, headers: &mut HeaderMap) {
        let (policy, remaining, reset_s) = match self {
            Self::Taken(taken) => (taken.policy, taken.remaining, taken.reset_s),
            Self::Refused(refused) => {
                headers.insert(header::RETRY_AFTER, refused.retry_after_s.into());
                (refused.policy, 0, refused.retry_after_s)
            }
        };
        let Policy { name, limit, window_s } = policy;
        let limits = format!("\"{name}\";q={limit};w={window_s}");
        let left = format!("\"{name}\";r={remaining};t={reset_s}");
        for (name, value) in [(RATE_LIMIT_POLICY, limits), (RATE_LIMIT, left)] {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.append(name, value);
            }
        }
    }
}

impl Refused {
    /// The body of a 429.
    #[must_use]
    pub fn body(&self) -> ErrorBody {
        let Policy { name, limit, window_s } = self.policy;
        let text = format!(
            "More than {limit} in {window_s} seconds ({name}). Wait {} seconds, then send the \
             request again.",
            self.retry_after_s
        );
        ErrorBody::new("rate_limited", text)
    }

    /// The headers of a 429.
    #[must_use]
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        Outcome::Refused(*self).add_headers(&mut headers);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers
    }
}

/// Milliseconds as the seconds that a client is told to wait: rounded up, and never none.
pub(crate) fn wait_s(wait_ms: u64) -> u64 {
    wait_ms.div_ceil(1_000).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headers_are_those_of_the_draft() {
        let policy = Policy::per_minute("free", 100);
        let mut headers = HeaderMap::new();
        Outcome::Taken(Taken { policy, remaining: 57, reset_s: 34 }).add_headers(&mut headers);
        assert_eq!(headers[RATE_LIMIT_POLICY], "\"free\";q=100;w=60");
        assert_eq!(headers[RATE_LIMIT], "\"free\";r=57;t=34");
        assert!(!headers.contains_key(header::RETRY_AFTER));
        let refused = Refused { policy, retry_after_s: 9 }.headers();
        assert_eq!(refused[RATE_LIMIT], "\"free\";r=0;t=9");
        assert_eq!(refused[header::RETRY_AFTER], "9");
    }

    #[test]
    fn nobody_is_told_to_come_back_too_early() {
        assert_eq!([0, 1, 1_000, 1_001].map(wait_s), [1, 1, 1, 2]);
    }
}
