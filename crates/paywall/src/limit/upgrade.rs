//! Whether a request shows a payment for the upgrade.

use super::Upgrade;
use crate::admission::{Genuine, Refusal};
use crate::collection::Verdict;
use crate::problem::Problem;
use crate::redeem::joined;
use crate::request::Facts;
use crate::unavailable::Unavailable;
use farebox_limits::{Limits, Refused, Subject};
use http::request::Parts;
use http::{HeaderName, HeaderValue};

/// What a request shows.
pub(super) enum Shown {
    /// Nothing that can be read as a payment for the upgrade.
    Nothing,
    /// A payment that is good.
    Paid {
        /// Tells it from every other.
        payment: [u8; 32],
        /// Headers that say what was paid.
        receipt: Vec<(HeaderName, HeaderValue)>,
    },
    /// One that is not.
    Bad(Problem),
    /// One of which nobody can say it now: its holder must not be asked to pay again.
    Unknown(Unavailable),
    /// Too many of this client were no good: they are not looked at for a while.
    TooMany(Refused),
}

impl Upgrade {
    pub(super) async fn shown(&self, limits: &Limits, parts: &Parts) -> Shown {
        let shown = match self.paywall.genuine(&parts.headers) {
            None => return Shown::Nothing,
            Some(Err(problem)) => return Shown::Bad(problem),
            Some(Ok(shown)) => shown,
        };
        // Whether it is stopped or not: a payment that cannot be recorded now stays good.
        if self.paywall.is_stopped() {
            return Shown::Unknown(Unavailable::ReadOnly);
        }
        let facts = Facts::of(parts, None).server_wide();
        // Others than L402 may have to be looked up, at a chain for example.
        let (policy, client) = (limits.rules().credentials, Subject::Client(facts.client));
        if !shown.is_l402()
            && let Some(refused) = limits.is_used_up_here(policy, client)
        {
            return Shown::TooMany(refused);
        }
        match self.open(&facts, &shown).await {
            Ok((payment, receipt)) => Shown::Paid { payment, receipt },
            Err(Refusal::Unavailable(unavailable)) => Shown::Unknown(unavailable),
            Err(Refusal::Problem(problem)) => {
                if !shown.is_l402() {
                    let _ = limits.count_here(policy, client);
                }
                Shown::Bad(problem)
            }
        }
    }

    /// Verifies a payment and records, at its first use, what it bought.
    async fn open(
        &self,
        facts: &Facts,
        shown: &Genuine,
    ) -> Result<([u8; 32], Vec<(HeaderName, HeaderValue)>), Refusal> {
        let Self { paywall, route, price } = self;
        let verdict = paywall.verify_shown(route, facts, price, shown).await?;
        let payment = *verdict.usage.payment.key.as_bytes();
        let settled_as = self.record(verdict.clone()).await?;
        Ok((payment, verdict.collection.receipt(&settled_as, paywall.now())))
    }

    /// In a task of its own: a client that goes away must not leave its payment half recorded.
    async fn record(&self, verdict: Verdict) -> Result<String, Refusal> {
        let paywall = self.paywall.clone();
        let open = async move { paywall.open_subject(&verdict).await };
        joined(tokio::spawn(open).await)
    }
}
