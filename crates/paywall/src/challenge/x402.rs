//! What a 402 offers by x402.

use super::Offers;
use crate::evm::EXTRA_NONCE;
use crate::paywall::Paywall;
use crate::problem::Problem;
use crate::request::Facts;
use crate::route::{PaidRoute, Protocol};
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
        if !route.is_offered_by(Protocol::X402) {
            return None;
        }
        let nonce = self.random_text()?;
        let accepts = offers.evm.iter().map(|offer| {
            let mut requirements = offer.rail.requirements(offer.units);
            let extra = requirements.extra.get_or_insert_default();
            extra.insert(EXTRA_NONCE.to_owned(), nonce.clone().into());
            requirements
        });
        let accepts: Vec<PaymentRequirements> = accepts.collect();
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
            error: Some(match problem {
                Problem::PaymentRequired => "payment is required".to_owned(),
                problem => problem.to_string(),
            }),
            resource: Some(resource),
            accepts,
            ..PaymentRequired::default()
        })
    }

    /// A text that is sent back with the payment, and is not on the chain: who shows it has seen
    /// this challenge.
    fn random_text(&self) -> Option<String> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).ok()?;
        Some(hex::encode(bytes))
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
