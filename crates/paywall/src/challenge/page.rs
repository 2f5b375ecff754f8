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
use farebox_wire::l402::TokenKind;

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
            terms: terms(route),
            is_watched: visitor.is_watched(route, self.now()),
        })
    }

    fn about_in_dollars(&self, amount: Msat) -> Option<String> {
        let rate = self.rails().rates.as_ref()?.current(self.now()).ok()?;
        Some(format!("about ${}", rate.to_usd_nearest(amount)?))
    }
}

fn terms(route: &PaidRoute) -> String {
    let minutes = route.token_lifetime_s / 60;
    match route.kind {
        TokenKind::OneShot => "One payment buys one answer.".to_owned(),
        TokenKind::TimeBounded if minutes <= 1 => "One payment buys a minute.".to_owned(),
        TokenKind::TimeBounded => format!("One payment buys {minutes} minutes."),
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
