//! What a request would cost, without paying.

use crate::error::BuyError;
use crate::offer::Offer;
use crate::outcome::{Objection, Outcome, Price, Quote};
use crate::policy::{self, Limits, Refusal};
use crate::request::Outgoing;
use crate::rules::Decision;
use crate::run::{Found, Run};
use crate::sink::Sink;
use crate::store::{Purchase, PurchaseState, now_s};
use crate::transport::{Exchange, Proof};

impl Run<'_> {
    /// Sends the request and writes whatever comes, a 402 included.
    pub(crate) async fn look(&self, sink: &mut dyn Sink) -> Result<Outcome, BuyError> {
        let output = |source| BuyError::Output { source, paid: None };
        sink.prepare().await.map_err(output)?;
        let fingerprint = self.request.fingerprint();
        let unfinished = self.buyer.store.unfinished(fingerprint).await?;
        match self.ask(Proof::Cached, true).await? {
            Found::Answer(exchange) => Ok(Outcome::Answered(self.pass_on(exchange, sink).await?)),
            Found::NoOffer(_, exchange) => {
                Ok(Outcome::Answered(self.pass_on(exchange, sink).await?))
            }
            Found::Offers(offers, exchange) => {
                // Whoever does not want to pay needs no wallet.
                let offer = offers.best(None, now_s());
                let price = price_of(&offer, self.beyond_limits(&offer));
                let mut quote = quote_of(&exchange, Some(price));
                quote.unfinished = unfinished.map(|purchase| purchase.state);
                self.pass_on(exchange, sink).await?;
                Ok(Outcome::Quoted(quote))
            }
        }
    }

    /// Sends the request to learn its price; its answer is dropped. An unfinished purchase is
    /// told of instead: sending its request could use up what was paid for.
    pub(crate) async fn quote(&self) -> Result<Quote, BuyError> {
        let fingerprint = self.request.fingerprint();
        if let Some(purchase) = self.buyer.store.unfinished(fingerprint).await? {
            return Ok(quote_of_unfinished(purchase));
        }
        if let Some(credit) = self.buyer.store.credit_for(&self.request.to_outgoing()).await? {
            return Ok(quote_of_unfinished(credit));
        }
        match self.ask(Proof::Cached, false).await? {
            Found::Answer(exchange) => Ok(quote_of(&exchange, None)),
            Found::NoOffer(why, exchange) => Err(why.into_error(exchange.sent.origin())),
            Found::Offers(offers, exchange) => {
                let offer = self.choose(*offers).await?;
                let price = self.price(&offer, &exchange.sent).await?;
                Ok(quote_of(&exchange, Some(price)))
            }
        }
    }

    /// Decides as a real get would, with the wallet where there is one. Nothing is reserved, and
    /// neither a human nor the policy's hook is asked.
    async fn price(&self, offer: &Offer, sent: &Outgoing) -> Result<Price, BuyError> {
        let mut price = price_of(offer, self.beyond_limits(offer));
        let (None, Some(amount)) = (price.refusal, offer.invoice.amount) else {
            return Ok(price);
        };
        let spend = self.spend_of(offer, sent, amount);
        if let Some(wallet) = &self.buyer.wallet {
            let info = wallet.payer.info().await.map_err(BuyError::Wallet)?;
            let limits = Limits { fee_max: spend.fee_max, ..*self.limits };
            let worst_fee = wallet.payer.worst_fee(amount);
            price.refusal =
                policy::check_wallet(&offer.invoice, amount, &info, worst_fee, &limits).err();
        }
        let authority = self.authority(spend).await?;
        price.objection = match self.buyer.store.preview(authority).await? {
            Decision::Allow => None,
            Decision::Deny(denial) => Some(Objection::Denied(denial)),
            Decision::Ask(reason) => Some(Objection::Asks(reason)),
        };
        Ok(price)
    }

    fn beyond_limits(&self, offer: &Offer) -> Option<Refusal> {
        policy::check_invoice(&offer.invoice, self.limits, now_s()).err()
    }
}

fn price_of(offer: &Offer, refusal: Option<Refusal>) -> Price {
    Price {
        scheme: offer.scheme,
        amount: offer.invoice.amount,
        payment_hash: offer.invoice.payment_hash,
        refusal,
        objection: None,
    }
}

fn quote_of(exchange: &Exchange, price: Option<Price>) -> Quote {
    Quote {
        url: exchange.sent.url.clone(),
        status: Some(exchange.response.status()),
        has_cached_token: exchange.token.is_some(),
        price,
        unfinished: None,
    }
}

fn quote_of_unfinished(purchase: Purchase) -> Quote {
    let to_pay = purchase.state == PurchaseState::Intended;
    let price = to_pay.then_some(Price {
        scheme: purchase.scheme,
        amount: Some(purchase.amount),
        payment_hash: purchase.payment_hash,
        refusal: None,
        objection: None,
    });
    Quote {
        url: purchase.url,
        status: None,
        has_cached_token: false,
        price,
        unfinished: Some(purchase.state),
    }
}
