//! One get, from the lock to the answer.

use crate::attempt::Tried;
use crate::buyer::Buyer;
use crate::claim::Offered;
use crate::deliver::deliver;
use crate::error::PaidFacts;
use crate::lock::Held;
use crate::observer::{Observer, Step};
use crate::offer::{NoOffer, Offers};
use crate::outcome::{Answer, Mode};
use crate::sink::Sink;
use crate::store::{Purchase, PurchaseState, now_s};
use crate::transport::{Exchange, Proof, Transport};
use crate::{BuyError, Limits, Request};
use farebox_money::Msat;
use http::StatusCode;
use std::time::Duration;
use tokio::time::Instant;

/// How soon another invoice is asked for when one belongs to another purchase.
const TAKEN_RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// Payments of others that are looked up at most before the budget is said to be used up.
const LOOK_UPS_MAX: usize = 20;

/// What one call of [`Buyer::get`] works with.
pub(crate) struct Run<'a> {
    pub(crate) buyer: &'a Buyer,
    pub(crate) request: &'a Request,
    pub(crate) limits: &'a Limits,
    pub(crate) observer: &'a dyn Observer,
    pub(crate) begun: std::time::Instant,
}

/// What the first part of a get found.
pub(crate) enum Found {
    /// An answer without a price.
    Answer(Box<Exchange>),
    /// A price or several, and the answer that named them.
    Offers(Box<Offers>, Box<Exchange>),
    /// A 402 that cannot be answered.
    NoOffer(NoOffer, Box<Exchange>),
}

impl Run<'_> {
    /// Finishes what was begun, or buys.
    pub(crate) async fn buy(&self, again: bool, sink: &mut dyn Sink) -> Result<Answer, BuyError> {
        let output = |source| BuyError::Output { source, paid: None };
        sink.prepare().await.map_err(output)?;
        let fingerprint = self.request.fingerprint();
        let waiting = || self.observer.step(&Step::LockWaiting);
        let name = fingerprint.to_string();
        let lock = self.buyer.locks.acquire(&name, waiting);
        let lock = lock.await.map_err(BuyError::Lock)?;
        if let Some(purchase) = self.buyer.store.unfinished(fingerprint).await? {
            let payment_hash = purchase.payment_hash;
            if let Some(paid) = self.resume(purchase, again).await? {
                return self.redeem(&paid, true, sink).await;
            }
            self.observer.step(&Step::Ended { payment_hash });
        }
        if let Some(transfer) = self.buyer.store.unfinished_transfer(fingerprint).await? {
            let payment = transfer.payment();
            if let Some(answer) = self.resume_transfer(transfer, again, sink).await? {
                return Ok(answer);
            }
            self.observer.step(&Step::TransferEnded { payment });
        }
        let outgoing = self.request.to_outgoing();
        if let Some(credit) = self.buyer.store.claim_credit(fingerprint, &outgoing).await? {
            self.observer.step(&resuming(&credit));
            return self.redeem(&credit, true, sink).await;
        }
        self.buy_new(lock, sink).await
    }

    /// Brings an earlier purchase to `paid`, or ends it and returns `None`.
    async fn resume(&self, purchase: Purchase, again: bool) -> Result<Option<Purchase>, BuyError> {
        self.observer.step(&resuming(&purchase));
        let purchase = if purchase.state == PurchaseState::Paid {
            Some(purchase)
        } else {
            match self.resume_payment(purchase.clone(), again).await {
                Err(BuyError::FalsePreimage { .. }) if again => {
                    let note = "the wallet showed a false proof; given up on its user's word";
                    self.buyer.store.abandon(&purchase, note).await?;
                    return Ok(None);
                }
                resumed => resumed?,
            }
        };
        match purchase {
            Some(paid) if again => {
                let note = "paid, given up on its user's word";
                self.buyer.store.abandon(&paid, note).await?;
                Ok(None)
            }
            purchase => Ok(purchase),
        }
    }

    /// Buys under the lock of this request, which is held as long as there is a purchase to finish.
    async fn buy_new(&self, lock: Held, sink: &mut dyn Sink) -> Result<Answer, BuyError> {
        let mut deadline = Instant::now() + self.limits.payment_timeout;
        let mut proof = Proof::Cached;
        let (mut approved, mut reconciled) = (None, false);
        loop {
            let offered = match approved.take() {
                Some(offered) => offered,
                None => match self.ask(proof, Mode::Pay).await? {
                    Found::Answer(exchange) => {
                        // Nobody has to wait for the end of an answer that is not paid for.
                        drop(lock);
                        return self.pass_on(exchange, sink).await;
                    }
                    Found::NoOffer(why, exchange) => {
                        return Err(self.no_offer(why, exchange, sink).await);
                    }
                    Found::Offers(offers, exchange) => {
                        let offer = self.choose(*offers, &exchange.sent).await?;
                        Offered { offer, sent: exchange.sent }
                    }
                },
            };
            match self.attempt(&offered, sink).await? {
                Tried::Answered(answer) => return Ok(*answer),
                Tried::Taken(_) if Instant::now() + TAKEN_RETRY_INTERVAL < deadline => {
                    self.observer.step(&Step::InvoiceTaken);
                    tokio::time::sleep(TAKEN_RETRY_INTERVAL).await;
                }
                Tried::Taken(payment) => return Err(BuyError::InvoiceInUse(payment)),
                Tried::Denied(denial) if reconciled || !denial.is_about_the_past() => {
                    return Err(BuyError::Denied(denial));
                }
                Tried::Denied(denial) => {
                    reconciled = true;
                    // What a process that died has left reserved may be free.
                    if !self.buyer.reconcile(LOOK_UPS_MAX).await?.changed_anything() {
                        return Err(BuyError::Denied(denial));
                    }
                    approved = Some(offered);
                }
                Tried::Waiting(parked) => {
                    self.wait_for_approval(&parked).await?;
                    deadline = Instant::now() + self.limits.payment_timeout;
                    // What was approved is bought, if the seller still takes the payment.
                    approved = offered.offer.is_open(now_s()).then_some(offered);
                }
            }
            proof = Proof::Nothing;
        }
    }

    pub(crate) fn transport(&self) -> Transport<'_> {
        Transport {
            client: &self.buyer.client,
            store: &self.buyer.store,
            observer: self.observer,
            limits: self.limits,
        }
    }

    /// Sends the request. A cached token that is refused is set aside, where `learn` allows to
    /// write that down, and the request is sent without it when the refusal names no price.
    pub(crate) async fn ask(&self, proof: Proof<'_>, mode: Mode) -> Result<Found, BuyError> {
        let transport = self.transport();
        let mut exchange = transport.send(self.outgoing(mode), proof).await?;
        if is_refusal(exchange.status())
            && let Some(token) = exchange.token.take()
        {
            self.observer.step(&Step::TokenRefused);
            if mode != Mode::DryRun {
                self.buyer.store.token_refused(&token).await?;
            }
            exchange.peek().await;
            if !self.names_price(&exchange) {
                let bare = self.outgoing(mode);
                exchange = transport.send(bare, Proof::Nothing).await?;
            }
            exchange.token = Some(token);
        }
        Ok(self.read_answer(exchange).await)
    }

    fn names_price(&self, peeked: &Exchange) -> bool {
        peeked.status() == StatusCode::PAYMENT_REQUIRED && self.read_offers(peeked).is_ok()
    }

    async fn read_answer(&self, mut exchange: Exchange) -> Found {
        if exchange.status() != StatusCode::PAYMENT_REQUIRED {
            return Found::Answer(Box::new(exchange));
        }
        exchange.peek().await;
        self.observer.step(&Step::PriceRead { body: &exchange.peeked });
        match self.read_offers(&exchange) {
            Ok(offers) => Found::Offers(Box::new(offers), Box::new(exchange)),
            Err(why) => Found::NoOffer(why, Box::new(exchange)),
        }
    }

    fn read_offers(&self, peeked: &Exchange) -> Result<Offers, NoOffer> {
        let headers = peeked.response.headers();
        let tokens = &self.buyer.policy.tokens;
        Offers::read(headers, &peeked.peeked, &peeked.sent, tokens, now_s())
    }

    /// An answer that nothing was paid for.
    pub(crate) async fn pass_on(
        &self,
        mut exchange: Box<Exchange>,
        sink: &mut dyn Sink,
    ) -> Result<Answer, BuyError> {
        let len_max = self.limits.body_len_max;
        let len = deliver(&mut exchange, len_max, self.observer, sink).await;
        let len = len.map_err(|why| why.into_error(exchange.sent.origin(), None))?;
        Ok(Answer {
            status: exchange.response.status(),
            headers: exchange.response.headers().clone(),
            url: exchange.sent.url,
            len,
            payment: None,
        })
    }

    /// What to tell of a 402 that cannot be answered. Its body is the answer where there is
    /// nothing else that this client understands.
    async fn no_offer(
        &self,
        why: NoOffer,
        exchange: Box<Exchange>,
        sink: &mut dyn Sink,
    ) -> BuyError {
        let place = exchange.sent.origin();
        if let NoOffer::OtherRails(_) = why
            && let Err(error) = self.pass_on(exchange, sink).await
        {
            return error;
        }
        why.into_error(place)
    }
}

impl NoOffer {
    pub(crate) fn into_error(self, place: String) -> BuyError {
        match self {
            Self::OtherRails(offered) => BuyError::NoUsableChallenge { place, offered },
            Self::UnusableToken => BuyError::BadOffer(format!(
                "{place}: the token offered cannot be used: it is too long or does not fit into \
                 a header"
            )),
            Self::Useless(why) => BuyError::BadOffer(format!("{place}: {why}")),
            Self::Invoice(error) => BuyError::BadOffer(format!("{place}: {error}")),
            Self::ForeignToken { token, invoice } => BuyError::BadOffer(format!(
                "the token of {place} is for payment {token} but its invoice asks for {invoice}: \
                 paying it could not redeem the token"
            )),
        }
    }
}

impl Purchase {
    /// The payment for messages; `None` before it was made.
    pub(crate) fn paid_facts(&self) -> Option<PaidFacts> {
        self.payment.map(|payment| PaidFacts {
            amount: self.amount,
            fee: payment.fee,
            payment_hash: self.payment_hash,
            paid_at: payment.paid_at,
        })
    }
}

fn resuming(purchase: &Purchase) -> Step<'static> {
    Step::Resuming {
        state: purchase.state,
        amount: purchase.amount,
        fee: purchase.payment.map_or(Msat::ZERO, |payment| payment.fee),
        payment_hash: purchase.payment_hash,
    }
}

/// Whether an answer says that a proof of payment is not good for it.
pub(crate) const fn is_refusal(status: StatusCode) -> bool {
    matches!(status, StatusCode::PAYMENT_REQUIRED | StatusCode::UNAUTHORIZED)
}
