//! What a 402 offers by x402.

use super::Offers;
use crate::paywall::Paywall;
use crate::problem::Problem;
use crate::request::Facts;
use crate::route::PaidRoute;
use farebox_wire::x402::{PaymentRequired, PaymentRequirements, ResourceInfo, VersionTag};

impl Paywall {
    /// The challenge of version 2, where there is a chain to be paid on.
    pub(super) fn x402_required(
        &self,
        route: &PaidRoute,
        facts: &Facts,
        offers: &Offers<'_>,
        problem: &Problem,
    ) -> Option<PaymentRequired> {
        let accepts: Vec<PaymentRequirements> =
            offers.evm.iter().map(|offer| offer.rail.requirements(offer.units)).collect();
        if accepts.is_empty() {
            return None;
        }
        let resource = ResourceInfo {
            url: self.url_of(facts),
            description: Some(route.description.clone()),
            ..ResourceInfo::default()
        };
        Some(PaymentRequired {
            x402_version: VersionTag,
            error: Some(problem.to_string()),
            resource: Some(resource),
            accepts,
            ..PaymentRequired::default()
        })
    }

    /// The request's URL as others know it.
    pub(crate) fn url_of(&self, facts: &Facts) -> String {
        let site = self.rails().site.as_ref();
        let base = site.map(|site| site.url.as_str()).unwrap_or_default();
        match &facts.query {
            Some(query) => format!("{base}{}?{query}", facts.path),
            None => format!("{base}{}", facts.path),
        }
    }
}
