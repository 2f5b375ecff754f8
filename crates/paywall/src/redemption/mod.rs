//! Payments that were used: reserved before a handler runs, kept with the answer.

mod rows;
mod sealed;
#[cfg(test)]
mod tests;

pub(crate) use sealed::AnswerSeal;

use crate::answer::KeptAnswer;
use crate::payment::{Payment, PaymentKey};
use farebox_ledger::{AccountKey, NewTransfer, events, writer};
use farebox_money::Msat;
use farebox_store::lease::Instance;
use farebox_store::{Store, StoreError, Transaction, params};
use farebox_wire::l402::TokenKind;
use farebox_wire::lightning::PaymentHash;
use sha2::{Digest, Sha256};

/// How long a repeat of an answered request gets its answer again.
pub(crate) const REPEAT_WINDOW_S: u64 = 24 * 3_600;
/// How often a request whose answer was too large to keep can be repeated.
const ATTEMPTS_MAX: i64 = 5;
/// Rows outlive their token by this much, against clocks that are set back.
const EXPIRED_KEPT_S: u64 = 24 * 3_600;

/// One use of a payment.
#[derive(Clone, Debug)]
pub(crate) struct Use {
    pub payment: Payment,
    pub route: &'static str,
    pub kind: TokenKind,
    pub request_digest: [u8; 32],
    /// Until when the row is needed, in seconds since 1970.
    pub expires_at: u64,
}

impl Use {
    /// The same for the request of whoever knows this too, and of nobody else.
    pub(crate) fn tied_to(self, secret: [u8; 32]) -> Self {
        let digest = Sha256::new().chain_update(self.request_digest).chain_update(secret);
        Self { request_digest: digest.finalize().into(), ..self }
    }
}

/// What a payment can be used for now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reservation {
    /// Reserved for this request: run the handler, then end it.
    Reserved {
        /// Where the money arrived, if it was collected before.
        settled_as: Option<String>,
    },
    /// Its request is being answered at this moment.
    InProgress,
    /// Whether its money arrived is not known, and nobody else asks now: collect it again, and
    /// only then give the answer; where there is none, run the handler.
    Settling(Option<KeptAnswer>),
    /// Its request was answered: this is the answer.
    Answered(KeptAnswer),
    /// Its request was answered with more than is kept: run the handler, nothing else changes.
    RunAgain {
        /// Where the money arrived.
        settled_as: Option<String>,
    },
    /// Used for another request, or for this one too long ago or too often.
    Used,
    /// Not used up, and shown for another request before.
    OfAnotherRequest,
}

/// How a reservation ends.
#[derive(Clone, Debug)]
pub(crate) enum End {
    /// Its request was answered and its money is here.
    Finish {
        /// The answer, where it is not too large to keep.
        answer: Option<KeptAnswer>,
        /// Where the money arrived.
        settled_as: String,
    },
    /// Its settlement was begun, and whether its money arrived is not known: who shows it again
    /// asks again.
    Unknown,
    /// Its request did not succeed.
    Release,
}

/// The table of redemptions.
#[derive(Clone)]
pub(crate) struct Redemptions {
    store: Store,
    instance: Instance,
    seal: AnswerSeal,
}

impl Redemptions {
    /// The redemptions in `store`; reservations are made in the name of `instance`, and answers
    /// kept under `seal`.
    pub(crate) const fn new(store: Store, instance: Instance, seal: AnswerSeal) -> Self {
        Self { store, instance, seal }
    }

    fn sealed(&self, key: PaymentKey, answer: Option<&KeptAnswer>) -> Option<Vec<u8>> {
        answer.and_then(|answer| self.seal.seal(key, answer))
    }

    /// Reservations of processes that died have no handler any more: in doubt the payer keeps the
    /// money's worth.
    pub(crate) async fn release_abandoned(&self) -> Result<(), StoreError> {
        let released = self.store.write(rows::release_abandoned).await?;
        if released > 0 {
            tracing::warn!(released, "payments whose requests were cut off can be used again");
        }
        Ok(())
    }

    /// Whether nothing is left to verify of a payment: its money is here, or its handler runs or
    /// has run. It may well look bad by now: expired, or spent by its own use.
    pub(crate) async fn is_verified(&self, key: PaymentKey) -> Result<bool, StoreError> {
        let read = move |transaction: &Transaction<'_>| rows::read(transaction, key);
        Ok(self.store.read(read).await?.is_some_and(|row| row.is_verified()))
    }

    pub(crate) async fn reserve(&self, usage: Use, now: u64) -> Result<Reservation, StoreError> {
        let (owner, seal) = (self.instance.id().to_owned(), self.seal.clone());
        let reserve = move |tx: &Transaction<'_>| rows::reserve(tx, &seal, &usage, &owner, now);
        self.store.write(reserve).await
    }

    /// Records that a payment bought a token that can be used many times. Whether it did: one
    /// payment opens one subject, whatever tokens were handed out for it.
    pub(crate) async fn record(
        &self,
        usage: Use,
        settled_as: String,
        now: u64,
    ) -> Result<bool, StoreError> {
        let record = move |transaction: &Transaction<'_>| {
            rows::record(transaction, &usage, &settled_as, now)
        };
        self.store.write(record).await
    }

    /// Those of the Lightning payments that are booked, whether they were used or not.
    pub(crate) async fn booked(
        &self,
        hashes: Vec<PaymentHash>,
    ) -> Result<Vec<PaymentHash>, StoreError> {
        let read = move |transaction: &Transaction<'_>| {
            let accounts: Vec<_> = hashes.iter().copied().map(AccountKey::L402).collect();
            let balances = writer::balances(transaction, &accounts)?;
            let known = hashes.iter().zip(balances);
            let known = known.filter(|(_, balance)| !balance.credits.is_zero());
            Ok(known.map(|(hash, _)| *hash).collect())
        };
        self.store.read(read).await
    }

    /// Books Lightning payments that arrived: they are owed to whoever holds their tokens. What
    /// is booked already is left as it is.
    pub(crate) async fn book_settled(
        &self,
        paid: Vec<(PaymentHash, Msat)>,
        now: u64,
    ) -> Result<(), StoreError> {
        let book = move |transaction: &Transaction<'_>| -> Result<(), StoreError> {
            let paid = paid.iter().map(|(hash, amount)| [events::l402_settled(*hash, *amount)]);
            let paid: Vec<_> = paid.collect();
            let events: Vec<_> = paid.iter().map(<[NewTransfer; 1]>::as_slice).collect();
            for outcome in writer::post_all(transaction, &events, rows::milliseconds(now))? {
                // Its use may have come first, with the price as the amount.
                if let Err(error) = outcome {
                    tracing::warn!(%error, "a payment is booked with another amount than arrived");
                }
            }
            Ok(())
        };
        self.store.write(book).await
    }

    /// Where the money of a payment arrived that bought what it is used for, for many requests.
    pub(crate) async fn opened(&self, usage: Use, now: u64) -> Result<Option<String>, StoreError> {
        let read = move |transaction: &Transaction<'_>| {
            let row = rows::read(transaction, usage.payment.key)?;
            Ok::<_, StoreError>(row.and_then(|row| row.opened_as(&usage, now)))
        };
        self.store.read(read).await
    }

    /// Notes that the money of a reserved payment is about to be collected, by this process and
    /// nobody else until the reservation is ended; with its answer, if that is there already.
    pub(crate) async fn await_settlement(
        &self,
        key: PaymentKey,
        answer: Option<KeptAnswer>,
        now: u64,
    ) -> Result<(), StoreError> {
        let answer = self.sealed(key, answer.as_ref());
        let begin = move |transaction: &Transaction<'_>| {
            rows::await_settlement(transaction, key, answer.as_deref(), now)
        };
        self.store.write(begin).await
    }

    /// Reserves a payment whose money was collected, to run its handler. Whether it was still
    /// waiting.
    pub(crate) async fn resume(
        &self,
        key: PaymentKey,
        settled_as: String,
        now: u64,
    ) -> Result<bool, StoreError> {
        let owner = self.instance.id().to_owned();
        let resume = move |transaction: &Transaction<'_>| {
            rows::resume(transaction, key, &settled_as, &owner, now)
        };
        self.store.write(resume).await
    }

    /// A repeat of an answered request did not succeed, and is not counted.
    pub(crate) async fn return_attempt(&self, key: PaymentKey) -> Result<(), StoreError> {
        let write = move |transaction: &Transaction<'_>| rows::return_attempt(transaction, key);
        self.store.write(write).await
    }

    /// Ends a reservation.
    pub(crate) async fn end(&self, key: PaymentKey, end: End, now: u64) -> Result<(), StoreError> {
        let sealed = match &end {
            End::Finish { answer, .. } => self.sealed(key, answer.as_ref()),
            End::Unknown | End::Release => None,
        };
        let write = move |transaction: &Transaction<'_>| match &end {
            End::Finish { settled_as, .. } => {
                rows::finish(transaction, key, sealed.as_deref(), settled_as, now)
            }
            End::Unknown => rows::leave_settling(transaction, key, now),
            End::Release => rows::release(transaction, key, now),
        };
        self.store.write(write).await
    }

    /// Drops answers past their window and rows past their token's life.
    pub(crate) async fn purge(&self, now: u64) -> Result<(), StoreError> {
        let purge = move |transaction: &Transaction<'_>| -> Result<(), StoreError> {
            transaction.execute(
                "UPDATE redemption SET answer = NULL \
                 WHERE answer IS NOT NULL AND updated_at < ?1",
                params![now.saturating_sub(REPEAT_WINDOW_S)],
            )?;
            transaction.execute(
                "DELETE FROM redemption WHERE expires_at < ?1 AND state <> 'reserved'",
                params![now.saturating_sub(EXPIRED_KEPT_S)],
            )?;
            Ok(())
        };
        self.store.write(purge).await
    }
}
