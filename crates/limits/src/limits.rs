//! The limits of a server.

use crate::blocks::{self, Answer, Ask};
use crate::memory::Memory;
use crate::outcome::{Outcome, Refused, Taken, wait_s};
use crate::policy::{Policy, Rules, Work};
use crate::rows::{self, Table};
use crate::subject::{Key, Subject};
use crate::window::Window;
use farebox_net::ClientKey;
use farebox_store::{Batcher, Store, StoreError, Transaction};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, MutexGuard};

/// A database that has not answered by then is done without.
const ANSWER_WAIT: Duration = Duration::from_millis(500);
/// How long it is done without, in milliseconds.
const DOWN_MS: u64 = 1_000;
/// Who was refused is refused for so long without asking again, in milliseconds.
const REFUSED_MS: u64 = 1_000;
/// Subjects share this many turns to ask the database.
const TURNS: usize = 256;
const PRUNING_PERIOD: Duration = Duration::from_secs(60);

/// Milliseconds since whenever it began.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// What is known of a subject here.
#[derive(Default)]
struct Counted {
    /// What was let through here.
    window: Window,
    block: Option<Block>,
    refusal: Option<Refusal>,
}

/// What is refused here without asking.
#[derive(Clone, Copy)]
struct Refusal {
    /// Another server may give something back meanwhile: then it is asked again.
    ask_again_ms: u64,
    free_at_ms: u64,
}

/// What may be let through here without asking.
#[derive(Clone, Copy)]
struct Block {
    part: u64,
    left: u32,
    until_ms: u64,
    /// What was left for everybody when it was taken.
    remaining: u32,
    reset_at_ms: u64,
}

struct Inner {
    store: Store,
    rules: Rules,
    counted: Memory<Counted>,
    /// Where several servers may share a database.
    shared: Option<Shared>,
    began: Instant,
    clock: Option<Clock>,
}

struct Shared {
    blocks: Batcher<Ask, Answer>,
    turns: Vec<Mutex<()>>,
    hasher: RandomState,
    down_until_ms: AtomicU64,
}

/// The limits of a server; cheap to clone.
#[derive(Clone)]
pub struct Limits(Arc<Inner>);

impl Limits {
    /// Limits that are counted in `store`, which must have [`crate::schema`]. Must be called in
    /// an async runtime.
    #[must_use]
    pub fn new(store: Store, rules: Rules) -> Self {
        Self::with_clock(store, rules, None)
    }

    /// The same by another clock than those of the machine and the database, for tests.
    #[must_use]
    pub fn at(store: Store, rules: Rules, clock: Clock) -> Self {
        Self::with_clock(store, rules, Some(clock))
    }

    fn with_clock(store: Store, rules: Rules, clock: Option<Clock>) -> Self {
        let shared = store.is_shared().then(|| Shared {
            blocks: Batcher::new(store.clone(), blocks::grant),
            turns: (0..TURNS).map(|_| Mutex::new(())).collect(),
            hasher: RandomState::new(),
            down_until_ms: AtomicU64::new(0),
        });
        let (counted, began) = (Memory::new(), Instant::now());
        Self(Arc::new(Inner { store, rules, counted, shared, began, clock }))
    }

    /// What the limits are.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.0.rules
    }

    /// Counts one request against a limit of all servers together. Costs no write where one
    /// server has the database, and where several share it, about one for each quarter of what
    /// is left; requests of many clients share those. While the database does not answer, each
    /// server counts by itself.
    pub async fn count(&self, policy: Policy, subject: Subject) -> Outcome {
        let key = Key { policy: policy.name, subject };
        let Some(shared) = &self.0.shared else { return self.count_here(policy, subject) };
        if let Some(outcome) = self.spend(policy, key) {
            return outcome;
        }
        let _turn = shared.turn_of(key).await;
        // Who had the turn before may have brought a block.
        if let Some(outcome) = self.spend(policy, key) {
            return outcome;
        }
        if self.now_ms() < shared.down_until_ms.load(Ordering::Relaxed) {
            return self.count_here(policy, subject);
        }
        let asked_at_ms = self.now_ms();
        match self.ask(shared, policy, key).await {
            Some(answer) => self.take_block(policy, key, answer, asked_at_ms),
            None => {
                let down_until_ms = self.now_ms().saturating_add(DOWN_MS);
                shared.down_until_ms.store(down_until_ms, Ordering::Relaxed);
                self.count_here(policy, subject)
            }
        }
    }

    /// Counts one request in the memory of this server alone.
    #[must_use]
    pub fn count_here(&self, policy: Policy, subject: Subject) -> Outcome {
        let now = self.now_ms();
        self.0.counted.with(Key { policy: policy.name, subject }, |counted| {
            take(&mut counted.window, policy, 1, now)
        })
    }

    /// Whether nothing is left, in the memory of this server alone; how long to wait then.
    #[must_use]
    pub fn is_used_up_here(&self, policy: Policy, subject: Subject) -> Option<Refused> {
        let now = self.now_ms();
        self.0.counted.with(Key { policy: policy.name, subject }, |counted| {
            counted.window.slide(policy, now);
            let wait_ms = counted.window.wait_ms(policy, 1, now);
            (wait_ms > 0).then(|| Refused { policy, retry_after_s: wait_s(wait_ms) })
        })
    }

    /// Takes `cost` of what a client can have done for it in an hour. It is on the disk before
    /// this returns, and counts for all servers and across restarts.
    ///
    /// # Errors
    /// [`StoreError`]; then the work must not be done.
    pub async fn take(
        &self,
        work: Work,
        client: ClientKey,
        cost: u32,
    ) -> Result<Outcome, StoreError> {
        let policy = self.0.rules.of(work);
        let subject = Key { policy: policy.name, subject: Subject::Client(client) }.to_string();
        let given_ms = self.given_ms();
        let write = move |transaction: &Transaction<'_>| -> Result<Outcome, StoreError> {
            let now = rows::now_ms(transaction, given_ms)?;
            let mut window = rows::load(transaction, &subject)?;
            let outcome = take(&mut window, policy, cost, now);
            if matches!(outcome, Outcome::Taken(_)) {
                rows::save(transaction, &subject, &window, policy)?;
            }
            Ok(outcome)
        };
        self.0.store.write(write).await
    }

    /// Drops rows of which nothing counts any more, now and then, until the task is dropped.
    pub async fn run(&self) {
        let mut ticks = tokio::time::interval(PRUNING_PERIOD);
        loop {
            ticks.tick().await;
            for table in [Table::Durable, Table::Shared] {
                if let Err(error) = self.prune(table).await {
                    tracing::warn!(%error, "the rows of old limits were not dropped");
                }
            }
        }
    }

    async fn prune(&self, table: Table) -> Result<(), StoreError> {
        let given_ms = self.given_ms();
        let prune = move |transaction: &Transaction<'_>| rows::prune(transaction, table, given_ms);
        while self.0.store.write(prune).await? {}
        Ok(())
    }

    /// Lets one request through from the block that is here, or refuses it again.
    fn spend(&self, policy: Policy, key: Key) -> Option<Outcome> {
        let now = self.now_ms();
        self.0.counted.with(key, |counted| {
            if let Some(refusal) = counted.refusal.filter(|refusal| now < refusal.ask_again_ms) {
                let retry_after_s = wait_s(refusal.free_at_ms.saturating_sub(now));
                return Some(Outcome::Refused(Refused { policy, retry_after_s }));
            }
            let block = counted.block.as_mut().filter(|block| now < block.until_ms)?;
            block.left = block.left.checked_sub(1)?;
            let remaining = block.left.saturating_add(block.remaining);
            let reset_s = wait_s(block.reset_at_ms.saturating_sub(now));
            // For the time when the database does not answer.
            let _ = counted.window.take(policy, 1, 1, now);
            Some(Outcome::Taken(Taken { policy, remaining, reset_s }))
        })
    }

    /// Asks for a block. `None` when the database does not answer; a block that comes too late is
    /// lost, and counts.
    async fn ask(&self, shared: &Shared, policy: Policy, key: Key) -> Option<Answer> {
        let last = self.0.counted.with(key, |counted| counted.block.take());
        let unspent = last.filter(|block| block.left > 0).map(|block| (block.part, block.left));
        let ask = Ask { subject: key.to_string(), policy, unspent, given_ms: self.given_ms() };
        match tokio::time::timeout(ANSWER_WAIT, shared.blocks.run(ask)).await {
            Ok(Ok(answer)) => Some(answer),
            Ok(Err(error)) => {
                tracing::warn!(%error, "limits are counted by this server alone for a moment");
                None
            }
            Err(_) => {
                tracing::warn!("the database is slow; limits are counted by this server alone");
                None
            }
        }
    }

    /// Spends the first of a block and keeps the rest.
    fn take_block(&self, policy: Policy, key: Key, answer: Answer, asked_at_ms: u64) -> Outcome {
        let now = self.now_ms();
        self.0.counted.with(key, |counted| match answer {
            Answer::Block { amount, part, valid_ms, remaining, reset_ms } => {
                let left = amount.saturating_sub(1);
                // From before it was asked for: the part of the window ends no earlier.
                let until_ms = asked_at_ms.saturating_add(valid_ms);
                let reset_at_ms = now.saturating_add(reset_ms);
                counted.block = Some(Block { part, left, until_ms, remaining, reset_at_ms });
                let _ = counted.window.take(policy, 1, 1, now);
                let remaining = left.saturating_add(remaining);
                Outcome::Taken(Taken { policy, remaining, reset_s: wait_s(reset_ms) })
            }
            Answer::Nothing { wait_ms } => {
                let free_at_ms = now.saturating_add(wait_ms);
                let ask_again_ms = free_at_ms.min(now.saturating_add(REFUSED_MS));
                counted.refusal = Some(Refusal { ask_again_ms, free_at_ms });
                Outcome::Refused(Refused { policy, retry_after_s: wait_s(wait_ms) })
            }
        })
    }

    fn now_ms(&self) -> u64 {
        match &self.0.clock {
            Some(clock) => clock(),
            None => u64::try_from(self.0.began.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }

    fn given_ms(&self) -> Option<u64> {
        self.0.clock.as_ref().map(|clock| clock())
    }
}

impl Shared {
    async fn turn_of(&self, key: Key) -> Option<MutexGuard<'_, ()>> {
        let index = usize::try_from(self.hasher.hash_one(key) % TURNS as u64).unwrap_or(0);
        match self.turns.get(index) {
            Some(turn) => Some(turn.lock().await),
            None => None,
        }
    }
}

fn take(window: &mut Window, policy: Policy, cost: u32, now_ms: u64) -> Outcome {
    match window.take(policy, cost, cost, now_ms) {
        Ok(granted) => Outcome::Taken(Taken {
            policy,
            remaining: granted.remaining,
            reset_s: wait_s(window.reset_ms(policy, now_ms)),
        }),
        Err(wait_ms) => Outcome::Refused(Refused { policy, retry_after_s: wait_s(wait_ms) }),
    }
}
