//! The body of a 402 for a person: a page.

use super::Offers;
use crate::amount::Amount;
use crate::browser::{Invoice, Page, Visitor, page};
use crate::paywall::Paywall;
use crate::problem::Problem;
use crate::request::Facts;
use crate::route::PaidRoute;
use axum::response::Response;
use farebox_money::Msat;
use farebox_wire::evm::{Network, to_decimal};

impl Paywall {
    /// The page for this request.
    pub(super) fn page(
        &self,
        route: &PaidRoute,
        facts: &Facts,
        visitor: &Visitor,
        price: &Amount,
        offers: &Offers<'_>,
        problem: &Problem,
    ) -> Response {
        let site = self.rails().site.as_ref();
        let seller = site.map(|site| site.realm.as_str()).or(visitor.host.as_deref());
        let url = match (site, &visitor.host) {
            (None, Some(host)) => format!("http://{host}{}", self.url_of(facts)),
            _ => self.url_of(facts),
        };
        let lightning = offers.lightning.as_ref();
        let in_sats = lightning.map(|offer| offer.quote.sats.to_string());
        let in_dollars = match lightning.map(|offer| (offer.grant.price_usd, offer.grant.amount)) {
            Some((Some(usd), _)) => Some(format!("${usd}")),
            Some((None, amount)) => self.about_in_dollars(amount),
            None => self.usd_asked(price).map(|usd| format!("${usd}")),
        };
        let mut prices = in_sats.into_iter().chain(in_dollars);
        let (asked, beside) = (prices.next(), prices.next());
        let is_new = *problem == Problem::PaymentRequired;
        page(&Page {
            seller,
            description: &route.description,
            price: asked.unwrap_or_else(|| "A payment".to_owned()),
            price_beside: beside,
            problem: (!is_new).then(|| problem.to_string()),
            lightning: lightning.map(|offer| Invoice {
                invoice: &offer.invoice,
                token: &offer.token,
                expires_in: offer.expires_in,
            }),
            others: &others(offers),
            url: &url,
            is_watched: visitor.is_watched(route, self.now()),
        })
    }

    fn about_in_dollars(&self, amount: Msat) -> Option<String> {
        let rate = self.rails().rates.as_ref()?.current(self.now()).ok()?;
        Some(format!("about ${}", rate.to_usd_nearest(amount)?))
    }
}

/// What is offered beside Lightning, for people.
fn others(offers: &Offers<'_>) -> Vec<String> {
    let evm = offers.evm.iter().map(|offer| {
        let (rail, chain) = (offer.rail, offer.rail.chain());
        let amount = to_decimal(offer.units, rail.decimals);
        let network = Network::Evm(chain).v1_name().map(str::to_owned);
        let network = network.unwrap_or_else(|| format!("eip155:{}", chain.get()));
        format!("{amount} {} on {network}, by x402 or MPP", rail.token.name)
    });
    let tempo = offers.tempo.iter().map(|_| "Dollars on Tempo, by MPP".to_owned());
    let stripe = offers.stripe.iter().map(|_| "A card through Stripe, by MPP".to_owned());
    evm.chain(tempo).chain(stripe).collect()
}
