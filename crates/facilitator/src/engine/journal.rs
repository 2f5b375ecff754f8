//! Transactions are written into the store before a node sees them, and watched from then on.

use super::payment::PaymentId;
use super::rows;
use farebox_evm::{Address, B256, Journal, JournalError, Receipts, SignedTransaction};
use farebox_store::{Store, StoreError, Transaction};
use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A transaction that is watched.
#[derive(Clone, Copy, Debug)]
pub(super) struct WatchedTransaction {
    pub(super) payment: PaymentId,
    pub(super) sender: Address,
    pub(super) nonce: u64,
}

pub(super) struct StoreJournal {
    store: Store,
    owner: String,
    receipts: Receipts,
    watched: Mutex<HashMap<B256, WatchedTransaction>>,
    /// Payments that a task of this process is sending.
    sending: Mutex<HashSet<PaymentId>>,
}

impl StoreJournal {
    pub(super) fn new(store: Store, owner: String, receipts: Receipts) -> Self {
        Self { store, owner, receipts, watched: Mutex::default(), sending: Mutex::default() }
    }

    pub(super) fn watch(&self, payment: PaymentId, signed: &SignedTransaction) {
        let (sender, nonce) = (signed.from, signed.nonce);
        lock(&self.watched).insert(signed.hash, WatchedTransaction { payment, sender, nonce });
        self.receipts.watch(signed.hash);
    }

    /// What a transaction is for; it is watched no longer.
    pub(super) fn take(&self, hash: B256) -> Option<WatchedTransaction> {
        self.receipts.forget(hash);
        lock(&self.watched).remove(&hash)
    }

    /// Marks a payment as being sent by a task of this process; `false` when it is already.
    pub(super) fn begin(&self, payment: PaymentId) -> bool {
        lock(&self.sending).insert(payment)
    }

    pub(super) fn end(&self, payment: PaymentId) {
        lock(&self.sending).remove(&payment);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Journal for StoreJournal {
    fn record<'a>(
        &'a self,
        reference: B256,
        transaction: &'a SignedTransaction,
    ) -> Pin<Box<dyn Future<Output = Result<(), JournalError>> + Send + 'a>> {
        Box::pin(async move {
            let id = PaymentId::new(reference);
            let (owner, signed) = (self.owner.clone(), transaction.clone());
            let write = move |store: &Transaction<'_>| rows::record(store, id, &owner, &signed);
            match self.store.write::<_, StoreError, _>(write).await {
                Ok(true) => {
                    self.watch(id, transaction);
                    Ok(())
                }
                Ok(false) => Err(JournalError("the payment was taken up elsewhere".to_owned())),
                Err(error) => Err(JournalError(error.to_string())),
            }
        })
    }
}
