//! What ties the tables of accounts and payments to the ledger, and that it shows when it breaks.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod shop;

use farebox_ledger::AccountClass;
use farebox_store::{StoreError, Transaction, params};
use http::StatusCode;
use serde_json::json;
use shop::{Shop, request};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// A token with a balance, and one paid top-up that nobody claimed.
async fn funded(shop: &Shop) -> String {
    let post = async |uri: &str, body: serde_json::Value| {
        shop.send(request("POST", uri, None, &body.to_string())).await.json()
    };
    let mut token = String::new();
    for claims in [true, false] {
        let topup = post("/api/v1/topup", json!({"amount_sats": 100})).await;
        let hash = topup["payment_hash"].as_str().unwrap();
        let preimage = shop.wallet.pay_unreported(hash).reveal_hex();
        if claims {
            let claimed = post("/api/v1/topup/claim", json!({"preimage": preimage})).await;
            token = format!("Bearer {}", claimed["token"].as_str().unwrap());
        }
    }
    token
}

async fn findings(shop: &Shop) -> Vec<String> {
    let verify = |transaction: &Transaction<'_>| -> Result<Vec<String>, StoreError> {
        let mut lines: Vec<_> =
            farebox_accounts::verify(transaction)?.iter().map(ToString::to_string).collect();
        lines.extend(farebox_paywall::verify(transaction)?.iter().map(ToString::to_string));
        Ok(lines)
    };
    shop.store.read(verify).await.unwrap()
}

/// What is found after a change that no code of ours makes; the change is undone.
async fn found_after(shop: &Shop, tampering: &'static str) -> Vec<String> {
    let (sender, mut found) = tokio::sync::mpsc::channel(1);
    let tamper = move |transaction: &Transaction<'_>| -> Result<(), StoreError> {
        assert!(transaction.execute(tampering, params![])? > 0, "{tampering}");
        let mut lines: Vec<_> =
            farebox_accounts::verify(transaction)?.iter().map(ToString::to_string).collect();
        lines.extend(farebox_paywall::verify(transaction)?.iter().map(ToString::to_string));
        sender.blocking_send(lines).unwrap();
        Err(StoreError::Closed)
    };
    shop.store.write(tamper).await.unwrap_err();
    found.recv().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_has_its_transfer_and_every_transfer_its_row() {
    let shop = Shop::open().await;
    let bearer = funded(&shop).await;
    assert_eq!(shop.get("/dish", Some(&bearer)).await.status, StatusCode::OK);
    let sold = shop.buy("/dish?l402").await;
    assert_eq!(shop.get("/dish?l402", Some(&sold)).await.status, StatusCode::OK);
    shop.kitchen.fails.store(true, Ordering::SeqCst);
    let open = shop.buy("/dish?open").await;
    assert_eq!(shop.get("/dish?open", Some(&open)).await.status, StatusCode::BAD_GATEWAY);
    shop.kitchen.fails.store(false, Ordering::SeqCst);
    assert_eq!(findings(&shop).await, Vec::<String>::new());
    // One is held while the checks below run.
    shop.kitchen.delay_ms.store(60_000, Ordering::SeqCst);
    let (router, held) = (shop.router.clone(), request("GET", "/dish?held", Some(&bearer), ""));
    let waiting = tokio::spawn(tower::ServiceExt::oneshot(router, held));
    loop {
        let report = shop.store.read(farebox_ledger::verify).await.unwrap();
        if report.classes[&AccountClass::Hold].open == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(findings(&shop).await, Vec::<String>::new());
    for tampering in [
        "DELETE FROM hold",
        "UPDATE hold SET amount_msat = amount_msat + 1",
        "UPDATE topup SET amount_msat = amount_msat + 1 WHERE state = 'claimed'",
        "UPDATE topup SET state = 'pending' WHERE state = 'claimed'",
        "UPDATE topup SET state = 'settled' WHERE state = 'claimed'",
        "UPDATE topup SET state = 'claimed' WHERE state <> 'claimed'",
        "DELETE FROM topup WHERE state = 'claimed'",
        "UPDATE redemption SET state = 'open' WHERE state = 'done'",
        "UPDATE redemption SET state = 'done' WHERE state = 'open'",
        "UPDATE redemption SET amount_msat = amount_msat + 1 WHERE state = 'done'",
    ] {
        let found = found_after(&shop, tampering).await;
        assert!(!found.is_empty(), "{tampering} was not noticed");
    }
    assert_eq!(findings(&shop).await, Vec::<String>::new());
    waiting.abort();
}

/// Waits until so much is in the node's account.
async fn arrived(shop: &Shop, msat: u64) -> farebox_ledger::Report {
    for _ in 0..1_000 {
        let report = shop.store.read(farebox_ledger::verify).await.unwrap();
        if report.classes[&AccountClass::Node].debits.get() >= msat {
            return report;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{msat} msat were not booked");
}

#[tokio::test]
async fn a_payment_that_is_never_used_is_owed_as_soon_as_it_settles() {
    let shop = Shop::open().await;
    for number in 0..100 {
        shop.get(&format!("/dish?unpaid={number}"), None).await.challenge();
    }
    let unpaid = shop.store.read(farebox_ledger::verify).await.unwrap();
    assert_eq!(unpaid.transfers, 0, "an unpaid request writes nothing");
    shop.buy("/dish?never").await;
    let report = arrived(&shop, 5_000).await;
    assert!(report.is_sound(), "{:?}", report.findings);
    assert_eq!(report.classes[&AccountClass::L402].open, 1);
    assert_eq!(report.classes[&AccountClass::L402].credits.get(), 5_000);
    assert_eq!(report.classes[&AccountClass::Income].credits.get(), 0);
    assert_eq!(shop.redemption_rows().await, 0);
    assert_eq!(findings(&shop).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_arrived_is_booked_and_all_of_it_buys_the_answer() {
    let shop = Shop::open().await;
    let (token, hash) = shop.get("/dish?generous", None).await.challenge();
    let preimage = shop.wallet.pay_over(&hash, 700).reveal_hex();
    let report = arrived(&shop, 5_700).await;
    assert_eq!(report.classes[&AccountClass::L402].open, 1);
    let credential = format!("L402 {token}:{preimage}");
    for _ in 0..2 {
        let answer = shop.get("/dish?generous", Some(&credential)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    }
    let report = shop.store.read(farebox_ledger::verify).await.unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);
    assert_eq!(report.classes[&AccountClass::Income].credits.get(), 5_700);
    assert_eq!(report.classes[&AccountClass::L402].open, 0);
    assert_eq!(findings(&shop).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_payment_is_booked_later_when_the_node_falls_silent_after_its_report() {
    let shop = Shop::open().await;
    let (_, hash) = shop.get("/dish?silent", None).await.challenge();
    shop.wallet.is_forgetful.store(true, Ordering::SeqCst);
    shop.wallet.pay(&hash);
    while shop.paywall.stats().open_invoices > 0 {
        tokio::task::yield_now().await;
    }
    shop.wallet.is_forgetful.store(false, Ordering::SeqCst);
    let report = arrived(&shop, 5_000).await;
    assert_eq!(report.classes[&AccountClass::L402].open, 1);
}

#[tokio::test]
async fn a_payment_that_the_pool_has_forgotten_is_booked_at_its_first_use_and_once() {
    let shop = Shop::open().await;
    let (token, hash) = shop.get("/dish?late", None).await.challenge();
    shop.clock.store(shop::START + 601, Ordering::SeqCst);
    shop.get("/dish?other", None).await.challenge();
    assert_eq!(shop.paywall.stats().open_invoices, 1, "the first one is forgotten");
    let preimage = shop.wallet.pay(&hash).reveal_hex();
    let credential = format!("L402 {token}:{preimage}");
    for _ in 0..2 {
        let answer = shop.get("/dish?late", Some(&credential)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    }
    let report = arrived(&shop, 5_000).await;
    assert!(report.is_sound(), "{:?}", report.findings);
    assert_eq!(report.transfers, 2);
    assert_eq!(report.classes[&AccountClass::L402].open, 0);
}
