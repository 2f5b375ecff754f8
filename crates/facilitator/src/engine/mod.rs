//! Settles authorizations of EIP-3009 tokens on one chain.
//!
//! A payment takes one way: it is checked, reserved in the store, signed into a transaction, which
//! is written down before a node sees it, and sent. It is called settled when the chain shows the
//! transfer, failed when the chain proves that it will not come, and pending at all other times.
//! Whatever is pending is looked up until the chain says one or the other, also by the next
//! process.

mod chain;
mod checks;
mod evidence;
mod journal;
mod judge;
mod options;
mod payment;
mod refusal;
mod resolve;
mod rows;
mod settle;
mod stats;
mod waiting;

pub use options::{Clock, EngineOptions, Recipients};
pub use payment::{AmountRule, Failure, Payment, PaymentId, Settlement, Terms};
pub use refusal::Refusal;
pub use stats::{EngineStats, KeyBalance};

use checks::{check_alone, check_on_chain};
use farebox_evm::{Address, EvmKey, Receipts, Rpc, Sender, SenderOptions, calls};
use farebox_store::Store;
use farebox_store::lease::Instance;
use farebox_wire::evm::ChainId;
use journal::StoreJournal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use waiting::Waiting;

/// How long a payment waits for its turn with a key.
const TURN_WAIT: Duration = Duration::from_secs(30);

/// The settlement of payments on one chain; cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    rpc: Rpc,
    store: Store,
    instance: Instance,
    options: EngineOptions,
    clock: Clock,
    senders: Vec<Sender>,
    receipts: Receipts,
    journal: Arc<StoreJournal>,
    waiting: Waiting,
    /// Something is due now.
    due: Notify,
    is_right_chain: AtomicBool,
    stats: stats::Counts,
}

impl Engine {
    /// An engine on a store with [`crate::schema`] and the store's own; `keys` pay for gas. No
    /// other process may use the same keys. [`Engine::run`] must run beside it.
    #[must_use]
    pub fn new(
        store: Store,
        instance: Instance,
        rpc: Rpc,
        keys: Vec<EvmKey>,
        options: EngineOptions,
        clock: Clock,
    ) -> Self {
        let receipts = Receipts::new(rpc.clone(), options.receipts);
        let owner = instance.id().to_owned();
        let journal = Arc::new(StoreJournal::new(store.clone(), owner, receipts.clone()));
        let sender_options = SenderOptions {
            chain_id: options.chain.get(),
            max_gas_price: options.max_gas_price,
            in_flight_max: options.in_flight_max,
            turn_wait: TURN_WAIT,
            resend_after: options.resend_after,
            replace_after: options.replace_after,
        };
        let sender =
            |key| Sender::new(rpc.clone(), key, sender_options.clone(), Arc::clone(&journal) as _);
        let senders = keys.into_iter().map(sender).collect();
        Self(Arc::new(Inner {
            rpc,
            store,
            instance,
            options,
            clock,
            senders,
            receipts,
            journal,
            waiting: Waiting::default(),
            due: Notify::new(),
            is_right_chain: AtomicBool::new(false),
            stats: stats::Counts::default(),
        }))
    }

    /// The chain.
    #[must_use]
    pub fn chain(&self) -> ChainId {
        self.0.options.chain
    }

    /// The accounts that pay for gas.
    #[must_use]
    pub fn senders(&self) -> Vec<Address> {
        self.0.senders.iter().map(Sender::address).collect()
    }

    /// Checks whether a payment would be settled now. Changes nothing.
    ///
    /// # Errors
    /// [`Refusal`] says why not.
    pub async fn verify(&self, payment: &Payment, terms: &Terms) -> Result<(), Refusal> {
        let domain = check_alone(payment, terms, &self.0.options, (self.0.clock)())?;
        if let Some((row, _)) = self.find(payment.id()).await? {
            return Err(settle::refusal_of_known(&row, payment));
        }
        self.check_chain().await?;
        let sender = self.sender()?.address();
        check_on_chain(&self.0.rpc, payment, domain, sender, &self.0.options).await?;
        Ok(())
    }

    /// The key with the fewest transactions that wait for a block.
    fn sender(&self) -> Result<&Sender, Refusal> {
        let freest = self.0.senders.iter().max_by_key(|sender| sender.free_turns());
        freest.ok_or_else(|| Refusal::Unavailable("no key pays for gas here".to_owned()))
    }

    /// A node of another chain would take transactions for it; asked until it was right once.
    async fn check_chain(&self) -> Result<(), Refusal> {
        if self.0.is_right_chain.load(Ordering::Relaxed) {
            return Ok(());
        }
        let found: u64 = self.0.rpc.call(calls::chain_id()).await?.to();
        if found != self.0.options.chain.get() {
            let text = format!("the node is of chain {found}, not {}", self.0.options.chain);
            tracing::error!("{text}: correct its URL");
            return Err(Refusal::Unavailable(text));
        }
        self.0.is_right_chain.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Watches the chain and ends what is unfinished, also of earlier processes, until the future
    /// is dropped.
    pub async fn run(&self) {
        tokio::join!(self.watch_receipts(), self.resolve(), self.upkeep(), self.watch_balances());
    }
}
