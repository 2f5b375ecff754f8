//! One payment buys one answer: never none, never two.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod shop;

use farebox_ledger::AccountClass;
use farebox_money::Msat;
use farebox_paywall::{Paywall, Rails, Secret};
use http::StatusCode;
use shop::{START, Shop, request};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tower::ServiceExt;

#[tokio::test]
async fn a_repeat_of_the_same_request_gets_the_same_answer_and_runs_nothing() {
    let shop = Shop::open().await;
    let dish = shop.buy("/dish?of=day").await;
    let first = shop.get("/dish?of=day", Some(&dish)).await;
    let again = shop.get("/dish?of=day", Some(&dish)).await;
    assert_eq!((again.status, &again.body), (StatusCode::OK, &first.body));
    assert_eq!(again.headers["x-number"], first.headers["x-number"]);
    assert_eq!(again.headers["idempotent-replayed"], "true");
    assert!(!first.headers.contains_key("idempotent-replayed"));
    assert_eq!(shop.served(), 1);
}

#[tokio::test]
async fn every_sale_is_in_the_books_to_the_millisatoshi() {
    let shop = Shop::open().await;
    let sold = shop.buy("/dish").await;
    shop.get("/dish", Some(&sold)).await;
    shop.get("/dish", Some(&sold)).await;
    let buffet = shop.buy("/buffet").await;
    shop.get("/buffet", Some(&buffet)).await;
    shop.get("/buffet", Some(&buffet)).await;
    shop.kitchen.fails.store(true, Ordering::SeqCst);
    let unspent = shop.buy("/other").await;
    shop.get("/other", Some(&unspent)).await;
    shop.buy("/dish?unused").await;
    let all = Msat::new(5_000 + 50_000 + 5_000 + 5_000);
    let mut report = shop.store.read(farebox_ledger::verify).await.unwrap();
    while report.classes[&AccountClass::Node].debits < all {
        tokio::time::sleep(Duration::from_millis(10)).await;
        report = shop.store.read(farebox_ledger::verify).await.unwrap();
    }
    assert!(report.is_sound(), "{:?}", report.findings);
    let class = |class| report.classes[&class];
    assert_eq!(class(AccountClass::Node).debits, all);
    assert_eq!(class(AccountClass::Income).credits, Msat::new(5_000 + 50_000));
    let l402 = class(AccountClass::L402);
    assert_eq!((l402.accounts, l402.open), (4, 2), "what bought nothing is owed to its payer");
}

#[tokio::test]
async fn wrong_books_stop_the_sale_and_use_nothing_up() {
    let shop = Shop::open().await;
    let dish = shop.buy("/dish").await;
    shop.paywall.stop_selling();
    for authorization in [None, Some(dish.as_str())] {
        let answer = shop.get("/dish", authorization).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.code(), "read_only");
    }
    assert_eq!((shop.served(), shop.redemption_rows().await), (0, 0));
}

#[tokio::test]
async fn a_hundred_at_once_with_one_token_run_one_handler() {
    let shop = Arc::new(Shop::open().await);
    shop.kitchen.delay_ms.store(50, Ordering::SeqCst);
    let dish = shop.buy("/dish").await;
    let asks = (0..100).map(|_| {
        let (shop, dish) = (Arc::clone(&shop), dish.clone());
        tokio::spawn(async move { shop.get("/dish", Some(&dish)).await })
    });
    let mut answered = 0;
    for ask in asks.collect::<Vec<_>>() {
        let answer = ask.await.unwrap();
        match answer.status {
            StatusCode::OK => answered += 1,
            StatusCode::CONFLICT => {
                assert_eq!(answer.code(), "request_in_progress");
                assert!(answer.headers.contains_key("retry-after"));
            }
            other => panic!("{other}: {}", answer.text()),
        }
    }
    assert!(answered >= 1);
    assert_eq!(shop.served(), 1);
}

#[tokio::test]
async fn a_request_that_fails_costs_nothing() {
    let shop = Shop::open().await;
    let dish = shop.buy("/dish?of=day").await;
    shop.kitchen.fails.store(true, Ordering::SeqCst);
    let failed = shop.get("/dish?of=day", Some(&dish)).await;
    assert_eq!(failed.status, StatusCode::BAD_GATEWAY);
    assert!(failed.headers["x-payment-state"].to_str().unwrap().starts_with("unspent"));
    shop.kitchen.fails.store(false, Ordering::SeqCst);
    let other = shop.get("/dish?of=night", Some(&dish)).await;
    assert_eq!(other.status, StatusCode::OK, "{}", other.text());
    assert_eq!(shop.get("/dish?of=day", Some(&dish)).await.code(), "token_used");
}

#[tokio::test]
async fn a_handler_that_panics_gives_the_payment_back() {
    let shop = Shop::open().await;
    let dish = shop.buy("/dish").await;
    shop.kitchen.panics.store(true, Ordering::SeqCst);
    let failed = shop.get("/dish", Some(&dish)).await;
    assert_eq!(failed.status, StatusCode::INTERNAL_SERVER_ERROR);
    shop.kitchen.panics.store(false, Ordering::SeqCst);
    assert_eq!(shop.get("/dish", Some(&dish)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_client_that_goes_away_finds_its_answer_when_it_comes_back() {
    let shop = Shop::open().await;
    let dish = shop.buy("/dish").await;
    shop.kitchen.delay_ms.store(100, Ordering::SeqCst);
    let call = shop.router.clone().oneshot(request("GET", "/dish", Some(&dish), ""));
    tokio::time::timeout(Duration::from_millis(30), call).await.unwrap_err();
    let early = shop.get("/dish", Some(&dish)).await;
    assert_eq!(early.status, StatusCode::CONFLICT, "never a fresh 402 while it is not known");
    let mut answer = early;
    while answer.status == StatusCode::CONFLICT {
        tokio::time::sleep(Duration::from_millis(20)).await;
        answer = shop.get("/dish", Some(&dish)).await;
    }
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(shop.served(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_hangs_up_at_any_instant_leaves_nothing_reserved() {
    let shop = Shop::open().await;
    for round in 0..60 {
        let uri = format!("/dish?round={round}");
        let dish = shop.buy(&uri).await;
        let call = shop.router.clone().oneshot(request("GET", &uri, Some(&dish), ""));
        let _ = tokio::time::timeout(Duration::from_micros(round * 25), call).await;
        let mut answer = shop.get(&uri, Some(&dish)).await;
        while answer.status == StatusCode::CONFLICT {
            tokio::time::sleep(Duration::from_millis(5)).await;
            answer = shop.get(&uri, Some(&dish)).await;
        }
        assert_eq!(answer.status, StatusCode::OK, "round {round}: {}", answer.text());
    }
    assert_eq!(shop.served(), 60, "each handler ran once");
}

#[tokio::test]
async fn records_that_cannot_be_written_for_a_while_lose_nothing() {
    let shop = Shop::open().await;
    let dish = shop.buy("/dish").await;
    let (refuse, take) = match shop.store.is_shared() {
        false => (
            "CREATE TRIGGER refuse BEFORE UPDATE ON redemption \
             BEGIN SELECT RAISE(ABORT, 'no'); END",
            "DROP TRIGGER refuse",
        ),
        true => (
            "ALTER TABLE redemption ADD CONSTRAINT refuse CHECK (state <> 'done') NOT VALID",
            "ALTER TABLE redemption DROP CONSTRAINT refuse",
        ),
    };
    execute(&shop, refuse).await;
    let answer = shop.get("/dish", Some(&dish)).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.code(), "store_unavailable");
    execute(&shop, take).await;
    let mut answer = shop.get("/dish", Some(&dish)).await;
    while answer.status == StatusCode::CONFLICT {
        tokio::time::sleep(Duration::from_millis(50)).await;
        answer = shop.get("/dish", Some(&dish)).await;
    }
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(shop.served(), 1);
    let report = shop.store.read(farebox_ledger::verify).await.unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);
}

async fn execute(shop: &Shop, sql: &'static str) {
    let run = move |transaction: &farebox_store::Transaction<'_>| transaction.execute(sql, &[]);
    shop.store.write(run).await.unwrap();
}

#[tokio::test]
async fn an_answer_that_breaks_off_costs_nothing() {
    let shop = Shop::open().await;
    let broken = shop.buy("/broken").await;
    let answer = shop.get("/broken", Some(&broken)).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(answer.headers["x-payment-state"].to_str().unwrap().starts_with("unspent"));
    assert_eq!(shop.get("/broken?again", Some(&broken)).await.code(), "internal_error");
}

#[tokio::test]
async fn a_large_answer_is_sent_whole_and_again() {
    let shop = Shop::open().await;
    let large = shop.buy("/large").await;
    for _ in 0..2 {
        let answer = shop.get("/large", Some(&large)).await;
        assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, 600_000));
    }
    assert_eq!(shop.get("/large?more", Some(&large)).await.code(), "token_used");
}

#[tokio::test]
async fn a_time_bounded_token_is_good_until_its_time_is_up() {
    let shop = Shop::open().await;
    let buffet = shop.buy("/buffet").await;
    for query in ["/buffet", "/buffet?again", "/buffet"] {
        assert_eq!(shop.get(query, Some(&buffet)).await.status, StatusCode::OK);
    }
    assert_eq!(shop.served(), 3);
    assert_eq!(shop.redemption_rows().await, 1, "one payment is one record");
    shop.clock.store(START + 600 + 600, Ordering::SeqCst);
    assert_eq!(shop.get("/buffet", Some(&buffet)).await.code(), "expired_token");
}

#[tokio::test]
async fn a_price_made_from_the_body_buys_that_body_only() {
    let shop = Shop::open().await;
    let empty = shop.send(request("POST", "/priced", None, "")).await;
    assert_eq!((empty.status, empty.code().as_str()), (StatusCode::BAD_REQUEST, "empty_body"));
    assert_eq!(shop.wallet.invoice_count(), 0, "an error was put up for sale");
    let challenge = shop.send(request("POST", "/priced", None, "four")).await;
    assert_eq!(challenge.json()["amount_sats"], 4);
    let (token, hash) = challenge.challenge();
    let credential = format!("L402 {token}:{}", shop.wallet.pay(&hash).reveal_hex());
    let longer = shop.send(request("POST", "/priced", Some(&credential), "longer")).await;
    assert_eq!(longer.code(), "wrong_body");
    assert_eq!(longer.json()["amount_sats"], 6);
    let same = shop.send(request("POST", "/priced", Some(&credential), "four")).await;
    assert_eq!(same.status, StatusCode::OK, "{}", same.text());
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_unread() {
    let shop = Shop::open().await;
    let body = "x".repeat(1_100_000);
    let answer = shop.send(request("POST", "/priced", None, &body)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.code(), "request_too_large");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_is_given_up() {
    let shop = Shop::open().await;
    let mut request = request("POST", "/priced", None, "");
    let silent = futures_util::stream::pending::<Result<bytes::Bytes, std::io::Error>>();
    *request.body_mut() = axum::body::Body::from_stream(silent);
    let answer = shop.send(request).await;
    assert_eq!(answer.status, StatusCode::REQUEST_TIMEOUT);
}

#[tokio::test]
async fn a_body_is_not_read_for_a_credential_that_was_not_issued_here() {
    let shop = Shop::open().await;
    let (token, _) = shop.get("/dish", None).await.challenge();
    for credential in ["L402 AA:00".to_owned(), format!("L402 {token}:{}", "0".repeat(64))] {
        let mut request = request("GET", "/dish", Some(&credential), "");
        let silent = futures_util::stream::pending::<Result<bytes::Bytes, std::io::Error>>();
        *request.body_mut() = axum::body::Body::from_stream(silent);
        let answer = tokio::time::timeout(Duration::from_secs(5), shop.send(request)).await;
        assert_eq!(answer.unwrap().status, StatusCode::PAYMENT_REQUIRED);
    }
}

#[tokio::test]
async fn a_wallet_that_is_silent_never_makes_a_payer_pay_twice() {
    let shop = Shop::open().await;
    let (token, hash) = shop.get("/dish", None).await.challenge();
    let preimage = shop.wallet.pay_unreported(&hash).reveal_hex();
    let dish = format!("L402 {token}:{preimage}");
    shop.wallet.is_forgetful.store(true, Ordering::SeqCst);
    let answer = shop.get("/dish", Some(&dish)).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "an unknown outcome is no 402");
    assert_eq!(answer.code(), "wallet_unavailable");
    assert!(!answer.headers.contains_key("www-authenticate"));
    shop.wallet.is_forgetful.store(false, Ordering::SeqCst);
    shop.wallet.is_down.store(true, Ordering::SeqCst);
    assert_eq!(shop.get("/other", None).await.status, StatusCode::SERVICE_UNAVAILABLE);
    shop.wallet.is_down.store(false, Ordering::SeqCst);
    assert_eq!(shop.get("/dish", Some(&dish)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn tokens_survive_a_restart_and_stay_used() {
    let shop = Shop::open().await;
    let used = shop.buy("/dish?of=day").await;
    shop.get("/dish?of=day", Some(&used)).await;
    let unused = shop.buy("/other").await;
    let clock = Arc::clone(&shop.clock);
    let now: farebox_paywall::Clock = Arc::new(move || clock.load(Ordering::SeqCst));
    let secret = Secret::new([42; 32]);
    let store = shop.store.clone();
    let instance = farebox_store::lease::Instance::start(store.clone()).await.unwrap();
    let restarted =
        Paywall::open(Rails::lightning(shop.wallet.clone()), None, store, instance, secret, now);
    let restarted = restarted.await.unwrap();
    let route = |id| farebox_paywall::PaidRoute::one_shot(id, farebox_money::Sats::new(5), "x");
    let handler = || axum::routing::get(|| async { "served" });
    let router = axum::Router::new()
        .route("/dish", handler().route_layer(restarted.charge(route("dish"))))
        .route("/other", handler().route_layer(restarted.charge(route("dish"))));
    let ask = async |uri: &str, token: &str| {
        let request = request("GET", uri, Some(token), "");
        router.clone().oneshot(request).await.unwrap().status()
    };
    assert_eq!(ask("/dish?of=night", &used).await, StatusCode::PAYMENT_REQUIRED);
    assert_eq!(ask("/dish?of=day", &used).await, StatusCode::OK);
    assert_eq!(ask("/other", &unused).await, StatusCode::OK);
}
