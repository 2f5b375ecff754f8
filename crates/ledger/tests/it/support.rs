//! Books in memory and in databases, and random events for both.

use farebox_ledger::writer::{self, WriteError};
use farebox_ledger::{
    AccountKey, Balance, ChainHash, NewTransfer, PostError, Posted, Report, TransferCode, schema,
    verify,
};
use farebox_money::Msat;
use farebox_store::{Location, Store, StoreError};
use farebox_testing::TestDatabase;
use proptest::prelude::*;
use tokio::runtime::Runtime;

/// A ledger in a database.
pub struct Stored {
    pub store: Store,
    runtime: Runtime,
    database: TestDatabase,
}

/// One ledger in each database that there is.
pub fn open() -> Vec<Stored> {
    farebox_testing::databases().into_iter().map(Stored::new).collect()
}

impl Stored {
    pub fn new(database: TestDatabase) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build();
        let runtime = runtime.unwrap();
        let store = runtime.block_on(database.open(|| vec![schema()]));
        Self { store, runtime, database }
    }

    pub fn post(&self, event: &[NewTransfer], now_ms: i64) -> Result<Posted, WriteError> {
        let event = event.to_vec();
        let post = move |transaction: &farebox_store::Transaction<'_>| {
            writer::post(transaction, &event, now_ms)
        };
        self.runtime.block_on(self.store.write(post))
    }

    /// All in one transaction, in parts of `part_len` events.
    pub fn post_all(
        &self,
        events: &[Vec<NewTransfer>],
        part_len: usize,
    ) -> Vec<Result<Posted, PostError>> {
        let events = events.to_vec();
        let post = move |transaction: &farebox_store::Transaction<'_>| {
            let mut outcomes = Vec::new();
            for (now_ms, part) in (1..).zip(events.chunks(part_len)) {
                let part: Vec<_> = part.iter().map(Vec::as_slice).collect();
                outcomes.extend(writer::post_all(transaction, &part, now_ms)?);
            }
            Ok::<_, StoreError>(outcomes)
        };
        self.runtime.block_on(self.store.write(post)).unwrap()
    }

    pub fn execute(&self, sql: &'static str) -> Result<u64, StoreError> {
        let execute =
            move |transaction: &farebox_store::Transaction<'_>| transaction.execute(sql, &[]);
        self.runtime.block_on(self.store.write(execute))
    }

    /// Past the triggers and foreign keys of a PostgreSQL.
    pub fn execute_unguarded(&self, sql: &'static str) -> Result<u64, StoreError> {
        let execute = move |transaction: &farebox_store::Transaction<'_>| {
            transaction.execute("SET LOCAL session_replication_role = replica", &[])?;
            transaction.execute(sql, &[])
        };
        self.runtime.block_on(self.store.write(execute))
    }

    pub fn location(&self) -> &Location {
        &self.database.location
    }

    pub fn balance(&self, account: &AccountKey) -> Balance {
        let account = account.clone();
        let read = move |transaction: &farebox_store::Transaction<'_>| {
            writer::balance(transaction, &account)
        };
        self.runtime.block_on(self.store.read(read)).unwrap()
    }

    pub fn head(&self) -> (u64, ChainHash) {
        self.runtime.block_on(self.store.read(writer::head)).unwrap()
    }

    pub fn entries(
        &self,
        account: &AccountKey,
        from: Option<u64>,
        len_max: usize,
    ) -> Vec<writer::Entry> {
        let account = account.clone();
        let read = move |transaction: &farebox_store::Transaction<'_>| {
            writer::entries(transaction, &account, from, len_max)
        };
        self.runtime.block_on(self.store.read(read)).unwrap()
    }

    pub fn verify(&self) -> Report {
        self.runtime.block_on(self.store.read(verify)).unwrap()
    }
}

pub fn user(name: &str) -> AccountKey {
    AccountKey::User(name.into())
}

/// Money from outside for a user.
pub fn deposit(reference: &str, to: &str, msat: u64) -> NewTransfer {
    let (code, amount) = (TransferCode::TopupSettled, Msat::new(msat));
    NewTransfer::new(code, reference, 0, AccountKey::Node, user(to), amount)
}

/// Money from one user's account to another account.
pub fn movement(
    reference: &str,
    leg: u8,
    from: AccountKey,
    to: AccountKey,
    msat: u64,
) -> NewTransfer {
    NewTransfer::new(TransferCode::Correction, reference, leg, from, to, Msat::new(msat))
}

fn account() -> impl Strategy<Value = AccountKey> {
    prop_oneof![
        3 => "[a-d]".prop_map(AccountKey::User),
        1 => "[x-z]".prop_map(AccountKey::Hold),
        1 => "[x-z]".prop_map(AccountKey::Escrow),
        2 => Just(AccountKey::Node),
        1 => Just(AccountKey::Income("gateway".into())),
        1 => Just(AccountKey::Expense("routing".into())),
        1 => Just(AccountKey::Equity),
    ]
}

/// Events of one to three legs whose references repeat often, so that replays, conflicts and
/// partial repeats happen, and whose amounts are often more than there is.
pub fn event() -> impl Strategy<Value = Vec<NewTransfer>> {
    let leg = (account(), account(), prop_oneof![Just(0), 1..2_000u64, Just(u64::MAX / 2)]);
    let code = proptest::sample::select(TransferCode::ALL);
    (code, 0..40u8, proptest::collection::vec(leg, 0..4)).prop_map(|(code, number, legs)| {
        let reference = format!("event-{number}");
        let legs = legs.into_iter().zip(0..);
        let transfer = |((debit, credit, msat), leg)| {
            NewTransfer::new(code, &reference, leg, debit, credit, Msat::new(msat))
        };
        legs.map(transfer).collect()
    })
}
