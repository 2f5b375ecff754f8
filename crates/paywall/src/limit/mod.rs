//! How many requests a client may send in a minute, and more for those who pay.
//!
//! A request is counted against the free limit of its client's address. With a payment of any
//! rail for the upgrade, it is counted against the paid limit of the address and that of the
//! payment instead: a payment that is shown from many addresses is good for as many requests as
//! from one, and an address that holds many payments sends no more than with one.

mod answer;
mod layer;
mod upgrade;

pub use layer::RateLimitService;

use crate::amount::Amount;
use crate::paywall::Paywall;
use crate::route::PaidRoute;
use farebox_limits::Limits;
use std::sync::Arc;

/// The limit on requests, as a tower layer; cheap to clone.
#[derive(Clone)]
pub struct RateLimit(Arc<Inner>);

struct Inner {
    limits: Limits,
    is_exempt: fn(&str) -> bool,
    upgrade: Option<Upgrade>,
}

/// What those who pay get.
struct Upgrade {
    paywall: Paywall,
    route: PaidRoute,
    price: Amount,
}

impl RateLimit {
    /// Refuses what is beyond the free limit with 429. Requests to a path of which `is_exempt`
    /// are not counted, and neither are the questions that browsers ask by themselves (OPTIONS).
    #[must_use]
    pub fn new(limits: Limits, is_exempt: fn(&str) -> bool) -> Self {
        Self(Arc::new(Inner { limits, is_exempt, upgrade: None }))
    }

    /// Sells the paid limit for `lifetime_s` seconds: what is beyond the free limit is refused
    /// with 402 and an offer on every rail of the paywall.
    #[must_use]
    pub fn selling(self, paywall: Paywall, price: impl Into<Amount>, lifetime_s: u64) -> Self {
        let price = price.into();
        let paid = self.0.limits.rules().paid.limit;
        let text = format!("Up to {paid} requests a minute for a time");
        let route = PaidRoute::time_bounded("rate_limit", price.clone(), lifetime_s, &text);
        let upgrade = Some(Upgrade { paywall, route, price });
        let Inner { limits, is_exempt, .. } = &*self.0;
        Self(Arc::new(Inner { limits: limits.clone(), is_exempt: *is_exempt, upgrade }))
    }
}
