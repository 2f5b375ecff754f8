//! What counts against the budget, whatever becomes of a payment.

use crate::support::server::{Reply, Server};
use crate::support::shop::Shop;
use crate::support::wallet::{Draft, Fault, TestWallet};
use crate::support::{Desk, Recorder, get_request, quick_limits};
use farebox_buyer::rules::Policy;
use farebox_buyer::{BuyError, Buyer, Limits, MemorySink, Mode, Reconciled, Records};
use farebox_money::Msat;
use farebox_wire::l402::TokenKind;
use std::time::Duration;

/// A seller that asks for 5 sats.
async fn five_sats(wallet: &TestWallet) -> Server {
    let shop = Shop::new(wallet, TokenKind::OneShot, Draft::sats(5));
    Server::start(move |seen| shop.sell(seen, "sold")).await
}

fn policy(text: &str) -> Policy {
    text.parse().unwrap()
}

/// A buyer with a policy on the desk's folder.
fn under(desk: &Desk, text: &str) -> Buyer {
    desk.reopened("test").with_policy(policy(text))
}

async fn get(buyer: &Buyer, url: &str) -> Result<(), BuyError> {
    let (recorder, mut sink) = (Recorder::default(), MemorySink::default());
    let limits = Limits { fee_max: Msat::new(1_000), ..quick_limits() };
    let request = get_request(url);
    buyer.get(&request, &limits, Mode::Pay, &recorder, &mut sink).await.map(|_| ())
}

/// Spent today, how often, and how many payments are reserved.
async fn day(desk: &Desk) -> (u64, u64, usize) {
    let records = Records::open(desk.folder.path()).unwrap();
    let budget = records.budget(&Policy::default()).await.unwrap();
    (budget.total.day.msat.get(), budget.total.day.calls, budget.reserved.len())
}

fn code(result: Result<(), BuyError>) -> &'static str {
    result.unwrap_err().code()
}

#[tokio::test]
async fn what_is_paid_counts_with_its_real_fee() {
    let desk = Desk::with_wallet(TestWallet::with_fee(Msat::new(300), true));
    let server = five_sats(&desk.wallet).await;
    let buyer = under(&desk, "total = { day = \"12 sats\" }");
    get(&buyer, &server.url("/a")).await.unwrap();
    assert_eq!(day(&desk).await, (5_300, 1, 0));
    // 5.3 sats, and 6 with the worst fee.
    get(&buyer, &server.url("/b")).await.unwrap();
    assert_eq!(day(&desk).await, (10_600, 2, 0));
    assert_eq!(code(get(&buyer, &server.url("/c")).await), "over_budget");
    assert_eq!(desk.wallet.payments().len(), 2);
}

#[tokio::test]
async fn what_failed_for_certain_is_free_again_and_what_may_be_paid_is_not() {
    let desk = Desk::new();
    let server = five_sats(&desk.wallet).await;
    let buyer = under(&desk, "total = { day = \"11 sats\" }");
    for fault in [Fault::Fails, Fault::Unreachable] {
        desk.wallet.set(fault);
        get(&buyer, &server.url("/a")).await.unwrap_err();
        assert_eq!(day(&desk).await, (0, 0, 0), "{fault:?}");
    }
    desk.wallet.set(Fault::Holds);
    assert_eq!(code(get(&buyer, &server.url("/a")).await), "payment_pending");
    assert_eq!(day(&desk).await, (6_000, 1, 1));
    assert_eq!(code(get(&buyer, &server.url("/b")).await), "over_budget");
    // The wallet paid after all: the next one finds out, and its fee was nothing.
    desk.wallet.set(Fault::None);
    get(&buyer, &server.url("/b")).await.unwrap();
    assert_eq!(day(&desk).await, (10_000, 2, 0));
}

#[tokio::test]
async fn a_payment_that_never_reached_the_wallet_stays_reserved_until_it_cannot_be_made() {
    let desk = Desk::new();
    let shop = Shop::new(&desk.wallet, TokenKind::OneShot, Draft { expiry_s: 8, ..Draft::sats(5) });
    let server = Server::start(move |seen| shop.sell(seen, "sold")).await;
    desk.wallet.set(Fault::Swallowed);
    let buyer = under(&desk, "");
    assert_eq!(code(get(&buyer, &server.url("/a")).await), "payment_pending");
    let unknown = Reconciled { unknown: 1, ..Reconciled::default() };
    assert_eq!(buyer.reconcile(10).await.unwrap(), unknown);
    assert_eq!(day(&desk).await, (6_000, 1, 1));
    let released = Reconciled { released: 1, ..Reconciled::default() };
    while buyer.reconcile(10).await.unwrap() != released {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(day(&desk).await, (0, 0, 0));
    assert!(desk.wallet.payments().is_empty());
}

#[tokio::test]
async fn a_payment_that_another_wallet_began_is_not_judged_and_counts_when_it_is_given_up() {
    let desk = Desk::new();
    let server = five_sats(&desk.wallet).await;
    desk.wallet.set(Fault::Holds);
    get(&under(&desk, ""), &server.url("/a")).await.unwrap_err();
    let other = desk.reopened("another");
    assert_eq!(other.reconcile(10).await.unwrap().unknown, 1);
    desk.wallet.set(Fault::None);
    let (recorder, mut sink) = (Recorder::default(), MemorySink::default());
    let limits = Limits { fee_max: Msat::new(1_000), ..quick_limits() };
    let request = get_request(&server.url("/a"));
    other.get(&request, &limits, Mode::BuyAgain, &recorder, &mut sink).await.unwrap();
    // 6 that may have been paid, and 5 that were.
    assert_eq!(day(&desk).await, (11_000, 2, 0));
}

#[tokio::test]
async fn an_invoice_of_an_earlier_run_is_paid_only_by_the_rules_of_this_one() {
    let desk = Desk::new();
    let server = five_sats(&desk.wallet).await;
    desk.wallet.set(Fault::Swallowed);
    get(&under(&desk, ""), &server.url("/a")).await.unwrap_err();
    desk.wallet.set(Fault::None);
    let strict = under(&desk, "[[rules]]\nname = \"no\"\naction = \"deny\"");
    assert_eq!(code(get(&strict, &server.url("/a")).await), "policy_denied");
    let asking = under(&desk, "[[rules]]\nname = \"all\"\naction = \"ask\"");
    let Err(BuyError::ApprovalRequired(parked)) = get(&asking, &server.url("/a")).await else {
        panic!("it was not asked");
    };
    assert!(desk.wallet.payments().is_empty());
    let records = Records::open(desk.folder.path()).unwrap();
    records.answer(&parked.id, true, &Policy::default()).await.unwrap().unwrap();
    get(&asking, &server.url("/a")).await.unwrap();
    assert_eq!((desk.wallet.payments().len(), day(&desk).await), (1, (5_000, 1, 0)));
    assert_eq!(desk.states(), ["delivered"]);
}

#[tokio::test]
async fn a_day_that_is_over_does_not_count_and_one_that_is_yet_to_come_does() {
    let desk = Desk::new();
    let server = five_sats(&desk.wallet).await;
    let buyer = under(&desk, "total = { calls = { day = 1 } }");
    get(&buyer, &server.url("/a")).await.unwrap();
    assert_eq!(code(get(&buyer, &server.url("/b")).await), "over_budget");
    let move_by = |seconds: i64| {
        let sql = "UPDATE spend SET reserved_at = reserved_at + ?1";
        desk.records().execute(sql, [seconds]).unwrap();
    };
    // As after the clock was set back.
    move_by(2 * 86_400);
    assert_eq!(code(get(&buyer, &server.url("/b")).await), "over_budget");
    move_by(-4 * 86_400);
    get(&buyer, &server.url("/b")).await.unwrap();
}

#[tokio::test]
async fn the_host_that_counts_is_the_one_that_asks_for_the_money() {
    let desk = Desk::new();
    let elsewhere = five_sats(&desk.wallet).await;
    let target = elsewhere.url("/x");
    let server = Server::start(move |_| Reply::new(302, "").header("location", target.clone()));
    let server = server.await;
    let trusted = server.url("").replace("http://", "");
    let rules = format!(
        "[[rules]]\nname = \"trusted\"\nhosts = [\"{trusted}\"]\n\
         [[rules]]\nname = \"rest\"\naction = \"deny\""
    );
    let buyer = under(&desk, &rules);
    assert_eq!(code(get(&buyer, &server.url("/a")).await), "policy_denied");
    assert!(desk.wallet.payments().is_empty());
}

#[tokio::test]
async fn what_was_bought_before_there_was_a_budget_counts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("buyer.sqlite");
    let old = farebox_store::rusqlite::Connection::open(&path).unwrap();
    old.execute_batch(include_str!("../../migrations/V1__purchases.sql")).unwrap();
    let insert = "INSERT INTO purchase (fingerprint, origin, method, url, payment_hash, invoice,
        amount_msat, fee_max_msat, fee_msat, scheme, token, wallet, preimage, state, created_at,
        paid_at, updated_at)
        VALUES (randomblob(32), 'https://a.example:8443', 'GET', 'https://a.example:8443/',
            randomblob(32), '', 5000, 1000, ?1, 'L402', '', 'test', ?2, ?3, unixepoch(), ?4, 1)";
    let proof = vec![1_u8; 32];
    for (fee, preimage, state) in
        [(Some(10), Some(&proof), "delivered"), (None, None, "intended"), (None, None, "failed")]
    {
        let paid_at = fee.map(|_| 1);
        old.execute(insert, (fee, preimage, state, paid_at)).unwrap();
    }
    mark_as_migrated(&old);
    drop(old);
    let records = Records::open(folder.path()).unwrap();
    let budget = records.budget(&Policy::default()).await.unwrap();
    assert_eq!((budget.total.day.msat, budget.total.day.calls), (Msat::new(11_010), 2));
    assert_eq!(budget.reserved.len(), 1);
    assert_eq!(budget.reserved[0].host, "a.example:8443");
}

/// As a program without a budget has left it: only the first migration is noted.
fn mark_as_migrated(connection: &farebox_store::rusqlite::Connection) {
    let fresh = tempfile::tempdir().unwrap();
    drop(Records::open(fresh.path()).unwrap());
    let path = fresh.path().join("buyer.sqlite");
    connection
        .execute("ATTACH ?1 AS fresh", [path.to_str().unwrap()])
        .and_then(|_| {
            connection.execute_batch(
                "CREATE TABLE migrations_buyer (version INT4 PRIMARY KEY, name VARCHAR(255),
                     applied_on VARCHAR(255), checksum VARCHAR(255));
                 INSERT INTO migrations_buyer
                     SELECT * FROM fresh.migrations_buyer WHERE version = 1;
                 DETACH fresh;",
            )
        })
        .unwrap();
}
