//! What no block has is sent again, and replaced by what pays more.

use super::broadcast::{self, Broadcast};
use super::queue::InFlight;
use super::{Order, Sender};
use crate::error::RpcError;
use crate::fees;
use crate::transaction::SignedTransaction;
use crate::types::BlockTag;
use alloy_primitives::{B256, Bytes};
use std::sync::Arc;
use std::time::Instant;

/// Units of gas of a transaction that does nothing.
const PLAIN_GAS: u64 = 21_000;
/// Numbers that are filled at once.
const GAP_MAX: usize = 16;

impl Sender {
    /// A block has the transaction of this number: the next may take its turn.
    pub async fn mined(&self, nonce: u64) {
        self.0.queue.lock().await.mined(nonce.saturating_add(1));
    }

    /// Looks after a transaction that an earlier process sent and no block has, if there is a turn
    /// for it.
    pub async fn adopt(&self, order: Order, signed: SignedTransaction) {
        if let Ok(turn) = Arc::clone(&self.0.turns).try_acquire_owned() {
            self.0.queue.lock().await.adopt(InFlight::new(order, signed, turn));
        }
    }

    /// Looks after what no block has; to be called every second or so.
    ///
    /// # Errors
    /// [`RpcError`] when the node does not say what it has; nothing was changed then.
    pub async fn upkeep(&self) -> Result<(), RpcError> {
        if self.0.queue.lock().await.is_empty() {
            return Ok(());
        }
        let count = self.transaction_count(BlockTag::Latest).await?;
        let pending = self.transaction_count(BlockTag::Pending).await?;
        let mut queue = self.0.queue.lock().await;
        queue.mined(count);
        for nonce in queue.gap(pending, self.0.options.resend_after).take(GAP_MAX) {
            self.fill(nonce).await;
        }
        for transaction in queue.waiting() {
            if transaction.priced_at.elapsed() >= self.0.options.replace_after {
                self.replace(transaction).await;
            } else if transaction.sent_at.elapsed() >= self.0.options.resend_after {
                self.resend(transaction).await;
            }
        }
        Ok(())
    }

    /// A number that was said to be taken and is not: all later ones wait for it. A transaction
    /// that does nothing takes it.
    async fn fill(&self, nonce: u64) {
        let (to, data) = (self.address(), Bytes::new());
        let order = Order { reference: B256::ZERO, to, data, gas_limit: PLAIN_GAS };
        let Ok(fees) = self.fees().await else { return };
        let outcome = broadcast::broadcast(&self.0.rpc, &self.sign(&order, nonce, fees)).await;
        tracing::warn!(nonce, ?outcome, "a gap in an account's transactions was filled");
    }

    async fn resend(&self, transaction: &mut InFlight) {
        transaction.sent_at = Instant::now();
        let outcome = broadcast::broadcast(&self.0.rpc, &transaction.signed).await;
        if !matches!(outcome, Broadcast::Accepted) {
            let hash = transaction.signed.hash;
            tracing::warn!(%hash, ?outcome, "a transaction that is in no block was sent again");
        }
    }

    /// The same call under the same number: one of the two will be mined, never both.
    async fn replace(&self, transaction: &mut InFlight) {
        transaction.priced_at = Instant::now();
        *self.0.fees.lock().await = None;
        let now = self.fees().await.unwrap_or(transaction.fees);
        let limit = self.0.options.max_gas_price;
        let Some(fees) = fees::replacement(transaction.fees, now, limit) else {
            let hash = transaction.signed.hash;
            tracing::warn!(%hash, "a transaction is stuck, and the limit of gas prices is reached");
            return self.resend(transaction).await;
        };
        let signed = self.sign(&transaction.order, transaction.signed.nonce, fees);
        if let Err(error) = self.0.journal.record(transaction.order.reference, &signed).await {
            tracing::error!(%error, "a stuck transaction was not replaced");
            return;
        }
        let outcome = broadcast::broadcast(&self.0.rpc, &signed).await;
        tracing::warn!(
            before = %transaction.signed.hash, now = %signed.hash, ?outcome,
            "a stuck transaction was replaced by one that pays more for gas"
        );
        // Also when the node refused: the next one must pay more still.
        transaction.fees = fees;
        if matches!(outcome, Broadcast::Accepted | Broadcast::Unknown) {
            transaction.signed = signed;
            transaction.sent_at = Instant::now();
        }
    }
}
