//! Limits on real databases: one server, several on one database, and after a restart.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use farebox_limits::{Clock, Limits, Outcome, Policy, Rules, Subject, Work, schema};
use farebox_net::ClientKey;
use farebox_store::{Store, StoreError, Transaction, params};
use farebox_testing::TestDatabase;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// In the middle of a part of a minute and of an hour.
const START_MS: u64 = 1_800_000_001_000;

struct Server {
    limits: Limits,
    store: Store,
}

/// A clock that all servers of a test go by.
fn clock() -> (Arc<AtomicU64>, Clock) {
    let time = Arc::new(AtomicU64::new(START_MS));
    let read = Arc::clone(&time);
    (time, Arc::new(move || read.load(Ordering::SeqCst)))
}

async fn server(database: &TestDatabase, rules: Rules, clock: &Clock) -> Server {
    let store = database.open(|| vec![schema()]).await;
    Server { limits: Limits::at(store.clone(), rules, Arc::clone(clock)), store }
}

fn client(number: u32) -> ClientKey {
    ClientKey::of(Ipv4Addr::from_bits(0x0a00_0000 + number).into())
}

fn is_taken(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Taken(_))
}

/// Counts `attempts` requests of each of `clients`, all at once, spread over the servers; returns
/// how many of each client were let through.
async fn storm(servers: &[Server], policy: Policy, clients: u32, attempts: u32) -> Vec<usize> {
    let mut tasks = Vec::new();
    for attempt in 0..attempts {
        for number in 0..clients {
            let server = &servers[(attempt as usize) % servers.len()];
            let limits = server.limits.clone();
            let subject = Subject::Client(client(number));
            tasks.push(tokio::spawn(async move { (number, limits.count(policy, subject).await) }));
        }
    }
    let mut let_through = vec![0; clients as usize];
    for task in tasks {
        let (number, outcome) = task.await.unwrap();
        let_through[number as usize] += usize::from(is_taken(&outcome));
    }
    let_through
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_clients_at_once_get_exactly_the_limit_each() {
    for database in farebox_testing::databases() {
        let (_, clock) = clock();
        let servers = [server(&database, Rules::default(), &clock).await];
        let policy = Policy::per_minute("free", 20);
        let let_through = storm(&servers, policy, 200, 30).await;
        assert_eq!(let_through, [20; 200]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_on_one_database_let_no_more_through_than_one() {
    let Some(database) = farebox_testing::postgres() else { return };
    let (time, clock) = clock();
    let rules = Rules::default();
    let servers = [server(&database, rules, &clock).await, server(&database, rules, &clock).await];
    assert_eq!(storm(&servers, rules.free, 20, 250).await, [100; 20]);
    assert_eq!(storm(&servers[..1], rules.free, 20, 10).await, [0; 20]);
    time.fetch_add(58_000, Ordering::SeqCst);
    assert_eq!(storm(&servers, rules.free, 20, 10).await, [0; 20], "within the same minute");
    time.fetch_add(12_000, Ordering::SeqCst);
    assert_eq!(storm(&servers, rules.free, 20, 250).await, [100; 20], "the next minute");
    assert_eq!(storm(&servers, rules.paid, 1, 3_000).await, [1_000], "a limit of its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_server_has_left_from_earlier_is_not_spent_on_top() {
    let Some(database) = farebox_testing::postgres() else { return };
    let (time, clock) = clock();
    let rules = Rules::default();
    let servers = [server(&database, rules, &clock).await, server(&database, rules, &clock).await];
    assert_eq!(storm(&servers[..1], rules.free, 1, 1).await, [1]);
    let mut within_a_minute = 0;
    for pause_ms in [61_000, 10_000] {
        time.fetch_add(pause_ms, Ordering::SeqCst);
        for one in [&servers[1..], &servers[..1]] {
            within_a_minute += storm(one, rules.free, 1, 300).await[0];
        }
    }
    assert!(within_a_minute <= 100, "{within_a_minute}");
}

#[tokio::test]
async fn a_client_that_asks_now_and_then_is_not_refused_for_blocks_it_did_not_use() {
    let Some(database) = farebox_testing::postgres() else { return };
    let (time, clock) = clock();
    let rules = Rules::default();
    let servers = [server(&database, rules, &clock).await, server(&database, rules, &clock).await];
    let subject = Subject::Client(client(1));
    // 60 in any minute, now here and now there.
    for number in 0..240 {
        let server = &servers[number / 3 % 2];
        assert!(is_taken(&server.limits.count(rules.free, subject).await), "{number}");
        time.fetch_add(1_000, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn a_server_alone_says_how_many_are_left_and_when_more_are() {
    for database in farebox_testing::databases() {
        let (time, clock) = clock();
        let server = server(&database, Rules::default(), &clock).await;
        let (policy, subject) = (Policy::per_minute("free", 3), Subject::Client(client(1)));
        for left in [2, 1, 0] {
            let Outcome::Taken(taken) = server.limits.count(policy, subject).await else {
                panic!("refused with {left} left");
            };
            assert_eq!((taken.remaining, taken.policy), (left, policy));
        }
        let Outcome::Refused(refused) = server.limits.count(policy, subject).await else {
            panic!("not refused");
        };
        assert_eq!(refused.retry_after_s, 69, "a minute and the rest of a sixth");
        time.fetch_add(refused.retry_after_s * 1_000, Ordering::SeqCst);
        assert!(is_taken(&server.limits.count(policy, subject).await));
    }
}

#[tokio::test]
async fn requests_leave_no_row_in_a_database_of_one_server() {
    let database = farebox_testing::sqlite();
    let (_, clock) = clock();
    let server = server(&database, Rules::default(), &clock).await;
    for number in 0..1_000 {
        let subject = Subject::Client(client(number));
        server.limits.count(server.limits.rules().free, subject).await;
    }
    assert_eq!(rows(&server.store).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn expensive_work_is_counted_once_for_all_and_across_restarts() {
    for database in farebox_testing::databases() {
        let (time, clock) = clock();
        let first = server(&database, Rules::default(), &clock).await;
        let tasks: Vec<_> = (0..200)
            .map(|number| {
                let limits = first.limits.clone();
                tokio::spawn(async move {
                    limits.take(Work::Registrations, client(number % 4), 1).await.unwrap()
                })
            })
            .collect();
        let mut taken = 0;
        for task in tasks {
            taken += u32::from(is_taken(&task.await.unwrap()));
        }
        assert_eq!(taken, 40, "ten of each of four clients");
        drop(first);
        let again = server(&database, Rules::default(), &clock).await;
        let take = |work, number| {
            let limits = again.limits.clone();
            async move { limits.take(work, client(number), 1).await.unwrap() }
        };
        for number in 0..4 {
            assert!(!is_taken(&take(Work::Registrations, number).await), "after a restart");
            assert!(is_taken(&take(Work::Webhooks, number).await), "another limit");
        }
        assert!(is_taken(&take(Work::Registrations, 5).await), "another client");
        time.fetch_add(70 * 60_000, Ordering::SeqCst);
        assert!(is_taken(&take(Work::Registrations, 0).await), "the next hour");
    }
}

#[tokio::test]
async fn a_cost_is_taken_as_a_whole_or_not_at_all() {
    for database in farebox_testing::databases() {
        let (_, clock) = clock();
        let server = server(&database, Rules::default(), &clock).await;
        let take = |cost| server.limits.take(Work::Webhooks, client(1), cost);
        assert!(is_taken(&take(3).await.unwrap()));
        assert!(!is_taken(&take(3).await.unwrap()));
        assert!(!is_taken(&take(6).await.unwrap()), "more than there ever is");
        assert!(is_taken(&take(2).await.unwrap()), "what was refused took nothing");
        assert!(!is_taken(&take(1).await.unwrap()));
    }
}

#[tokio::test]
async fn a_database_that_is_gone_stops_expensive_work_and_no_reading() {
    let Some(database) = farebox_testing::postgres() else { return };
    let (_, clock) = clock();
    let server = server(&database, Rules::default(), &clock).await;
    let remove = |transaction: &Transaction<'_>| -> Result<(), StoreError> {
        transaction.execute("DROP TABLE limit_block", params![])?;
        transaction.execute("DROP TABLE limit_window", params![])?;
        Ok(())
    };
    server.store.write(remove).await.unwrap();
    let policy = Policy::per_minute("free", 100);
    assert_eq!(storm(&[server], policy, 1, 150).await, [100]);
    let server = self::server(&database, Rules::default(), &clock).await;
    assert!(server.limits.take(Work::Claims, client(1), 1).await.is_err());
}

async fn rows(store: &Store) -> u64 {
    let count = |transaction: &Transaction<'_>| {
        transaction.one("SELECT count(*) FROM limit_window", params![], |row| row.get(0))
    };
    store.read(count).await.unwrap()
}

#[tokio::test]
async fn rows_of_which_nothing_counts_are_dropped() {
    for database in farebox_testing::databases() {
        let (time, clock) = clock();
        let server = server(&database, Rules::default(), &clock).await;
        for number in 0..3 {
            server.limits.take(Work::Claims, client(number), 1).await.unwrap();
        }
        time.fetch_add(65 * 60_000, Ordering::SeqCst);
        server.limits.take(Work::Claims, client(3), 1).await.unwrap();
        assert_eq!(rows(&server.store).await, 4);
        time.fetch_add(10 * 60_000, Ordering::SeqCst);
        let limits = server.limits.clone();
        let run = tokio::spawn(async move { limits.run().await });
        while rows(&server.store).await > 1 {
            tokio::task::yield_now().await;
        }
        run.abort();
    }
}
