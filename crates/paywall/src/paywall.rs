//! The paywall of one server: its wallet, its secret, its pool and its records.

use crate::browser::Lookups;
use crate::evm::AskedRates;
use crate::keys::Secret;
use crate::layer::ChargeLayer;
use crate::payment::PaymentKey;
use crate::pool::InvoicePool;
use crate::rails::Rails;
use crate::recent::Recent;
use crate::redemption::{AnswerSeal, End, Redemptions};
use crate::route::PaidRoute;
use crate::tokens::Tokens;
use crate::unbooked::Unbooked;
use farebox_accounts::Accounts;
use farebox_money::Msat;
use farebox_net::ClientKey;
use farebox_store::lease::Instance;
use farebox_store::{Schema, Store, StoreError, Transaction, params};
use farebox_wallet::{Receiver, SettledCursor};
use farebox_wire::lightning::PaymentHash;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

mod sqlite {
    refinery::embed_migrations!("migrations/sqlite");
}

mod postgres {
    refinery::embed_migrations!("migrations/postgres");
}

/// The tables of this crate.
#[must_use]
pub fn schema() -> Schema {
    Schema {
        name: "paywall",
        sqlite: sqlite::migrations::runner(),
        postgres: Some(postgres::migrations::runner()),
    }
}

/// Whether a database with [`schema`] and the ledger's has records of sales, whose tokens only the server's own
/// secret can verify.
///
/// # Errors
/// [`StoreError`] when it cannot be read.
pub async fn has_sales(store: &Store) -> Result<bool, StoreError> {
    let find = |transaction: &Transaction<'_>| {
        let sql = "SELECT EXISTS (SELECT 1 FROM redemption) \
                   OR EXISTS (SELECT 1 FROM ledger_transfer)";
        transaction.one(sql, params![], |row| row.get(0))
    };
    store.read(find).await
}

/// Seconds since 1970.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// The time of the machine.
#[must_use]
pub fn system_clock() -> Clock {
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    Arc::new(now)
}

/// Clients share this many turns for making invoices.
const TURNS: usize = 64;
const SETTLEMENT_WAIT: Duration = Duration::from_secs(30);
const SETTLEMENT_RETRY: Duration = Duration::from_secs(5);
/// How soon the end of a reservation is written again after a failure.
const END_RETRY_FIRST: Duration = Duration::from_millis(200);
const END_RETRY_MAX: Duration = Duration::from_secs(30);
const HOUSEKEEPING_PERIOD: Duration = Duration::from_secs(600);

/// Counts since the process started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PaywallStats {
    /// 402 answers.
    pub challenges: u64,
    /// Invoices made at the node.
    pub invoices_created: u64,
    /// Requests let through.
    pub admitted: u64,
    /// Repeats answered from the record.
    pub replayed: u64,
    /// Credentials refused.
    pub refused: u64,
    /// Payments given back because their request did not succeed.
    pub released: u64,
    /// Unpaid invoices in the pool now.
    pub open_invoices: usize,
}

#[derive(Default)]
struct Counters {
    challenges: AtomicU64,
    invoices_created: AtomicU64,
    admitted: AtomicU64,
    replayed: AtomicU64,
    refused: AtomicU64,
    released: AtomicU64,
}

struct Inner {
    rails: Rails,
    accounts: Option<Accounts>,
    redemptions: Redemptions,
    tokens: Tokens,
    clock: Clock,
    pool: InvoicePool,
    turns: Vec<tokio::sync::Mutex<()>>,
    is_stopped: AtomicBool,
    settled: Mutex<Recent<PaymentHash>>,
    unbooked: Unbooked,
    lookups: Lookups,
    /// Payments with what they bought.
    recorded: Mutex<Recent<(PaymentKey, [u8; 32])>>,
    asked_rates: AskedRates,
    counters: Counters,
}

/// The paywall of one server; cheap to clone.
#[derive(Clone)]
pub struct Paywall(Arc<Inner>);

impl Paywall {
    /// A paywall that is paid over `rails`, and which takes prepaid balances where
    /// there are `accounts`. `store` must have [`schema`] and the ledger's, where income is
    /// booked.
    ///
    /// # Errors
    /// [`StoreError`] when reservations of an earlier process cannot be read.
    pub async fn open(
        rails: Rails,
        accounts: Option<Accounts>,
        store: Store,
        instance: Instance,
        secret: Secret,
        clock: Clock,
    ) -> Result<Self, StoreError> {
        let redemptions = Redemptions::new(store, instance, AnswerSeal::new(&secret));
        redemptions.release_abandoned().await?;
        Ok(Self(Arc::new(Inner {
            rails,
            accounts,
            redemptions,
            tokens: Tokens::new(secret),
            clock,
            pool: InvoicePool::default(),
            turns: (0..TURNS).map(|_| tokio::sync::Mutex::new(())).collect(),
            is_stopped: AtomicBool::new(false),
            settled: Mutex::default(),
            unbooked: Unbooked::default(),
            lookups: Lookups::default(),
            recorded: Mutex::default(),
            asked_rates: AskedRates::default(),
            counters: Counters::default(),
        })))
    }

    /// The layer that puts a price on a route. Use it with [`MethodRouter::route_layer`]: then
    /// methods that do not exist cost nothing. `Router::route_layer` would sell them too.
    ///
    /// [`MethodRouter::route_layer`]: axum::routing::MethodRouter::route_layer
    #[must_use]
    pub fn charge(&self, route: PaidRoute) -> ChargeLayer {
        ChargeLayer::new(self.clone(), route)
    }

    /// Answers 503 on every paid route from now on, because the books are wrong: nothing is
    /// sold, and nothing that was paid for is used up.
    pub fn stop_selling(&self) {
        self.0.is_stopped.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.0.is_stopped.load(Ordering::SeqCst)
    }

    /// Counts for metrics.
    #[must_use]
    pub fn stats(&self) -> PaywallStats {
        let counters = &self.0.counters;
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        PaywallStats {
            challenges: load(&counters.challenges),
            invoices_created: load(&counters.invoices_created),
            admitted: load(&counters.admitted),
            replayed: load(&counters.replayed),
            refused: load(&counters.refused),
            released: load(&counters.released),
            open_invoices: self.0.pool.len(),
        }
    }

    /// Background work, until the task is dropped: takes paid invoices out of the pool and books
    /// them as the node reports them, and forgets what has expired.
    pub async fn run(&self) {
        tokio::join!(self.watch_settlements(), self.book_settlements(), self.keep_house());
    }

    async fn watch_settlements(&self) {
        let Some(receiver) = self.receiver() else { return };
        let mut cursor = SettledCursor::default();
        loop {
            match receiver.settled_since(cursor, SETTLEMENT_WAIT).await {
                Ok(settlements) => {
                    cursor = settlements.next;
                    for hash in settlements.hashes {
                        self.note_settled(hash, None);
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "the wallet does not report settlements");
                    tokio::time::sleep(SETTLEMENT_RETRY).await;
                }
            }
        }
    }

    async fn keep_house(&self) {
        let mut ticks = tokio::time::interval(HOUSEKEEPING_PERIOD);
        loop {
            ticks.tick().await;
            self.0.pool.prune(self.now());
            if let Err(error) = self.0.redemptions.purge(self.now()).await {
                tracing::warn!(%error, "old redemptions were not purged");
            }
            if let Err(error) = self.0.redemptions.release_abandoned().await {
                tracing::warn!(%error, "reservations of processes that died were not released");
            }
        }
    }

    pub(crate) fn now(&self) -> u64 {
        (self.0.clock)()
    }

    pub(crate) fn secret(&self) -> &Secret {
        self.0.tokens.secret()
    }

    pub(crate) fn tokens(&self) -> &Tokens {
        &self.0.tokens
    }

    pub(crate) fn pool(&self) -> &InvoicePool {
        &self.0.pool
    }

    pub(crate) fn asked_rates(&self) -> &AskedRates {
        &self.0.asked_rates
    }

    pub(crate) fn rails(&self) -> &Rails {
        &self.0.rails
    }

    pub(crate) fn receiver(&self) -> Option<&dyn Receiver> {
        self.0.rails.lightning.as_deref()
    }

    pub(crate) fn accounts(&self) -> Option<&Accounts> {
        self.0.accounts.as_ref()
    }

    pub(crate) fn unbooked(&self) -> &Unbooked {
        &self.0.unbooked
    }

    pub(crate) fn lookups(&self) -> &Lookups {
        &self.0.lookups
    }

    pub(crate) fn redemptions(&self) -> &Redemptions {
        &self.0.redemptions
    }

    /// The turn of a client to make an invoice; clients that share one wait for each other.
    pub(crate) async fn turn_of(
        &self,
        client: ClientKey,
    ) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(client);
        let index = usize::try_from(hash % (TURNS as u64)).unwrap_or(0);
        match self.0.turns.get(index) {
            Some(turn) => Some(turn.lock().await),
            None => None,
        }
    }

    pub(crate) fn knows_settled(&self, hash: PaymentHash) -> bool {
        self.0.settled.lock().unwrap_or_else(PoisonError::into_inner).contains(&hash)
    }

    /// The node says that it is paid, and perhaps how much arrived.
    pub(crate) fn note_settled(&self, hash: PaymentHash, amount: Option<Msat>) {
        if self.0.pool.remove(hash) {
            self.0.unbooked.insert(hash, amount);
        }
        self.0.settled.lock().unwrap_or_else(PoisonError::into_inner).insert(hash);
    }

    pub(crate) fn knows_recorded(&self, bought: &(PaymentKey, [u8; 32])) -> bool {
        self.0.recorded.lock().unwrap_or_else(PoisonError::into_inner).contains(bought)
    }

    pub(crate) fn note_recorded(&self, bought: (PaymentKey, [u8; 32])) {
        self.0.recorded.lock().unwrap_or_else(PoisonError::into_inner).insert(bought);
    }

    /// Ends a reservation. When the records cannot be written, it goes on trying behind its
    /// caller's back: until then nobody can use the payment.
    pub(crate) async fn end(&self, key: PaymentKey, end: End) -> Result<(), StoreError> {
        let redemptions = self.0.redemptions.clone();
        let now = self.now();
        let ended = redemptions.end(key, end.clone(), now).await;
        if ended.is_err() {
            tokio::spawn(async move {
                let mut pause = END_RETRY_FIRST;
                loop {
                    tokio::time::sleep(pause).await;
                    match redemptions.end(key, end.clone(), now).await {
                        Ok(()) => break,
                        Err(error) => {
                            tracing::error!(%error, payment = ?key, "still not recorded");
                            if !error.is_passing() {
                                break;
                            }
                        }
                    }
                    pause = (pause * 2).min(END_RETRY_MAX);
                }
            });
        }
        ended
    }

    pub(crate) fn count_challenge(&self) {
        self.0.counters.challenges.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_invoice(&self) {
        self.0.counters.invoices_created.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_admitted(&self) {
        self.0.counters.admitted.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_replayed(&self) {
        self.0.counters.replayed.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_refused(&self) {
        self.0.counters.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_released(&self) {
        self.0.counters.released.fetch_add(1, Ordering::Relaxed);
    }
}
