//! Payments of our own invoices that the node reported and the ledger does not have yet.
//!
//! They are booked as they arrive, so that the ledger shows what is owed for tokens that nobody
//! used. Kept in memory only: what a restart forgets is booked at its token's first use.

use crate::paywall::Paywall;
use farebox_money::Msat;
use farebox_wallet::{InvoiceStatus, WalletError};
use farebox_wire::lightning::PaymentHash;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// Payments waiting at most; those past it are booked at their first use.
const WAITING_MAX: usize = 50_000;
/// Payments that are booked together at most.
const BATCH_LEN_MAX: usize = 256;
const RETRY_PAUSE: Duration = Duration::from_secs(5);

/// The payments, with what arrived where that is known.
#[derive(Default)]
pub(crate) struct Unbooked {
    waiting: Mutex<HashMap<PaymentHash, Option<Msat>>>,
    news: Notify,
}

impl Unbooked {
    pub(crate) fn insert(&self, hash: PaymentHash, amount: Option<Msat>) {
        let mut waiting = self.lock();
        if waiting.len() < WAITING_MAX {
            waiting.insert(hash, amount);
        }
        drop(waiting);
        self.news.notify_one();
    }

    fn next_batch(&self) -> Vec<(PaymentHash, Option<Msat>)> {
        self.lock().iter().take(BATCH_LEN_MAX).map(|(hash, amount)| (*hash, *amount)).collect()
    }

    fn remove(&self, hash: PaymentHash) {
        self.lock().remove(&hash);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PaymentHash, Option<Msat>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Paywall {
    /// Books what was paid, as it becomes known, until the task is dropped.
    pub(crate) async fn book_settlements(&self) {
        loop {
            let batch = self.unbooked().next_batch();
            if batch.is_empty() {
                self.unbooked().news.notified().await;
            } else if self.is_stopped() || !self.book(batch).await {
                tokio::time::sleep(RETRY_PAUSE).await;
            }
        }
    }

    /// Whether all of them are done with; those that are not are tried again.
    async fn book(&self, batch: Vec<(PaymentHash, Option<Msat>)>) -> bool {
        let hashes: Vec<_> = batch.iter().map(|(hash, _)| *hash).collect();
        let booked = match self.redemptions().booked(hashes).await {
            Ok(booked) => booked,
            Err(error) => {
                tracing::warn!(%error, "payments that arrived were not looked for");
                return false;
            }
        };
        booked.iter().for_each(|hash| self.unbooked().remove(*hash));
        let (mut paid, mut all_done) = (Vec::new(), true);
        for (hash, amount) in batch.into_iter().filter(|(hash, _)| !booked.contains(hash)) {
            match self.arrived(hash, amount).await {
                Ok(Some(amount)) => paid.push((hash, amount)),
                Ok(None) => self.unbooked().remove(hash),
                Err(error) => {
                    all_done = false;
                    tracing::warn!(%error, payment_hash = %hash, "a payment is booked later");
                }
            }
        }
        if paid.is_empty() {
            return all_done;
        }
        let hashes: Vec<_> = paid.iter().map(|(hash, _)| *hash).collect();
        match self.redemptions().book_settled(paid, self.now()).await {
            Ok(()) => hashes.into_iter().for_each(|hash| self.unbooked().remove(hash)),
            Err(error) => {
                all_done = false;
                tracing::error!(%error, "payments that arrived were not booked");
            }
        }
        all_done
    }

    async fn arrived(
        &self,
        hash: PaymentHash,
        known: Option<Msat>,
    ) -> Result<Option<Msat>, WalletError> {
        if known.is_some() {
            return Ok(known);
        }
        let Some(receiver) = self.receiver() else { return Ok(None) };
        match receiver.lookup(hash).await? {
            InvoiceStatus::Settled { amount } => Ok(Some(amount)),
            status => {
                tracing::error!(payment_hash = %hash, ?status, "reported as paid, and is not");
                Ok(None)
            }
        }
    }
}
