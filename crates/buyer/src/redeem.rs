//! From proof of payment to the answer. Nothing here pays; the same credential is shown until
//! the answer is there.

use crate::BuyError;
use crate::PaymentId;
use crate::backoff::Backoff;
use crate::deliver::{Undelivered, deliver};
use crate::error::PaidFacts;
use crate::observer::Step;
use crate::outcome::{Answer, PaymentFacts};
use crate::printable::{printable, seller_words};
use crate::proof::lightning_proof;
use crate::request::{Outgoing, origin_of};
use crate::run::{Run, is_refusal};
use crate::sink::Sink;
use crate::spend::Charge;
use crate::store::{self, Payment, Purchase, Token};
use crate::transport::{Exchange, Proof};
use crate::unspent::{Left, is_unspent, retry_after, what_is_left};
use farebox_store::StoreError;
use farebox_wire::l402::TokenKind;
use farebox_wire::mpp::{PAYMENT_RECEIPT, Receipt};
use http::Method;
use std::time::Duration;
use tokio::time::Instant;
use url::Url;

pub(crate) const RETRY_FIRST: Duration = Duration::from_millis(500);
pub(crate) const RETRY_MAX: Duration = Duration::from_secs(15);
/// A seller whose node hears of the payment a moment later may refuse its proof at first.
const REFUSALS_MAX: u32 = 3;

/// What came of showing the proof once.
enum Attempt {
    Delivered(Box<Answer>),
    /// Worth another try after a while, the seller's own if it named one.
    Again {
        wait: Option<Duration>,
        error: BuyError,
    },
    Final(BuyError),
}

impl Run<'_> {
    /// Sends the paid request until it is answered, and hands the answer over.
    pub(crate) async fn redeem(
        &self,
        purchase: &Purchase,
        resumed: bool,
        sink: &mut dyn Sink,
    ) -> Result<Answer, BuyError> {
        let (Some(payment), Some(paid)) = (purchase.payment, purchase.paid_facts()) else {
            return Err(StoreError::Unreadable("a paid purchase without proof".to_owned()).into());
        };
        let deadline = Instant::now() + self.limits.answer_timeout;
        let mut backoff = Backoff::new(RETRY_FIRST, RETRY_MAX);
        let mut refusals = 0;
        let mut attempt = 1;
        loop {
            self.observer.step(&Step::Resending { attempt });
            let shown = self.show_proof(purchase, payment, paid, sink).await;
            let (wait, error) = match shown.map_err(|error| error.after(paid))? {
                Attempt::Delivered(mut answer) => {
                    answer.payment = Some(facts(purchase, payment, resumed));
                    return Ok(*answer);
                }
                Attempt::Again { wait, error } => (wait, error),
                Attempt::Final(error) => return Err(self.undelivered(purchase, error).await),
            };
            refusals += u32::from(matches!(error, BuyError::PaidButRefused { .. }));
            let wait = wait.unwrap_or_else(|| backoff.next());
            let left = deadline.saturating_duration_since(Instant::now());
            if refusals == REFUSALS_MAX || wait > left {
                return Err(self.undelivered(purchase, error).await);
            }
            let reason = &error.to_string();
            self.observer.step(&Step::ResendWaiting { reason, wait });
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    async fn show_proof(
        &self,
        purchase: &Purchase,
        payment: Payment,
        paid: PaidFacts,
        sink: &mut dyn Sink,
    ) -> Result<Attempt, BuyError> {
        let origin = &origin_of(&purchase.url);
        let header = &lightning_proof(purchase.scheme, &purchase.token, &payment.preimage)?;
        let proof = Proof::Own { origin, header };
        let transport = self.transport();
        let sent = transport.send(self.paid_request(&purchase.method, &purchase.url), proof).await;
        let mut exchange = match sent {
            Ok(exchange) => exchange,
            Err(BuyError::Network { reason, .. }) => {
                let error = BuyError::PaidAnswerLost { paid, reason };
                return Ok(Attempt::Again { wait: None, error });
            }
            Err(BuyError::Redirect(reason)) => {
                return Ok(Attempt::Final(BuyError::PaidAnswerLost { paid, reason }));
            }
            Err(error) => return Err(error),
        };
        let status = exchange.status();
        let is_answer = status.is_redirection() && !is_unspent(&exchange);
        if status.is_success() || is_answer {
            return self.hand_over(purchase, payment, paid, exchange, sink).await;
        }
        exchange.peek().await;
        match what_is_left(purchase, &exchange) {
            Some(left) => self.settle_for(left, purchase, payment, paid, exchange, sink).await,
            None => Ok(judge(&exchange, paid)),
        }
    }

    /// Hands over an error that the seller did not charge for, and keeps what was paid for it.
    async fn settle_for(
        &self,
        left: Left,
        purchase: &Purchase,
        payment: Payment,
        paid: PaidFacts,
        mut exchange: Exchange,
        sink: &mut dyn Sink,
    ) -> Result<Attempt, BuyError> {
        if let Left::Token = left {
            return self.hand_over(purchase, payment, paid, exchange, sink).await;
        }
        let len = match self.write_out(&mut exchange, paid, sink).await {
            Ok(len) => len,
            Err(attempt) => return Ok(attempt),
        };
        self.buyer.store.record_credit(purchase, self.answer(exchange.status().as_u16())).await?;
        let text = format!(
            "the seller did not charge for this: {} stay good for another {} of {}{}",
            purchase.amount,
            purchase.method,
            origin_of(&purchase.url),
            purchase.url.path()
        );
        self.observer.step(&Step::Warning(&text));
        Ok(Attempt::Delivered(Box::new(answer_of(exchange, len))))
    }

    /// The request as it was challenged, with the headers that may go there.
    pub(crate) fn paid_request(&self, method: &Method, url: &Url) -> Outgoing {
        let mut outgoing = self.request.to_outgoing();
        if outgoing.origin() != origin_of(url) {
            outgoing.drop_secrets();
        }
        if outgoing.method != *method {
            outgoing.drop_body();
        }
        outgoing.method = method.clone();
        outgoing.url = url.clone();
        outgoing
    }

    async fn hand_over(
        &self,
        purchase: &Purchase,
        payment: Payment,
        paid: PaidFacts,
        mut exchange: Exchange,
        sink: &mut dyn Sink,
    ) -> Result<Attempt, BuyError> {
        let len = match self.write_out(&mut exchange, paid, sink).await {
            Ok(len) => len,
            Err(attempt) => return Ok(attempt),
        };
        self.check_receipt(purchase, &exchange);
        let token = token_to_keep(purchase, payment);
        let store = &self.buyer.store;
        let answer = self.answer(exchange.status().as_u16());
        store.record_delivered(purchase, answer, token).await?;
        self.observer.step(&Step::Delivered);
        Ok(Attempt::Delivered(Box::new(answer_of(exchange, len))))
    }

    /// Warns of a receipt that is not of this payment.
    fn check_receipt(&self, purchase: &Purchase, exchange: &Exchange) {
        let Some(value) = exchange.response.headers().get(PAYMENT_RECEIPT) else { return };
        let receipt = value.to_str().ok().and_then(|value| Receipt::parse(value).ok());
        let hash = purchase.payment_hash.to_string();
        let warning = match receipt {
            None => "the seller's receipt cannot be read".to_owned(),
            Some(receipt) if receipt.reference.eq_ignore_ascii_case(&hash) => return,
            Some(receipt) => format!(
                "the seller's receipt names the payment {}, not {hash}",
                printable(&receipt.reference, 100)
            ),
        };
        self.observer.step(&Step::Warning(&warning));
    }

    /// Writes the whole body out, or says whether another try is worth it.
    async fn write_out(
        &self,
        exchange: &mut Exchange,
        paid: PaidFacts,
        sink: &mut dyn Sink,
    ) -> Result<u64, Attempt> {
        let len_max = self.limits.body_len_max;
        deliver(exchange, len_max, self.observer, sink).await.map_err(|why| {
            let again = matches!(why, Undelivered::Broken(_)) && sink.can_restart();
            let error = why.into_error(exchange.sent.origin(), Some(paid));
            if again { Attempt::Again { wait: None, error } } else { Attempt::Final(error) }
        })
    }

    pub(crate) fn answer(&self, status: u16) -> store::Answer {
        store::Answer { status, latency: self.begun.elapsed() }
    }

    /// Notes what the seller answered beside the purchase, which stays paid.
    async fn undelivered(&self, purchase: &Purchase, error: BuyError) -> BuyError {
        let (BuyError::PaidButRefused { status, said, .. }
        | BuyError::PaidNotDelivered { status, said, .. }) = &error
        else {
            return error;
        };
        let note = said.as_deref().unwrap_or_default();
        let noted = self.buyer.store.note_undelivered(purchase, self.answer(*status), note);
        if let Err(failure) = noted.await {
            // The payment is on record; what the seller said matters more than this.
            self.observer.step(&Step::Warning(&failure.to_string()));
        }
        error
    }
}

pub(crate) fn answer_of(exchange: Exchange, len: u64) -> Answer {
    Answer {
        headers: exchange.response.headers().clone(),
        status: exchange.status(),
        url: exchange.sent.url,
        len,
        payment: None,
    }
}

/// What an answer that is no delivery calls for.
fn judge(peeked: &Exchange, paid: PaidFacts) -> Attempt {
    let status = peeked.status();
    let said = Some(seller_words(&peeked.peeked)).filter(|said| !said.is_empty());
    if is_refusal(status) {
        let status = status.as_u16();
        let error = BuyError::PaidButRefused { paid, status, said };
        return Attempt::Again { wait: None, error };
    }
    let error = BuyError::PaidNotDelivered { paid, status: status.as_u16(), said };
    match retry_after(peeked) {
        Some(wait) => Attempt::Again { wait: Some(wait), error },
        None => Attempt::Final(error),
    }
}

fn facts(purchase: &Purchase, payment: Payment, resumed: bool) -> PaymentFacts {
    PaymentFacts {
        rail: purchase.scheme.rail(),
        scheme: purchase.scheme.name(),
        charge: Charge::Lightning(purchase.amount),
        fee: payment.fee,
        payment: PaymentId::Hash(purchase.payment_hash),
        transaction: None,
        resumed,
    }
}

/// The token, unless it is known to be good for nothing more. One of a make that says nothing
/// of its scope is worth a try at its whole origin.
fn token_to_keep(purchase: &Purchase, payment: Payment) -> Option<Token> {
    let scheme = purchase.scheme.of_token()?;
    let (origin_wide, expires_at) = match purchase.grant() {
        Some(grant) if grant.kind == TokenKind::OneShot || grant.body_sha256.is_some() => {
            return None;
        }
        Some(grant) => (grant.is_server_wide(), Some(grant.expires_at)),
        None => (true, None),
    };
    Some(Token {
        payment_hash: purchase.payment_hash,
        url: purchase.url.clone(),
        method: purchase.method.clone(),
        origin_wide,
        scheme,
        token: purchase.token.clone(),
        preimage: payment.preimage,
        expires_at,
    })
}
