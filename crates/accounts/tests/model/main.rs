//! Random lives of accounts, a hundred thousand commands in all, with crashes in between: what
//! each account has is what its own small model says, the books are sound at every restart, and
//! the ledger's log replayed by the pure rules gives the same books.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]
#![cfg(test)]

#[path = "../withdrawals/invoices.rs"]
#[allow(dead_code, reason = "shared with the tests of withdrawals")]
mod invoices;
mod lane;
mod node;
mod replay;

use farebox_accounts::{Accounts, Payout, TokenKey, WithdrawalRules};
use farebox_ledger::AccountClass;
use farebox_money::Sats;
use farebox_store::lease::Instance;
use farebox_store::{Schema, Store, StoreError, Transaction, params};
use farebox_testing::TestDatabase;
use lane::Lane;
use node::Node;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;

/// Accounts that live side by side.
const LANES: u64 = 64;
/// Processes, one after the other; each but the last one is cut off.
const LIVES: u64 = 10;
const COMMANDS: u64 = 100_000;

fn schemas() -> Vec<Schema> {
    vec![farebox_store::schema(), farebox_ledger::schema(), farebox_accounts::schema()]
}

async fn open(database: &TestDatabase, node: &Arc<Node>) -> (Accounts, Store) {
    let store = database.open(schemas).await;
    // The process before is known to be dead; others would wait a minute to be sure.
    let bury = |transaction: &Transaction<'_>| transaction.execute("DELETE FROM lease", params![]);
    store.write::<_, StoreError, _>(bury).await.unwrap();
    let instance = Instance::start(store.clone()).await.unwrap();
    let key = TokenKey::new([7; 32]);
    let rules = WithdrawalRules {
        day_max: Sats::new(1_000_000_000),
        hour_count_max: u64::MAX / 2,
        // Twice as long nobody takes up what a process that died was sending.
        pay_wait: Duration::from_secs(2),
        ..WithdrawalRules::default()
    };
    let payout = Payout { payer: node.clone(), wallet: "model".to_owned(), rules };
    let accounts = Accounts::open(store.clone(), instance, node.clone(), key).await.unwrap();
    (accounts.with_withdrawals(payout), store)
}

/// One process: every account goes on with its life until it has done `quota` commands, or until
/// the process is cut off, tasks and all.
fn live(database: &TestDatabase, node: &Arc<Node>, lanes: &[Arc<Lane>], quota: u64, is_last: bool) {
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let (accounts, store) = open(database, node).await;
        tokio::spawn({
            let accounts = accounts.clone();
            async move { accounts.run().await }
        });
        let tasks: Vec<_> = lanes
            .iter()
            .map(|lane| {
                let (lane, node) = (Arc::clone(lane), Arc::clone(node));
                let (accounts, store) = (accounts.clone(), store.clone());
                tokio::spawn(async move { lane.live(&accounts, &store, &node, quota).await })
            })
            .collect();
        if is_last {
            for task in tasks {
                task.await.unwrap();
            }
            return;
        }
        // Most have done their part, and some are in the middle of something.
        while lanes.iter().filter(|lane| lane.has_done(quota)).count() < lanes.len() / 4 {
            tokio::time::sleep(Duration::from_millis(1)).await;
            assert!(!lanes.iter().any(|lane| lane.is_broken()), "an account left its model");
        }
    });
    runtime.shutdown_background();
}

#[test]
fn accounts_are_what_their_models_say_whatever_crashes() {
    let database = farebox_testing::database();
    let node = Arc::new(Node::default());
    let lanes: Vec<_> = (0..LANES).map(|number| Arc::new(Lane::new(number))).collect();
    for life in 1..=LIVES {
        let quota = COMMANDS * life / (LIVES * LANES) + 1;
        live(&database, &node, &lanes, quota, life == LIVES);
        check(&database, &node, &lanes, life == LIVES);
    }
    let commands: u64 = lanes.iter().map(|lane| lane.commands()).sum();
    assert!(commands >= COMMANDS, "{commands}");
}

/// Between two processes, the books are sound; after the last one they are what was lived.
fn check(database: &TestDatabase, node: &Arc<Node>, lanes: &[Arc<Lane>], is_last: bool) {
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let store = database.open(schemas).await;
        let report = store.read(farebox_ledger::verify).await.unwrap();
        assert!(report.is_sound(), "{:?}", report.findings);
        assert_eq!(store.read(farebox_accounts::verify).await.unwrap(), []);
        if !is_last {
            return;
        }
        replay::agrees(&store, &report).await;
        for lane in lanes {
            lane.check(&store).await;
        }
        let open = |class: AccountClass| report.classes[&class].open;
        assert_eq!((open(AccountClass::Hold), open(AccountClass::Inflight)), (0, 0));
        let ledger = report.classes[&AccountClass::Node];
        assert_eq!(ledger.credits.get(), node.paid_out_msat(), "what the node paid");
        assert!(ledger.debits.get() <= node.received_msat(), "more than the node received");
    });
}
