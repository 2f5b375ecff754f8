//! The 402 answer: one offer on every rail that the server is paid on.

mod body;
mod lightning;
mod page;
mod payment;
mod x402;

use crate::amount::Amount;
use crate::browser;
use crate::evm::{self, EvmRail};
use crate::paywall::Paywall;
use crate::problem::Problem;
use crate::request::Facts;
use crate::route::{PaidRoute, Protocol};
use crate::unavailable::{Unavailable, X_SHOULD_RETRY};
use axum::response::{IntoResponse, Response};
use farebox_wire::evm::U256;
use farebox_wire::l402::challenge_header;
use farebox_wire::mpp;
use farebox_wire::mpp::methods::stripe::StripeCharge;
use farebox_wire::mpp::methods::tempo::TempoCharge;
use farebox_wire::x402::PAYMENT_REQUIRED;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
pub(crate) use lightning::LightningOffer;
pub(crate) use payment::BOUND_TO;

/// The token for a longer path would pass our own limits, and those of others.
const PATH_LEN_MAX: usize = 2_048;

const X_LIGHTNING_INVOICE: HeaderName = HeaderName::from_static("x-lightning-invoice");
const X_PAYMENT_HASH: HeaderName = HeaderName::from_static("x-payment-hash");
const X_PRICE_SATS: HeaderName = HeaderName::from_static("x-price-sats");
const X_TOPUP_URL: HeaderName = HeaderName::from_static("x-topup-url");

/// A price in units of a token.
pub(crate) struct EvmOffer<'a> {
    pub rail: &'a EvmRail,
    pub units: U256,
}

/// What is offered for one request.
pub(crate) struct Offers<'a> {
    pub lightning: Option<LightningOffer>,
    pub evm: Vec<EvmOffer<'a>>,
    pub tempo: Vec<TempoCharge>,
    pub stripe: Option<StripeCharge>,
    /// MPP, in the order in which they are sent.
    pub payment: Vec<mpp::Challenge>,
}

impl Offers<'_> {
    /// What is offered by L402.
    fn l402(&self, route: &PaidRoute) -> Option<&LightningOffer> {
        self.lightning.as_ref().filter(|_| route.is_offered_by(Protocol::L402))
    }

    /// Whether there is nothing but Lightning.
    fn is_empty(&self) -> bool {
        self.evm.is_empty() && self.tempo.is_empty() && self.stripe.is_none()
    }
}

impl Paywall {
    /// Answers 402 with a fresh challenge for this request.
    pub(crate) async fn challenge(
        &self,
        route: &PaidRoute,
        facts: &Facts,
        price: &Amount,
        problem: &Problem,
    ) -> Response {
        let challenge = self.try_challenge(route, facts, price, problem).await;
        let unavailable = |error| browser::unavailable(facts.wants_page(), error);
        challenge.unwrap_or_else(unavailable)
    }

    /// The same, for those who have another answer when nothing can be offered.
    pub(crate) async fn try_challenge(
        &self,
        route: &PaidRoute,
        facts: &Facts,
        price: &Amount,
        problem: &Problem,
    ) -> Result<Response, Unavailable> {
        if facts.path.len() > PATH_LEN_MAX {
            return Err(Unavailable::PathTooLong);
        }
        let offers = self.offers(route, facts, price).await?;
        self.count_challenge();
        Ok(self.render(route, facts, price, &offers, problem))
    }

    /// What is offered. One rail that is out of order does not close the others.
    async fn offers(
        &self,
        route: &PaidRoute,
        facts: &Facts,
        price: &Amount,
    ) -> Result<Offers<'_>, Unavailable> {
        let needs_invoice =
            route.is_offered_by(Protocol::L402) || route.is_offered_by(Protocol::Mpp);
        let lightning = match needs_invoice {
            true => self.lightning_offer(route, facts, price).await,
            false => Ok(None),
        };
        let (rails, usd) = (self.rails(), self.usd_asked(price));
        let evm = rails
            .evm
            .iter()
            .filter_map(|rail| Some(EvmOffer { rail, units: evm::units(rail.decimals, usd?)? }));
        let evm: Vec<_> = evm.collect();
        let tempo = rails
            .tempo
            .iter()
            .filter_map(|rail| Some(rail.charge(evm::units(rail.decimals, usd?)?)));
        let stripe = rails.stripe.as_ref().and_then(|rail| rail.charge(usd?));
        let mut offers =
            Offers { lightning: None, evm, tempo: tempo.collect(), stripe, payment: Vec::new() };
        match lightning {
            Err(unavailable) if offers.is_empty() => return Err(unavailable),
            lightning => offers.lightning = lightning.ok().flatten(),
        }
        offers.payment = self.payment_challenges(route, facts, &offers)?;
        // A price in satoshis that nobody can say in dollars at this moment.
        if offers.lightning.is_none() && offers.is_empty() {
            return Err(Unavailable::Rate);
        }
        Ok(offers)
    }

    fn render(
        &self,
        route: &PaidRoute,
        facts: &Facts,
        price: &Amount,
        offers: &Offers<'_>,
        problem: &Problem,
    ) -> Response {
        let mut headers = HeaderMap::new();
        let mut add = |name: HeaderName, value: String| {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.append(name, value);
            }
        };
        let payment = offers.payment.iter().filter_map(|challenge| challenge.render().ok());
        let mut payment: Vec<String> = payment.collect();
        if let Some(LightningOffer { token, invoice, quote, .. }) = offers.l402(route) {
            // First, and in one line with the others: some clients look at the first line only,
            // and scripts cut the token out of the one line that they expect.
            payment.insert(0, challenge_header(token, &invoice.bolt11));
            payment = vec![payment.join(", ")];
            add(X_LIGHTNING_INVOICE, invoice.bolt11.clone());
            add(X_PAYMENT_HASH, invoice.payment_hash.to_string());
            add(X_PRICE_SATS, quote.sats.get().to_string());
        }
        for line in payment {
            add(header::WWW_AUTHENTICATE, line);
        }
        let x402 = self.x402_required(route, facts, offers, problem);
        if let Some(required) = &x402 {
            add(HeaderName::from_static(PAYMENT_REQUIRED), required.to_header());
        }
        add(header::CACHE_CONTROL, "no-store".to_owned());
        // Official AI SDKs obey it; a 402 without payment stays a 402.
        add(X_SHOULD_RETRY, "false".to_owned());
        // A balance pays for a request, and not for what is good for all of them.
        if self.accounts().is_some() && !facts.is_server_wide {
            add(X_TOPUP_URL, "/api/v1/topup".to_owned());
        }
        let body = match facts.page_visitor() {
            Some(visitor) => {
                let session = offers.lightning.as_ref().and_then(|offer| offer.session.as_ref());
                let session = session.map(|(held, token)| (held, token.as_str()));
                for cookie in visitor.set_cookies(session, self.now()) {
                    add(header::SET_COOKIE, cookie);
                }
                self.page(route, facts, visitor, price, offers, problem)
            }
            None => body::of(route, facts, offers, x402.as_ref(), problem),
        };
        let mut response = (StatusCode::PAYMENT_REQUIRED, body).into_response();
        response.headers_mut().extend(headers);
        response
    }
}
