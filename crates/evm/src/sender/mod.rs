//! One key's transactions: numbered, journalled and sent in one queue.
//!
//! A transaction is in the caller's journal before any node sees it. What may have been sent keeps
//! its number and is sent again, byte for byte, until a block has it; so a lost answer leaves no
//! gap behind which later transactions would wait.

mod broadcast;
mod queue;
mod upkeep;

use crate::calls;
use crate::error::RpcError;
use crate::fees::{self, Fees, GasPriceTooHigh};
use crate::rpc::Rpc;
use crate::transaction::{SignedTransaction, UnsignedTransaction};
use crate::types::BlockTag;
use alloy_primitives::{Address, B256, Bytes, U256};
use broadcast::Broadcast;
use farebox_wire::evm::EvmKey;
use queue::{InFlight, Queue};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};

/// How often a transaction gets another number or price when the node refuses the first.
const ATTEMPTS_MAX: usize = 5;
/// How long fees are used that a node has named.
const FEES_MAX_AGE: Duration = Duration::from_secs(2);

/// How a sender works.
#[derive(Clone, Debug)]
pub struct SenderOptions {
    /// The chain's number.
    pub chain_id: u64,
    /// The most that is paid for gas, in wei for each unit.
    pub max_gas_price: u128,
    /// Transactions that wait for a block at once; the others wait for their turn.
    pub in_flight_max: usize,
    /// How long a transaction waits for its turn.
    pub turn_wait: Duration,
    /// When a transaction that is in no block is sent again as it is.
    pub resend_after: Duration,
    /// When it is replaced by one that pays more.
    pub replace_after: Duration,
}

/// What is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// What the journal knows it by.
    pub reference: B256,
    /// The contract.
    pub to: Address,
    /// The call.
    pub data: Bytes,
    /// Units of gas at most.
    pub gas_limit: u64,
}

/// Where transactions are written down before a node sees them.
pub trait Journal: Send + Sync {
    /// Writes that `transaction` is about to be sent for an order; called again for one that takes
    /// its place. When it fails, nothing is sent.
    fn record<'a>(
        &'a self,
        reference: B256,
        transaction: &'a SignedTransaction,
    ) -> Pin<Box<dyn Future<Output = Result<(), JournalError>> + Send + 'a>>;
}

/// A journal that was not written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the journal was not written: {0}")]
pub struct JournalError(pub String);

/// A transaction that may be mined from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Its name on the chain.
    pub hash: B256,
    /// Whether a node said that it has it. Otherwise it may have it, and is asked again.
    pub is_accepted: bool,
}

/// Nothing was sent, and nothing will be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// Gas costs more than the operator allows.
    #[error(transparent)]
    GasPrice(#[from] GasPriceTooHigh),
    /// The node does not answer, or refuses the transaction.
    #[error(transparent)]
    Node(#[from] RpcError),
    /// The chain does not price gas by EIP-1559.
    #[error("the chain names no base fee (EIP-1559)")]
    NoBaseFee,
    /// It was not written down.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Too many transactions wait for a block.
    #[error("too many transactions wait for a block")]
    Busy,
}

/// The transactions of one key; cheap to clone.
#[derive(Clone)]
pub struct Sender(Arc<Inner>);

struct Inner {
    rpc: Rpc,
    key: EvmKey,
    options: SenderOptions,
    journal: Arc<dyn Journal>,
    turns: Arc<Semaphore>,
    queue: Mutex<Queue>,
    fees: Mutex<Option<(Instant, Fees)>>,
}

impl Sender {
    /// The sender of a key. No other process may send with the same key at the same time: both
    /// would go on, but slowly.
    #[must_use]
    pub fn new(rpc: Rpc, key: EvmKey, options: SenderOptions, journal: Arc<dyn Journal>) -> Self {
        let turns = Arc::new(Semaphore::new(options.in_flight_max.max(1)));
        let queue = Mutex::new(Queue::default());
        Self(Arc::new(Inner { rpc, key, options, journal, turns, queue, fees: Mutex::default() }))
    }

    /// The key's account.
    #[must_use]
    pub fn address(&self) -> Address {
        self.0.key.address()
    }

    /// Free turns: how many more transactions may wait for a block.
    #[must_use]
    pub fn free_turns(&self) -> usize {
        self.0.turns.available_permits()
    }

    /// What the account has for gas, in wei.
    ///
    /// # Errors
    /// [`RpcError`].
    pub async fn balance(&self) -> Result<U256, RpcError> {
        self.0.rpc.call(calls::balance(self.address())).await
    }

    /// Sends a transaction. Runs to its end also when the caller goes away.
    ///
    /// # Errors
    /// [`NotSent`]; everything else may have been sent and is [`Sent`].
    pub async fn send(&self, order: Order) -> Result<Sent, NotSent> {
        let sender = self.clone();
        let sending = tokio::spawn(async move { sender.send_in_turn(order).await });
        let cut_off = |_| NotSent::Journal(JournalError("the process ends".to_owned()));
        sending.await.map_err(cut_off)?
    }

    async fn send_in_turn(&self, order: Order) -> Result<Sent, NotSent> {
        let turn = Arc::clone(&self.0.turns).acquire_owned();
        let turn = tokio::time::timeout(self.0.options.turn_wait, turn).await;
        let mut turn = turn.ok().and_then(Result::ok).ok_or(NotSent::Busy)?;
        let mut queue = self.0.queue.lock().await;
        let mut refused = NotSent::Busy;
        for _ in 0..ATTEMPTS_MAX {
            match self.attempt(&mut queue, &order, turn).await? {
                Attempt::Sent(sent) => return Ok(sent),
                Attempt::Again(back, reason) => (turn, refused) = (back, reason),
            }
        }
        Err(refused)
    }

    /// Gives the order a number and a price and sends it.
    async fn attempt(
        &self,
        queue: &mut Queue,
        order: &Order,
        turn: OwnedSemaphorePermit,
    ) -> Result<Attempt, NotSent> {
        let fees = self.fees().await?;
        let nonce = match queue.next() {
            Some(nonce) => nonce,
            None => queue.resync(self.transaction_count(BlockTag::Pending).await?),
        };
        let signed = self.sign(order, nonce, fees);
        self.0.journal.record(order.reference, &signed).await?;
        let again = |turn, reason| Ok(Attempt::Again(turn, NotSent::Node(reason)));
        let is_accepted = match broadcast::broadcast(&self.0.rpc, &signed).await {
            Broadcast::Accepted => true,
            Broadcast::Unknown => false,
            Broadcast::NumberTaken(reason) => {
                queue.taken(nonce);
                return again(turn, reason);
            }
            Broadcast::FeeTooLow(reason) => {
                *self.0.fees.lock().await = None;
                return again(turn, reason);
            }
            Broadcast::Refused(reason) => return Err(reason.into()),
        };
        let hash = signed.hash;
        queue.sent(InFlight::new(order.clone(), signed, turn));
        Ok(Attempt::Sent(Sent { hash, is_accepted }))
    }

    fn sign(&self, order: &Order, nonce: u64, fees: Fees) -> SignedTransaction {
        let transaction = UnsignedTransaction {
            chain_id: self.0.options.chain_id,
            nonce,
            fees,
            gas_limit: order.gas_limit,
            to: order.to,
            value: U256::ZERO,
            data: order.data.clone(),
        };
        transaction.sign(&self.0.key)
    }

    async fn transaction_count(&self, tag: BlockTag) -> Result<u64, RpcError> {
        let count = self.0.rpc.call(calls::transaction_count(self.address(), tag)).await?;
        Ok(count.to())
    }

    /// Fees for the next block, asked anew every two seconds.
    async fn fees(&self) -> Result<Fees, NotSent> {
        let mut known = self.0.fees.lock().await;
        if let Some((asked_at, fees)) = *known
            && asked_at.elapsed() < FEES_MAX_AGE
        {
            return Ok(fees);
        }
        let mut batch = self.0.rpc.batch();
        let block = batch.add(calls::block(BlockTag::Latest));
        let tip = batch.add(calls::max_priority_fee());
        let mut answers = batch.send().await;
        let base_fee = answers.take(block)?.and_then(|block| block.base_fee_per_gas);
        let base_fee = base_fee.ok_or(NotSent::NoBaseFee)?;
        // Some nodes do not know the method; then nothing is added.
        let tip = answers.take(tip).unwrap_or_default();
        let fees = fees::quote(
            base_fee.saturating_to(),
            tip.saturating_to(),
            self.0.options.max_gas_price,
        )?;
        *known = Some((Instant::now(), fees));
        Ok(fees)
    }
}

enum Attempt {
    Sent(Sent),
    Again(OwnedSemaphorePermit, NotSent),
}
