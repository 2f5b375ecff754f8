//! A payment is reserved, sent, and waited for.

use super::Engine;
use super::checks::{check_alone, check_on_chain, check_terms};
use super::payment::{Failure, Payment, PaymentId, Settlement, Terms};
use super::refusal::Refusal;
use super::rows::{self, Row, State};
use farebox_evm::{B256, NotSent, Order, Sender};
use farebox_store::{StoreError, Transaction, lease};
use farebox_wire::evm::transfer_with_authorization_call;
use std::time::Duration;
use tokio::time::Instant;

/// Nobody else takes a reserved payment up before this.
const RESERVED_MS: i64 = 90_000;
/// Another process may be at the payment: the store is asked again after this.
const LOOK_PERIOD: Duration = Duration::from_millis(250);

impl Engine {
    /// Settles a payment. The same payment again brings the stored outcome, or waits for the one
    /// that is on its way. Goes on also when the caller goes away.
    ///
    /// # Errors
    /// [`Refusal`]: certainly nothing was sent for it. Everything else is a [`Settlement`].
    pub async fn settle(&self, payment: &Payment, terms: &Terms) -> Result<Settlement, Refusal> {
        match self.bring_to_end(payment, terms).await? {
            Settlement::Settled { transaction, .. } => {
                Ok(self.tell(payment.id(), transaction).await)
            }
            other => Ok(other),
        }
    }

    /// Of all callers, one is the first to be told.
    async fn tell(&self, id: PaymentId, transaction: B256) -> Settlement {
        match self.0.store.write(move |store| rows::tell(store, id)).await {
            Ok(is_first) => Settlement::Settled { transaction, is_repeat: !is_first },
            Err(error) => unreadable(&error),
        }
    }

    async fn bring_to_end(&self, payment: &Payment, terms: &Terms) -> Result<Settlement, Refusal> {
        let until = Instant::now() + self.0.options.settle_wait;
        let id = payment.id();
        match self.find(id).await {
            Ok(None) => {}
            Ok(Some((row, newest))) => return self.join(row, newest, payment, terms, until).await,
            // It may have been sent before.
            Err(error) => return Ok(unreadable(&error)),
        }
        let domain = check_alone(payment, terms, &self.0.options, (self.0.clock)())?;
        self.check_chain().await?;
        let sender = self.sender()?;
        let found =
            check_on_chain(&self.0.rpc, payment, domain, sender.address(), &self.0.options).await?;
        let row = Row {
            id,
            payment: payment.clone(),
            gas_limit: found.gas_limit,
            begun_block: found.block,
            state: State::Reserved,
            owner: self.0.instance.id().to_owned(),
            next_check_ms: 0,
            checks: 0,
        };
        // After an error the row may be there all the same.
        if !matches!(self.reserve(row.clone()).await, Ok(true)) {
            return match self.find(id).await {
                Ok(Some((row, newest))) => self.join(row, newest, payment, terms, until).await,
                Ok(None) => Err(given_up()),
                Err(error) => Ok(unreadable(&error)),
            };
        }
        let sending = tokio::spawn(self.clone().send(row, sender.clone()));
        match tokio::time::timeout_at(until, sending).await {
            Ok(Ok(Err(refusal))) => Err(refusal),
            Ok(_) | Err(_) => self.wait(id, until).await,
        }
    }

    /// The payment is known: its outcome is told to who shows the very same.
    async fn join(
        &self,
        row: Row,
        newest: Option<B256>,
        payment: &Payment,
        terms: &Terms,
        until: Instant,
    ) -> Result<Settlement, Refusal> {
        if row.payment != *payment {
            return Err(Refusal::NonceUsed);
        }
        check_terms(payment, terms)?;
        if row.is_ended() {
            return Ok(row.settlement(newest));
        }
        self.wait(row.id, until).await
    }

    async fn wait(&self, id: PaymentId, until: Instant) -> Result<Settlement, Refusal> {
        let waiter = self.0.waiting.join(id);
        loop {
            let told = waiter.notify.notified();
            tokio::pin!(told);
            told.as_mut().enable();
            // Whatever the store's trouble is, the payment was taken.
            let (row, newest) = match self.find(id).await {
                Ok(Some(found)) => found,
                Ok(None) => return Err(given_up()),
                Err(error) => return Ok(unreadable(&error)),
            };
            if row.is_ended() || Instant::now() >= until {
                return Ok(row.settlement(newest));
            }
            let next = until.min(Instant::now() + LOOK_PERIOD);
            let _ = tokio::time::timeout_at(next, told).await;
        }
    }

    /// A payment and the transaction that was sent for it last.
    pub(super) async fn find(
        &self,
        id: PaymentId,
    ) -> Result<Option<(Row, Option<B256>)>, StoreError> {
        let find = move |transaction: &Transaction<'_>| {
            let Some(row) = rows::find(transaction, id)? else { return Ok(None) };
            let transactions = rows::transactions(transaction, id)?;
            let newest = transactions.first().map(|transaction| transaction.hash);
            Ok(Some((row, newest)))
        };
        self.0.store.read(find).await
    }

    /// `false` when the payment is there already. What is reserved and sent by nobody, as after an
    /// error, is sent by [`Engine::run`].
    async fn reserve(&self, row: Row) -> Result<bool, StoreError> {
        let reserve = move |transaction: &Transaction<'_>| {
            let next_check_ms = lease::now_ms(transaction)?.saturating_add(RESERVED_MS);
            rows::reserve(transaction, &Row { next_check_ms, ..row })
        };
        self.0.store.write(reserve).await
    }

    /// Sends what is reserved.
    pub(super) async fn send(self, row: Row, sender: Sender) -> Result<(), Refusal> {
        if !self.0.journal.begin(row.id) {
            return Ok(());
        }
        let sent = sender.send(order(&row)).await;
        let outcome = match sent {
            Ok(sent) => {
                if !sent.is_accepted {
                    tracing::warn!(
                        payment = %row.id, transaction = %sent.hash,
                        "the node did not say whether it has a transaction"
                    );
                }
                Ok(())
            }
            Err(reason) => self.give_up(&row, &reason).await,
        };
        self.0.journal.end(row.id);
        outcome
    }

    /// Nothing was sent, and nothing will be: the payment can be settled elsewhere. Only when that
    /// is written is it said.
    async fn give_up(&self, row: &Row, reason: &NotSent) -> Result<(), Refusal> {
        tracing::warn!(payment = %row.id, %reason, "a payment was not sent");
        let (id, owner) = (row.id, self.0.instance.id().to_owned());
        let had_transactions = row.state != State::Reserved;
        if had_transactions {
            return Ok(());
        }
        let release = move |transaction: &Transaction<'_>| rows::release(transaction, id, &owner);
        match self.0.store.write::<_, StoreError, _>(release).await {
            Ok(true) => {
                self.0.waiting.tell(id);
                Err(Refusal::Unavailable(reason.to_string()))
            }
            Ok(false) => Ok(()),
            Err(error) => {
                tracing::error!(payment = %id, %error, "a payment was not given up");
                Ok(())
            }
        }
    }
}

/// The transaction that carries a payment out.
pub(super) fn order(row: &Row) -> Order {
    let Payment { asset, authorization, signature } = &row.payment;
    Order {
        reference: row.id.digest(),
        to: asset.address,
        data: transfer_with_authorization_call(authorization, signature),
        gas_limit: row.gas_limit,
    }
}

/// Why a payment that is in the store is not valid for another use.
pub(super) fn refusal_of_known(row: &Row, payment: &Payment) -> Refusal {
    match row.state {
        _ if row.payment != *payment => Refusal::NonceUsed,
        State::Reserved | State::Broadcast | State::Unknown => Refusal::InFlight,
        State::Failed(Failure::Reverted, _) => {
            Refusal::Simulation("it was sent and reverted".to_owned())
        }
        State::Failed(Failure::Expired, _) => Refusal::TooLate,
        State::Settled(_) | State::Failed(..) => Refusal::NonceUsed,
    }
}

fn given_up() -> Refusal {
    Refusal::Unavailable("the payment was not taken: send it again".to_owned())
}

/// Without the store nobody knows what was sent.
fn unreadable(error: &StoreError) -> Settlement {
    tracing::error!(%error, "the state of a payment is not known");
    Settlement::Pending { transaction: None }
}
