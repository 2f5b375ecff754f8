//! Payments come to their ends: by receipts as they come, and by looking up whatever is
//! unfinished.

use super::Engine;
use super::evidence::{self, Use};
use super::judge::{self, Step};
use super::payment::{PaymentId, Settlement};
use super::refusal::Refusal;
use super::rows::{self, Row, State};
use super::settle::order;
use farebox_evm::{Receipt, SignedTransaction, calls};
use farebox_store::{StoreError, Transaction, lease};
use std::time::Duration;
use tokio::task::JoinSet;

/// Unfinished payments that are looked through at once.
const READ_MAX: usize = 1_000;
/// Payments that are looked up at once.
const AT_ONCE_MAX: usize = 16;
/// The pauses between looks at a payment, the last one again and again.
const PAUSES_MS: [i64; 6] = [2_000, 5_000, 10_000, 30_000, 60_000, 300_000];
/// A payment in a block that needs more blocks above it is looked up after this.
const DEPTH_PAUSE_MS: i64 = 1_000;
const UPKEEP_PERIOD: Duration = Duration::from_secs(1);

impl Engine {
    pub(super) async fn watch_receipts(&self) {
        let found = |receipt: Receipt| {
            tokio::spawn(self.clone().take_receipt(receipt));
        };
        self.0.receipts.run(found).await;
    }

    async fn take_receipt(self, receipt: Receipt) {
        let hash = receipt.transaction_hash;
        let Some(watched) = self.0.journal.take(hash) else { return };
        let sender = self.0.senders.iter().find(|sender| sender.address() == watched.sender);
        if let Some(sender) = sender {
            sender.mined(watched.nonce).await;
        }
        if let Err(error) = self.read_receipt(watched.payment, &receipt).await {
            tracing::warn!(payment = %watched.payment, %error, "a receipt is read again later");
        }
    }

    /// The transfer is there: that ends it. Anything else is looked up as a whole.
    async fn read_receipt(&self, id: PaymentId, receipt: &Receipt) -> Result<(), StoreError> {
        let Some((row, _)) = self.find(id).await? else { return Ok(()) };
        let found = evidence::read_use(receipt, &row.payment);
        if found == Some(Use::CarriedOut) {
            if !self.needs_depth() {
                return self.end(id, State::Settled(receipt.transaction_hash)).await;
            }
            return self.look_after(id, DEPTH_PAUSE_MS).await;
        }
        self.look_after(id, 0).await
    }

    /// Whether more blocks than the payment's own must be there.
    fn needs_depth(&self) -> bool {
        self.0.options.confirmations > 1
    }

    /// Has a payment looked up after a pause.
    async fn look_after(&self, id: PaymentId, pause_ms: i64) -> Result<(), StoreError> {
        let wait = move |transaction: &Transaction<'_>| {
            let next_check_ms = lease::now_ms(transaction)?.saturating_add(pause_ms);
            rows::wait(transaction, id, false, next_check_ms)
        };
        self.0.store.write(wait).await?;
        self.0.due.notify_one();
        Ok(())
    }

    async fn end(&self, id: PaymentId, state: State) -> Result<(), StoreError> {
        let end = move |transaction: &Transaction<'_>| {
            rows::end(transaction, id, state)?;
            rows::transactions(transaction, id)
        };
        let transactions: Vec<SignedTransaction> =
            self.0.store.write::<_, StoreError, _>(end).await?;
        for transaction in transactions {
            self.0.journal.take(transaction.hash);
        }
        match state {
            State::Failed(failure, transaction) => {
                tracing::warn!(payment = %id, ?failure, ?transaction, "a payment failed");
                self.0.stats.failed();
            }
            _ => self.0.stats.settled(),
        }
        self.0.waiting.tell(id);
        Ok(())
    }

    pub(super) async fn resolve(&self) {
        loop {
            if let Err(error) = self.resolve_due().await {
                tracing::warn!(%error, "unfinished payments were not looked up");
            }
            let _ =
                tokio::time::timeout(self.0.options.resolve_period, self.0.due.notified()).await;
        }
    }

    async fn resolve_due(&self) -> Result<(), StoreError> {
        let chain = self.0.options.chain;
        let due = self.0.store.read(move |transaction| due(transaction, chain)).await?;
        let mut looking = JoinSet::new();
        for row in due {
            if looking.len() >= AT_ONCE_MAX {
                looking.join_next().await;
            }
            looking.spawn(self.clone().look(row));
        }
        looking.join_all().await;
        Ok(())
    }

    async fn look(self, row: Row) {
        let id = row.id;
        // A task of this process is about to send it, and says itself what came of that.
        if !self.0.journal.begin(id) {
            return;
        }
        let looked = self.look_up(row).await;
        self.0.journal.end(id);
        match looked {
            Ok(Some(row)) => self.send_again(row).await,
            Ok(None) => {}
            Err(error) => tracing::warn!(payment = %id, %error, "a payment is looked up later"),
        }
    }

    /// Looks a payment up; it comes back when it is to be sent.
    async fn look_up(&self, row: Row) -> Result<Option<Row>, Refusal> {
        let Some((row, transactions)) = self.take(row).await? else { return Ok(None) };
        self.check_chain().await?;
        let facts = self.facts(&row, &transactions).await?;
        let id = row.id;
        match judge::judge(&facts) {
            Step::Settled(hash) => self.end(id, State::Settled(hash)).await?,
            Step::Failed(failure, hash) => self.end(id, State::Failed(failure, hash)).await?,
            Step::Unknown => {
                tracing::error!(payment = %id, "a payer's nonce is used, and by what is not found");
                let next = row.next_check_ms;
                self.0.store.write(move |store| rows::wait(store, id, true, next)).await?;
            }
            Step::Wait => self.keep_alive(&row, &transactions).await,
            Step::Send => return Ok(Some(row)),
        }
        Ok(None)
    }

    /// Takes a payment up; `None` when somebody was faster.
    async fn take(&self, row: Row) -> Result<Option<(Row, Vec<SignedTransaction>)>, StoreError> {
        let owner = self.0.instance.id().to_owned();
        let take = move |transaction: &Transaction<'_>| {
            let place = usize::try_from(row.checks).unwrap_or(usize::MAX);
            let pause = PAUSES_MS.get(place).or(PAUSES_MS.last()).copied().unwrap_or_default();
            let next_check_ms = lease::now_ms(transaction)?.saturating_add(pause);
            if !rows::take(transaction, &row, &owner, next_check_ms)? {
                return Ok(None);
            }
            let transactions = rows::transactions(transaction, row.id)?;
            let checks = row.checks + 1;
            Ok(Some((Row { owner, next_check_ms, checks, ..row }, transactions)))
        };
        self.0.store.write(take).await
    }

    /// What may still be mined is watched, sent again and, if need be, made dearer.
    async fn keep_alive(&self, row: &Row, transactions: &[SignedTransaction]) {
        // A receipt alone ends nothing where more blocks are wanted.
        if !self.needs_depth() {
            for transaction in transactions {
                self.0.journal.watch(row.id, transaction);
            }
        }
        let Some(newest) = transactions.first() else { return };
        match self.0.senders.iter().find(|sender| sender.address() == newest.from) {
            Some(sender) => sender.adopt(order(row), newest.clone()).await,
            None => {
                let sent = self.0.rpc.call(calls::send_raw_transaction(&newest.raw)).await;
                tracing::warn!(
                    transaction = %newest.hash, ?sent,
                    "a transaction of a key that is not configured any more was sent again"
                );
            }
        }
    }

    /// Nothing of ours can be mined any more, and the authorization is good.
    async fn send_again(&self, row: Row) {
        let id = row.id;
        tracing::warn!(payment = %id, "a payment that was cut off is sent again");
        let sent = match self.sender() {
            Ok(sender) => self.clone().send(row, sender.clone()).await,
            Err(refusal) => Err(refusal),
        };
        if let Err(error) = sent {
            tracing::warn!(payment = %id, %error, "a payment that was cut off was not sent");
        }
    }

    pub(super) async fn upkeep(&self) {
        loop {
            tokio::time::sleep(UPKEEP_PERIOD).await;
            for sender in &self.0.senders {
                if let Err(error) = sender.upkeep().await {
                    tracing::warn!(%error, sender = %sender.address(), "the node is no help");
                }
            }
        }
    }

    /// What is known of a payment: its outcome, or that it is pending; `None` when it was never
    /// taken.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn outcome(&self, id: PaymentId) -> Result<Option<Settlement>, StoreError> {
        let found = self.find(id).await?;
        Ok(found.map(|(row, newest)| row.settlement(newest)))
    }
}

/// Those whose time has come, and those of processes that died and that nobody has looked at.
fn due(
    transaction: &Transaction<'_>,
    chain: farebox_wire::evm::ChainId,
) -> Result<Vec<Row>, StoreError> {
    let now = lease::now_ms(transaction)?;
    let unfinished = rows::unfinished(transaction, chain, READ_MAX)?;
    if unfinished.is_empty() {
        return Ok(Vec::new());
    }
    let alive = lease::alive(transaction)?;
    let is_due =
        |row: &Row| row.next_check_ms <= now || (row.checks == 0 && !alive.contains(&row.owner));
    Ok(unfinished.into_iter().filter(is_due).collect())
}
