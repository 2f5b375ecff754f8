//! What a request would cost, without paying.

use crate::PaymentId;
use crate::error::BuyError;
use crate::offer::{LightningOffer, Offer, Wish};
use crate::outcome::{Mode, Objection, Outcome, Price, Quote};
use crate::policy::{self, Limits, Refusal};
use crate::request::Outgoing;
use crate::rules::Decision;
use crate::run::{Found, Run};
use crate::sink::Sink;
use crate::spend::{Charge, Spend};
use crate::store::{Purchase, PurchaseState, Transfer, TransferState, now_s};
use crate::transport::{Exchange, Proof};
use farebox_money::Msat;

impl Run<'_> {
    /// Sends the request and writes whatever comes, a 402 included.
    pub(crate) async fn look(&self, sink: &mut dyn Sink) -> Result<Outcome, BuyError> {
        let output = |source| BuyError::Output { source, paid: None };
        sink.prepare().await.map_err(output)?;
        let fingerprint = self.request.fingerprint();
        let store = &self.buyer.store;
        let purchase = store.unfinished(fingerprint).await?.map(|purchase| purchase.state);
        let transfer = store.unfinished_transfer(fingerprint).await?;
        let unfinished = purchase.or_else(|| transfer.map(|transfer| transfer.state.into()));
        match self.ask(Proof::Cached, Mode::NoPay).await? {
            Found::Answer(exchange) => Ok(Outcome::Answered(self.pass_on(exchange, sink).await?)),
            Found::NoOffer(_, exchange) => {
                Ok(Outcome::Answered(self.pass_on(exchange, sink).await?))
            }
            Found::Offers(offers, exchange) => {
                // Whoever does not want to pay needs no wallet.
                let wish = Wish { only: self.limits.only, first: self.limits.prefer, ..Wish::ANY };
                let prices = self.prices(&offers.in_order(&wish, now_s())).await;
                let mut quote = quote_of(&exchange, prices.first().cloned());
                quote.offers = prices;
                quote.unfinished = unfinished;
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
        if let Some(transfer) = self.buyer.store.unfinished_transfer(fingerprint).await? {
            return Ok(quote_of_transfer(&transfer));
        }
        if let Some(credit) = self.buyer.store.credit_for(&self.request.to_outgoing()).await? {
            return Ok(quote_of_unfinished(credit));
        }
        match self.ask(Proof::Cached, Mode::DryRun).await? {
            Found::Answer(exchange) => Ok(quote_of(&exchange, None)),
            Found::NoOffer(why, exchange) => Err(why.into_error(exchange.sent.origin())),
            Found::Offers(offers, exchange) => {
                let all = self.in_order((*offers).clone()).await?;
                let offer = self.choose(*offers, &exchange.sent).await?;
                let price = self.price(&offer, &exchange.sent).await?;
                let mut quote = quote_of(&exchange, Some(price));
                quote.offers = self.prices(&all).await;
                Ok(quote)
            }
        }
    }

    /// What each offer asks for. Two that are paid by one invoice are one price.
    async fn prices(&self, offers: &[Offer]) -> Vec<Price> {
        let mut prices: Vec<Price> = Vec::new();
        for offer in offers {
            let price = price_of(offer, self.beyond_limits(offer).await);
            let is_same = |own: &&mut Price| own.payment.is_some() && own.payment == price.payment;
            match prices.iter_mut().find(is_same) {
                Some(same) => same.schemes.extend(price.schemes),
                None => prices.push(price),
            }
        }
        prices
    }

    /// Decides as a real get would, with the wallet where there is one. Nothing is reserved, and
    /// neither a human nor the policy's hook is asked.
    async fn price(&self, offer: &Offer, sent: &Outgoing) -> Result<Price, BuyError> {
        let mut price = price_of(offer, self.beyond_limits(offer).await);
        let (None, Some(charge)) = (price.refusal, offer.charge()) else {
            return Ok(price);
        };
        let spend = match (offer, charge) {
            (Offer::Lightning(offer), Charge::Lightning(amount)) => {
                let spend = self.spend_of(offer, sent, amount);
                price.refusal = self.beyond_wallet(offer, &spend, amount).await?;
                spend
            }
            (Offer::Transfer(offer), charge) => {
                self.transfer_spend(offer, sent, charge, String::new())
            }
            (Offer::Lightning(_), Charge::Token { .. }) => return Ok(price),
        };
        let authority = self.authority(spend).await?;
        price.objection = match self.buyer.store.preview(authority).await? {
            Decision::Allow => None,
            Decision::Deny(denial) => Some(Objection::Denied(denial)),
            Decision::Ask(reason) => Some(Objection::Asks(reason)),
        };
        Ok(price)
    }

    async fn beyond_limits(&self, offer: &Offer) -> Option<Refusal> {
        match offer {
            Offer::Lightning(offer) => offer.check(self.limits, now_s()).err(),
            Offer::Transfer(offer) => self.check_transfer(offer).await.err(),
        }
    }

    async fn beyond_wallet(
        &self,
        offer: &LightningOffer,
        spend: &Spend,
        amount: Msat,
    ) -> Result<Option<Refusal>, BuyError> {
        let Some(wallet) = &self.buyer.wallet else { return Ok(None) };
        let info = wallet.payer.info().await.map_err(BuyError::Wallet)?;
        let limits = Limits { fee_max: spend.fee_max, ..*self.limits };
        let worst_fee = wallet.payer.worst_fee(amount);
        Ok(policy::check_wallet(&offer.invoice, amount, &info, worst_fee, &limits).err())
    }
}

fn price_of(offer: &Offer, refusal: Option<Refusal>) -> Price {
    Price {
        rail: offer.rail(),
        schemes: vec![offer.scheme()],
        charge: offer.charge(),
        payee: offer.payee(),
        payment: offer.payment(),
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
        offers: Vec::new(),
        unfinished: None,
    }
}

fn quote_of_transfer(transfer: &Transfer) -> Quote {
    let price = Price {
        rail: transfer.rail(),
        schemes: vec![transfer.scheme()],
        charge: Some(transfer.charge.clone()),
        payee: transfer.payee.clone(),
        payment: Some(transfer.payment()),
        refusal: None,
        objection: None,
    };
    Quote {
        url: transfer.url.clone(),
        status: None,
        has_cached_token: false,
        price: (transfer.state == TransferState::Signed).then_some(price),
        offers: Vec::new(),
        unfinished: Some(transfer.state.into()),
    }
}

fn quote_of_unfinished(purchase: Purchase) -> Quote {
    let to_pay = purchase.state == PurchaseState::Intended;
    let price = to_pay.then_some(Price {
        rail: purchase.scheme.rail(),
        schemes: vec![purchase.scheme.name()],
        charge: Some(Charge::Lightning(purchase.amount)),
        payee: String::new(),
        payment: Some(PaymentId::Hash(purchase.payment_hash)),
        refusal: None,
        objection: None,
    });
    Quote {
        url: purchase.url,
        status: None,
        has_cached_token: false,
        price,
        offers: Vec::new(),
        unfinished: Some(purchase.state),
    }
}
