//! Prepaid balances: topped up, claimed, spent to the millisatoshi.

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
use http::StatusCode;
use serde_json::json;
use shop::{Answer, Shop, request};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tower::ServiceExt;

async fn post(
    shop: &Shop,
    uri: &str,
    authorization: Option<&str>,
    body: serde_json::Value,
) -> Answer {
    shop.send(request("POST", uri, authorization, &body.to_string())).await
}

/// The preimage of a paid top-up.
async fn paid_topup(shop: &Shop, sats: u64, authorization: Option<&str>) -> String {
    let body = json!({"amount_sats": sats});
    let topup = post(shop, "/api/v1/topup", authorization, body).await;
    assert_eq!(topup.status, StatusCode::PAYMENT_REQUIRED, "{}", topup.text());
    let answer = topup.json();
    assert_eq!(answer["payment_method"], "topup");
    assert_eq!(answer["amount_sats"], sats);
    assert_eq!(topup.headers["x-topup-claim-url"], "/api/v1/topup/claim");
    assert_eq!(topup.headers["x-price-sats"], sats.to_string().as_str());
    assert_eq!(topup.headers["x-lightning-invoice"], answer["invoice"].as_str().unwrap());
    shop.wallet.pay_unreported(answer["payment_hash"].as_str().unwrap()).reveal_hex()
}

async fn claim(shop: &Shop, body: serde_json::Value) -> Answer {
    post(shop, "/api/v1/topup/claim", None, body).await
}

/// A bearer credential with a balance.
async fn funded(shop: &Shop, sats: u64) -> String {
    let preimage = paid_topup(shop, sats, None).await;
    let claimed = claim(shop, json!({"preimage": preimage})).await;
    assert_eq!(claimed.status, StatusCode::OK, "{}", claimed.text());
    assert_eq!(claimed.json()["balance_sats"], sats);
    let token = claimed.json()["token"].as_str().unwrap().to_owned();
    assert!(token.starts_with("abl_") && token.len() == 47, "{token}");
    format!("Bearer {token}")
}

async fn balance(shop: &Shop, bearer: &str) -> u64 {
    let answer = shop.get("/api/v1/balance", Some(bearer)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()["balance_msat"].as_u64().unwrap()
}

#[tokio::test]
async fn a_balance_is_spent_by_the_price_and_the_answer_says_so() {
    let shop = Shop::open().await;
    let bearer = funded(&shop, 12).await;
    let answer = shop.get("/dish?of=day", Some(&bearer)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(answer.headers["x-charged-msat"], "5000");
    assert_eq!(answer.headers["x-balance-msat"], "7000");
    let mut by_header = request("GET", "/dish?of=night", None, "");
    let token = bearer.strip_prefix("Bearer ").unwrap();
    by_header.headers_mut().insert("x-token", token.parse().unwrap());
    assert_eq!(shop.send(by_header).await.headers["x-balance-msat"], "2000");
    let poor = shop.get("/dish?of=week", Some(&bearer)).await;
    assert_eq!(
        (poor.status, poor.code().as_str()),
        (StatusCode::PAYMENT_REQUIRED, "insufficient_balance")
    );
    assert_eq!(poor.headers["x-topup-url"], "/api/v1/topup");
    poor.challenge();
    assert_eq!((shop.served(), balance(&shop, &bearer).await), (2, 2_000));
}

#[tokio::test]
async fn a_request_for_the_headers_alone_is_not_charged() {
    let shop = Shop::open().await;
    let bearer = funded(&shop, 12).await;
    let head = shop.send(request("HEAD", "/dish", Some(&bearer), "")).await;
    assert_eq!(head.status, StatusCode::PAYMENT_REQUIRED);
    assert_eq!((shop.served(), balance(&shop, &bearer).await), (0, 12_000));
}

#[tokio::test]
async fn an_answer_that_was_kept_back_because_it_could_not_be_booked_is_never_charged() {
    let shop = Shop::open().await;
    let bearer = funded(&shop, 100).await;
    let (refuse, take) = match shop.store.is_shared() {
        false => (
            "CREATE TRIGGER refuse BEFORE INSERT ON ledger_transfer \
             WHEN NEW.code = 'hold_settled' BEGIN SELECT RAISE(ABORT, 'no'); END",
            "DROP TRIGGER refuse",
        ),
        true => (
            "ALTER TABLE ledger_transfer \
             ADD CONSTRAINT refuse CHECK (code <> 'hold_settled') NOT VALID",
            "ALTER TABLE ledger_transfer DROP CONSTRAINT refuse",
        ),
    };
    execute(&shop, refuse).await;
    let refused = shop.get("/dish", Some(&bearer)).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{}", refused.text());
    execute(&shop, take).await;
    let open_holds = async || {
        let report = shop.store.read(farebox_ledger::verify).await.unwrap();
        assert!(report.is_sound(), "{:?}", report.findings);
        report.classes[&AccountClass::Hold].open
    };
    while open_holds().await > 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(balance(&shop, &bearer).await, 100_000);
}

async fn execute(shop: &Shop, sql: &'static str) {
    let run = move |transaction: &farebox_store::Transaction<'_>| transaction.execute(sql, &[]);
    shop.store.write(run).await.unwrap();
}

#[tokio::test]
async fn a_request_that_fails_or_is_left_costs_nothing_extra() {
    let shop = Shop::open().await;
    let bearer = funded(&shop, 100).await;
    shop.kitchen.fails.store(true, Ordering::SeqCst);
    let failed = shop.get("/dish", Some(&bearer)).await;
    assert_eq!(failed.status, StatusCode::BAD_GATEWAY);
    assert_eq!(failed.headers["x-charged-msat"], "0");
    shop.kitchen.fails.store(false, Ordering::SeqCst);
    shop.kitchen.panics.store(true, Ordering::SeqCst);
    assert_eq!(shop.get("/dish", Some(&bearer)).await.status, StatusCode::INTERNAL_SERVER_ERROR);
    shop.kitchen.panics.store(false, Ordering::SeqCst);
    assert_eq!(balance(&shop, &bearer).await, 100_000);
    for round in 0..10 {
        let call = shop.router.clone().oneshot(request("GET", "/dish", Some(&bearer), ""));
        let _ = tokio::time::timeout(Duration::from_micros(round * 50), call).await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut report = shop.store.read(farebox_ledger::verify).await.unwrap();
    for _ in 0..200 {
        if report.classes[&AccountClass::Hold].open == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        report = shop.store.read(farebox_ledger::verify).await.unwrap();
    }
    assert!(report.is_sound(), "{:?}", report.findings);
    assert_eq!(report.classes[&AccountClass::Hold].open, 0, "money was left set aside");
    let spent = 100_000 - balance(&shop, &bearer).await;
    assert_eq!(spent, 5_000 * u64::try_from(shop.served() - 2).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_spends_of_one_balance_never_overdraw_it() {
    let shop = Arc::new(Shop::open().await);
    let bearer = funded(&shop, 50).await;
    let asks = (0..200).map(|number| {
        let (shop, bearer) = (Arc::clone(&shop), bearer.clone());
        tokio::spawn(
            async move { shop.get(&format!("/dish?{number}"), Some(&bearer)).await.status },
        )
    });
    let mut served = 0;
    for ask in asks.collect::<Vec<_>>() {
        served += usize::from(ask.await.unwrap() == StatusCode::OK);
    }
    assert_eq!((served, shop.served()), (10, 10));
    assert_eq!(balance(&shop, &bearer).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_parallel_claims_one_makes_the_account() {
    let shop = Arc::new(Shop::open().await);
    let preimage = paid_topup(&shop, 21, None).await;
    let claims = (0..50).map(|_| {
        let (shop, preimage) = (Arc::clone(&shop), preimage.clone());
        tokio::spawn(async move { claim(&shop, json!({"preimage": preimage})).await })
    });
    let mut tokens = std::collections::HashSet::new();
    for one in claims.collect::<Vec<_>>() {
        let answer = one.await.unwrap();
        assert_eq!(
            answer.status,
            StatusCode::OK,
            "a repeat from the same client: {}",
            answer.text()
        );
        tokens.insert(answer.json()["token"].as_str().unwrap().to_owned());
    }
    assert_eq!(tokens.len(), 1);
    let bearer = format!("Bearer {}", tokens.iter().next().unwrap());
    assert_eq!(balance(&shop, &bearer).await, 21_000);
    let report = shop.store.read(farebox_ledger::verify).await.unwrap();
    assert_eq!(report.classes[&AccountClass::User].credits, Msat::new(21_000));
    assert_eq!(report.classes[&AccountClass::Topup].open, 0);
}

#[tokio::test]
async fn a_claim_is_repeated_only_until_its_token_is_used() {
    let shop = Shop::open().await;
    let preimage = paid_topup(&shop, 21, None).await;
    let first = claim(&shop, json!({"preimage": preimage})).await.json();
    let again = claim(&shop, json!({"preimage": preimage})).await.json();
    assert_eq!(first["token"], again["token"], "an answer that got lost loses no money");
    let bearer = format!("Bearer {}", first["token"].as_str().unwrap());
    balance(&shop, &bearer).await;
    let late = claim(&shop, json!({"preimage": preimage})).await;
    assert_eq!(
        (late.status, late.code().as_str()),
        (StatusCode::BAD_REQUEST, "payment_already_used")
    );
}

#[tokio::test]
async fn a_claim_with_a_key_is_repeated_with_that_key_only() {
    let shop = Shop::open().await;
    let preimage = paid_topup(&shop, 21, None).await;
    let with_key = async |key: Option<&str>| {
        let body = json!({"preimage": preimage}).to_string();
        let mut request = request("POST", "/api/v1/topup/claim", None, &body);
        if let Some(key) = key {
            request.headers_mut().insert("idempotency-key", key.parse().unwrap());
        }
        shop.send(request).await.status
    };
    assert_eq!(with_key(Some("0123456789abcdef")).await, StatusCode::OK);
    assert_eq!(with_key(Some("0123456789abcdef")).await, StatusCode::OK);
    assert_eq!(with_key(Some("another")).await, StatusCode::BAD_REQUEST);
    assert_eq!(with_key(None).await, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_was_not_paid_cannot_be_claimed() {
    let shop = Shop::open().await;
    let body = json!({"amount_sats": 21});
    let topup = post(&shop, "/api/v1/topup", None, body).await.json();
    let hash = topup["payment_hash"].as_str().unwrap();
    let preimage = shop.wallet.preimage_of_unpaid(hash).reveal_hex();
    let early = claim(&shop, json!({"preimage": preimage})).await;
    assert_eq!((early.status, early.code().as_str()), (StatusCode::CONFLICT, "payment_pending"));
    assert!(early.headers.contains_key("retry-after"));
    shop.wallet.pay_short(hash);
    assert_eq!(claim(&shop, json!({"preimage": preimage})).await.code(), "payment_pending");
    let (_, sold) = shop.get("/dish", None).await.challenge();
    let of_a_dish = shop.wallet.pay_unreported(&sold).reveal_hex();
    let foreign = claim(&shop, json!({"preimage": of_a_dish})).await;
    assert_eq!(foreign.code(), "invalid_payment", "an L402 payment is no top-up");
    for bad in [json!({"preimage": "00"}), json!({"preimage": "0".repeat(64)})] {
        assert_eq!(claim(&shop, bad).await.code(), "invalid_payment");
    }
    assert_eq!(claim(&shop, json!({})).await.code(), "invalid_body");
}

#[tokio::test]
async fn wrong_books_take_no_money_and_keep_what_was_paid() {
    let shop = Shop::open().await;
    let bearer = funded(&shop, 10).await;
    let preimage = paid_topup(&shop, 21, None).await;
    shop.accounts.stop();
    for refused in [
        post(&shop, "/api/v1/topup", None, json!({"amount_sats": 1})).await,
        claim(&shop, json!({"preimage": preimage})).await,
    ] {
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refused.code(), "read_only");
    }
    assert_eq!(balance(&shop, &bearer).await, 10_000, "looking goes on");
    let report = shop.store.read(farebox_ledger::verify).await.unwrap();
    assert_eq!(report.classes[&AccountClass::Topup].open, 0, "nothing was booked");
}

#[tokio::test]
async fn a_refill_is_for_its_own_account() {
    let shop = Shop::open().await;
    let (mine, yours) = (funded(&shop, 10).await, funded(&shop, 10).await);
    let preimage = paid_topup(&shop, 5, Some(&mine)).await;
    let anonymous = claim(&shop, json!({"preimage": preimage})).await;
    assert_eq!(
        (anonymous.status, anonymous.code().as_str()),
        (StatusCode::UNAUTHORIZED, "missing_token")
    );
    let token = |bearer: &str| bearer.strip_prefix("Bearer ").unwrap().to_owned();
    let wrong = claim(&shop, json!({"preimage": preimage, "token": token(&yours)})).await;
    assert_eq!(wrong.code(), "invalid_payment");
    let right = claim(&shop, json!({"preimage": preimage, "token": token(&mine)})).await.json();
    assert_eq!((&right["balance_sats"], &right["token"]), (&json!(15), &json!(token(&mine))));
    let again = claim(&shop, json!({"preimage": preimage, "token": token(&mine)})).await.json();
    assert_eq!(again["balance_sats"], 15, "credited once");
    assert_eq!(balance(&shop, &yours).await, 10_000);
}

#[tokio::test]
async fn a_rotated_token_is_worth_nothing() {
    let shop = Shop::open().await;
    let old = funded(&shop, 10).await;
    let rotated = post(&shop, "/api/v1/token/rotate", Some(&old), json!({})).await.json();
    let new = format!("Bearer {}", rotated["token"].as_str().unwrap());
    assert_eq!(balance(&shop, &new).await, 10_000);
    for uri in ["/api/v1/balance", "/api/v1/ledger", "/dish"] {
        let refused = shop.get(uri, Some(&old)).await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (StatusCode::UNAUTHORIZED, "invalid_token")
        );
    }
    assert_eq!(shop.served(), 0);
}

#[tokio::test]
async fn the_statement_tells_every_movement_page_by_page() {
    let shop = Shop::open().await;
    let bearer = funded(&shop, 1_000).await;
    for number in 0..60 {
        shop.get(&format!("/dish?{number}"), Some(&bearer)).await;
    }
    let first = shop.get("/api/v1/ledger", Some(&bearer)).await.json();
    let cursor = first["next_cursor"].as_u64();
    assert_eq!((first["entries"].as_array().unwrap().len(), cursor), (61, None));
    assert_eq!(first["entries"][60]["kind"], "topup_claimed");
    assert_eq!(first["entries"][60]["direction"], "in");
    assert_eq!(first["entries"][0]["direction"], "out");
    let bad = shop.get("/api/v1/ledger?page=2", Some(&bearer)).await;
    assert_eq!((bad.status, bad.code().as_str()), (StatusCode::BAD_REQUEST, "invalid_parameter"));
}

#[tokio::test]
async fn nobody_tops_up_nothing_or_without_end() {
    let shop = Shop::open().await;
    for sats in [0, 1_000_001] {
        let answer = post(&shop, "/api/v1/topup", None, json!({"amount_sats": sats})).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::BAD_REQUEST, "invalid_amount")
        );
    }
    for _ in 0..32 {
        post(&shop, "/api/v1/topup", None, json!({"amount_sats": 1})).await;
    }
    let flood = post(&shop, "/api/v1/topup", None, json!({"amount_sats": 1})).await;
    assert_eq!(flood.status, StatusCode::TOO_MANY_REQUESTS);
    shop.wallet.is_down.store(true, Ordering::SeqCst);
    let bearer = "Bearer abl_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let unknown = post(&shop, "/api/v1/topup", Some(bearer), json!({"amount_sats": 1})).await;
    assert_eq!(unknown.code(), "invalid_token");
}
