//! Whether the facilitator that x402 requirements name answers.

use crate::validate::Validation;
use farebox_net::{GuardedClient, Limits, RedirectScope};
use farebox_wire::probe::health::facilitator_of;
use http::StatusCode;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use url::Url;

/// How long an answer counts, in seconds: many endpoints name the same facilitator.
const FRESH_S: i64 = 600;
/// Facilitators that are remembered.
const KNOWN_MAX: usize = 1_024;
/// What is read of the answer: that it is there is enough.
const LIMITS: Limits = Limits {
    body_len_max: 1_024,
    headers_len_max: 16 * 1_024,
    redirects_max: 2,
    redirect_scope: RedirectScope::SameOrigin,
    timeout: Duration::from_secs(5),
};

/// Which facilitators answered lately; cheap to clone, and the clones share what they know.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facilitators {
    known: Arc<Mutex<BTreeMap<String, (Timestamp, bool)>>>,
}

impl Facilitators {
    /// Whether the facilitator that the endpoint names answers; `None` where it names none.
    pub(crate) async fn of(
        &self,
        client: &GuardedClient,
        found: &Validation,
        now: Timestamp,
    ) -> Option<bool> {
        let probe = found.seen.as_ref().ok()?;
        let url = supported(&facilitator_of(&probe.answer)?)?;
        if let Some(known) = self.known(&url, now) {
            return Some(known);
        }
        let answered = client.get(&url, &LIMITS).await;
        let is_reachable = answered.is_ok_and(|answer| answer.status == StatusCode::OK);
        self.remember(&url, now, is_reachable);
        Some(is_reachable)
    }

    fn known(&self, url: &Url, now: Timestamp) -> Option<bool> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (asked_at, is_reachable) = known.get(url.as_str())?;
        let age_s = now.as_second().saturating_sub(asked_at.as_second());
        (0..FRESH_S).contains(&age_s).then_some(*is_reachable)
    }

    fn remember(&self, url: &Url, now: Timestamp, is_reachable: bool) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_MAX {
            let oldest = now.as_second().saturating_sub(FRESH_S);
            known.retain(|_, (asked_at, _)| asked_at.as_second() > oldest);
        }
        if known.len() < KNOWN_MAX {
            known.insert(url.as_str().to_owned(), (now, is_reachable));
        }
    }
}

/// What facilitators answer at (x402 version 2, section 7.3).
fn supported(facilitator: &str) -> Option<Url> {
    let mut url = Url::parse(facilitator).ok()?;
    url.set_query(None);
    url.set_fragment(None);
    url.path_segments_mut().ok()?.pop_if_empty().push("supported");
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn supported_stands_below_the_address() {
        for (named, asked) in [
            ("https://x402.org/facilitator", "https://x402.org/facilitator/supported"),
            ("https://x402.org/facilitator/", "https://x402.org/facilitator/supported"),
            ("https://pay.seller.dev?key=1#a", "https://pay.seller.dev/supported"),
        ] {
            assert_eq!(supported(named).unwrap().as_str(), asked);
        }
        assert_eq!(supported("mailto:a@b.c"), None);
    }

    #[test]
    fn what_is_known_counts_for_minutes_and_is_bounded() {
        let (facilitators, url) = (Facilitators::default(), Url::parse("https://a.dev/").unwrap());
        let at = |second| Timestamp::from_second(second).unwrap();
        facilitators.remember(&url, at(1_000), true);
        assert_eq!(facilitators.known(&url, at(1_000 + FRESH_S - 1)), Some(true));
        assert_eq!(facilitators.known(&url, at(1_000 + FRESH_S)), None);
        assert_eq!(facilitators.known(&url, at(999)), None, "the clock went back");
        for number in 0..2 * KNOWN_MAX {
            let url = Url::parse(&format!("https://a.dev/{number}")).unwrap();
            facilitators.remember(&url, at(1_001), false);
        }
        assert_eq!(facilitators.known.lock().unwrap().len(), KNOWN_MAX);
    }
}
