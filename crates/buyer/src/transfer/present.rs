//! From a signed payment to the answer: the very same header is shown until there is one.

use super::judge::{Verdict, judge};
use super::settlement::{self, Settlement};
use crate::BuyError;
use crate::backoff::Backoff;
use crate::deliver::{Undelivered, deliver};
use crate::observer::Step;
use crate::outcome::Answer;
use crate::printable::seller_words;
use crate::redeem::{RETRY_FIRST, RETRY_MAX, answer_of};
use crate::request::origin_of;
use crate::run::Run;
use crate::sink::Sink;
use crate::store::{Transfer, TransferState};
use crate::transport::{Exchange, Proof};
use crate::unspent::retry_after;
use std::time::Duration;
use tokio::time::Instant;

/// So often is the payment shown to a seller that fails or asks for another one.
const FAILURES_MAX: u32 = 3;

/// What came of showing the payment once.
enum Attempt {
    Delivered(Box<Answer>),
    /// Worth another try after a while, the seller's own if it named one.
    Again {
        wait: Option<Duration>,
        is_failure: bool,
        error: BuyError,
    },
    Final(BuyError),
}

impl Run<'_> {
    /// Shows a payment until it is answered, and hands the answer over.
    pub(crate) async fn present(
        &self,
        transfer: &mut Transfer,
        resumed: bool,
        sink: &mut dyn Sink,
    ) -> Result<Answer, BuyError> {
        let deadline = Instant::now() + self.limits.answer_timeout;
        let mut backoff = Backoff::new(RETRY_FIRST, RETRY_MAX);
        let (mut failures, mut attempt) = (0, 1);
        loop {
            self.observer.step(&Step::Resending { attempt });
            let (wait, error) = match self.show(transfer, sink).await? {
                Attempt::Delivered(mut answer) => {
                    answer.payment = Some(transfer.payment_facts(resumed));
                    return Ok(*answer);
                }
                Attempt::Again { wait, is_failure, error } => {
                    failures += u32::from(is_failure);
                    (wait, error)
                }
                Attempt::Final(error) => return Err(self.not_delivered(transfer, error).await?),
            };
            let wait = wait.unwrap_or_else(|| backoff.next());
            let left = deadline.saturating_duration_since(Instant::now());
            if failures == FAILURES_MAX || wait > left {
                return Err(self.not_delivered(transfer, error).await?);
            }
            let reason = &error.to_string();
            self.observer.step(&Step::ResendWaiting { reason, wait });
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    async fn show(
        &self,
        transfer: &mut Transfer,
        sink: &mut dyn Sink,
    ) -> Result<Attempt, BuyError> {
        let origin = &origin_of(&transfer.url);
        let proof = Proof::Own { origin, header: &transfer.header };
        let request = self.paid_request(&transfer.method, &transfer.url);
        let sent = self.transport().send(request, proof).await;
        let mut exchange = match sent {
            Ok(exchange) => exchange,
            Err(BuyError::Network { reason, .. }) => {
                let error = BuyError::TransferAnswerLost { facts: transfer.facts(), reason };
                return Ok(Attempt::Again { wait: None, is_failure: false, error });
            }
            Err(BuyError::Redirect(reason)) => {
                let facts = transfer.facts();
                return Ok(Attempt::Final(BuyError::TransferAnswerLost { facts, reason }));
            }
            Err(error) => return Err(error),
        };
        let settlement = settlement::read(exchange.response.headers(), transfer);
        self.take_note(&settlement, transfer).await?;
        if exchange.status().is_success() || exchange.status().is_redirection() {
            return self.hand_over_transfer(transfer, exchange, sink).await;
        }
        exchange.peek().await;
        self.judged(transfer, &exchange, &settlement).await
    }

    /// Warns of what a receipt gets wrong, and writes down that the money moved where it says so:
    /// from then on no other payment is signed for this request by itself.
    async fn take_note(
        &self,
        settlement: &Settlement,
        transfer: &mut Transfer,
    ) -> Result<(), BuyError> {
        for lie in &settlement.lies {
            self.observer.step(&Step::Warning(lie));
        }
        if settlement.is_settled == Some(true) && transfer.state == TransferState::Signed {
            let note = "settled, by the seller's receipt";
            self.settled(transfer, settlement.transaction.clone(), note).await?;
        }
        Ok(())
    }

    /// Writes down that the money moved.
    pub(super) async fn settled(
        &self,
        transfer: &mut Transfer,
        transaction: Option<String>,
        note: &str,
    ) -> Result<(), BuyError> {
        self.buyer.store.record_settled(transfer, transaction.clone(), note).await?;
        transfer.state = TransferState::Settled;
        transfer.transaction = transaction.or_else(|| transfer.transaction.take());
        self.observer.step(&Step::TransferSettled {
            charge: &transfer.charge,
            payment: transfer.payment(),
            transaction: transfer.transaction.as_deref(),
        });
        Ok(())
    }

    async fn judged(
        &self,
        transfer: &mut Transfer,
        exchange: &Exchange,
        settlement: &Settlement,
    ) -> Result<Attempt, BuyError> {
        let status = exchange.status();
        let headers = exchange.response.headers();
        let verdict = judge(status, headers, &exchange.peeked, settlement);
        if verdict == Verdict::Used && transfer.state == TransferState::Signed {
            self.settled(transfer, None, "used before, as the seller says").await?;
        }
        let said = settlement.code.clone();
        let said = said.or_else(|| Some(seller_words(&exchange.peeked)));
        let said = said.filter(|said| !said.is_empty());
        let facts = transfer.facts();
        let status = status.as_u16();
        let refused = |said| BuyError::TransferRefused { facts: facts.clone(), status, said };
        let failed = |said| BuyError::TransferNotDelivered { facts: facts.clone(), status, said };
        let wait = retry_after(exchange);
        Ok(match verdict {
            Verdict::NotReady if [402, 401].contains(&status) => {
                Attempt::Again { wait, is_failure: false, error: refused(said) }
            }
            Verdict::NotReady => Attempt::Again { wait, is_failure: false, error: failed(said) },
            Verdict::Failed => {
                Attempt::Again { wait, is_failure: wait.is_none(), error: failed(said) }
            }
            Verdict::AskedAgain => Attempt::Again { wait, is_failure: true, error: refused(said) },
            Verdict::Refused | Verdict::Used => Attempt::Final(refused(said)),
            Verdict::Error | Verdict::Delivered => Attempt::Final(failed(said)),
        })
    }

    async fn hand_over_transfer(
        &self,
        transfer: &mut Transfer,
        mut exchange: Exchange,
        sink: &mut dyn Sink,
    ) -> Result<Attempt, BuyError> {
        let len_max = self.limits.body_len_max;
        let len = match deliver(&mut exchange, len_max, self.observer, sink).await {
            Ok(len) => len,
            Err(Undelivered::Broken(reason)) => {
                let error = BuyError::TransferAnswerLost { facts: transfer.facts(), reason };
                return Ok(if sink.can_restart() {
                    Attempt::Again { wait: None, is_failure: false, error }
                } else {
                    Attempt::Final(error)
                });
            }
            Err(why) => return Ok(Attempt::Final(why.into_error(exchange.sent.origin(), None))),
        };
        let answer = self.answer(exchange.status().as_u16());
        let store = &self.buyer.store;
        store.record_transfer_delivered(transfer, transfer.transaction.clone(), answer).await?;
        transfer.state = TransferState::Delivered;
        self.observer.step(&Step::Delivered);
        Ok(Attempt::Delivered(Box::new(answer_of(exchange, len))))
    }

    /// Notes what the seller answered beside the payment, whose state stays, and finds out from
    /// the chain where it can whether the money moved.
    async fn not_delivered(
        &self,
        transfer: &mut Transfer,
        error: BuyError,
    ) -> Result<BuyError, BuyError> {
        let (BuyError::TransferRefused { status, said, .. }
        | BuyError::TransferNotDelivered { status, said, .. }) = &error
        else {
            return Ok(error);
        };
        let note = said.as_deref().unwrap_or_default();
        self.buyer.store.note_transfer(transfer, self.answer(*status), note).await?;
        if transfer.state == TransferState::Signed && self.has_moved(transfer).await {
            self.settled(transfer, None, "settled, by the chain's word").await?;
        }
        Ok(error.with_facts(transfer.facts()))
    }
}

impl BuyError {
    /// With what is known of the payment now.
    fn with_facts(mut self, now: Box<crate::TransferFacts>) -> Self {
        match &mut self {
            Self::TransferRefused { facts, .. }
            | Self::TransferNotDelivered { facts, .. }
            | Self::TransferAnswerLost { facts, .. } => *facts = now,
            _ => {}
        }
        self
    }
}
