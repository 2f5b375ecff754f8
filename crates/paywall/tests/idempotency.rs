//! Requests with an Idempotency-Key: sent again, they do nothing again.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod shop;

use farebox_store::{Transaction, params};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};
use shop::{Answer, Shop, request};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

async fn post(shop: &Shop, uri: &str, bearer: Option<&str>, key: &str, body: &Value) -> Answer {
    let mut request = request("POST", uri, bearer, &body.to_string());
    request.headers_mut().insert("idempotency-key", HeaderValue::from_str(key).unwrap());
    shop.send(request).await
}

async fn topup(shop: &Shop, key: &str, sats: u64) -> Answer {
    post(shop, "/api/v1/topup", None, key, &json!({"amount_sats": sats})).await
}

async fn funded(shop: &Shop) -> String {
    let hash = topup(shop, "funds", 100).await.json()["payment_hash"].as_str().unwrap().to_owned();
    let claim = json!({"preimage": shop.wallet.pay_unreported(&hash).reveal_hex()}).to_string();
    let claimed = shop.send(request("POST", "/api/v1/topup/claim", None, &claim)).await;
    format!("Bearer {}", claimed.json()["token"].as_str().unwrap())
}

fn is_replay(answer: &Answer) -> bool {
    answer.headers.get("idempotency-replayed").is_some_and(|value| value == "true")
}

#[tokio::test]
async fn a_repeated_topup_makes_one_invoice() {
    let shop = Shop::open().await;
    let first = topup(&shop, "one", 50).await;
    let again = topup(&shop, "one", 50).await;
    assert_eq!((first.status, again.status), (StatusCode::PAYMENT_REQUIRED, first.status));
    assert_eq!(first.json(), again.json());
    assert_eq!(first.headers["x-lightning-invoice"], again.headers["x-lightning-invoice"]);
    assert_eq!(first.headers["x-price-sats"], "50");
    assert_eq!((is_replay(&first), is_replay(&again)), (false, true));
    assert_eq!(shop.wallet.invoice_count(), 1);
    let other = topup(&shop, "one", 51).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(other.code(), "idempotency_key_reused");
    topup(&shop, "two", 50).await;
    let bearer = funded(&shop).await;
    let refill =
        post(&shop, "/api/v1/topup", Some(&bearer), "one", &json!({"amount_sats": 51})).await;
    assert!(!is_replay(&refill), "the keys of an account are its own");
    assert_eq!(refill.status, StatusCode::PAYMENT_REQUIRED, "{}", refill.text());
}

#[tokio::test]
async fn a_refused_request_frees_its_key() {
    let shop = Shop::open().await;
    assert_eq!(topup(&shop, "one", 0).await.code(), "invalid_amount");
    shop.wallet.is_down.store(true, Ordering::SeqCst);
    assert_eq!(topup(&shop, "one", 50).await.code(), "lightning_unavailable");
    shop.wallet.is_down.store(false, Ordering::SeqCst);
    let made = topup(&shop, "one", 50).await;
    assert_eq!((made.status, is_replay(&made)), (StatusCode::PAYMENT_REQUIRED, false));
    let long = topup(&shop, &"x".repeat(256), 50).await;
    assert_eq!((long.status.as_u16(), long.code().as_str()), (400, "invalid_idempotency_key"));
}

#[tokio::test]
async fn a_repeat_gets_the_same_child_token_though_it_is_written_nowhere() {
    let shop = Shop::open().await;
    let owner = funded(&shop).await;
    let make = |key| {
        let (shop, owner) = (&shop, owner.clone());
        let body = json!({"cap_sats": 7});
        async move { post(shop, "/api/v1/tokens", Some(&owner), key, &body).await }
    };
    let (first, again) = (make("a secret key").await, make("a secret key").await);
    assert_eq!((first.status, again.status), (StatusCode::CREATED, StatusCode::CREATED));
    assert_eq!(first.json(), again.json());
    assert_eq!((is_replay(&first), is_replay(&again)), (false, true));
    let other = make("another key").await;
    assert_ne!(other.json()["token"], first.json()["token"]);
    let bearer = format!("Bearer {}", again.json()["token"].as_str().unwrap());
    assert_eq!(shop.get("/dish", Some(&bearer)).await.status, StatusCode::OK);
    let rows = |transaction: &Transaction<'_>| {
        let sql = "SELECT scope, coalesce(body, '') FROM idempotency";
        transaction.all(sql, params![], |row| Ok([row.get::<String>(0)?, row.get(1)?].concat()))
    };
    let kept = shop.store.read(rows).await.unwrap().concat();
    assert!(kept.contains("cap_sats") && !kept.contains("abl_"), "{kept}");
    assert!(!kept.contains("a secret key"), "{kept}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_parallel_requests_with_one_key_one_is_done() {
    let shop = Arc::new(Shop::open().await);
    let owner = funded(&shop).await;
    let asks = (0..50).map(|_| {
        let (shop, owner) = (Arc::clone(&shop), owner.clone());
        tokio::spawn(async move {
            post(&shop, "/api/v1/tokens", Some(&owner), "one", &json!({"cap_sats": 7})).await
        })
    });
    let (mut tokens, mut first_times) = (HashSet::new(), 0);
    for ask in asks.collect::<Vec<_>>() {
        let answer = ask.await.unwrap();
        match answer.status {
            StatusCode::CREATED => {
                first_times += u32::from(!is_replay(&answer));
                tokens.insert(answer.json()["token"].as_str().unwrap().to_owned());
            }
            _ => assert_eq!(answer.code(), "request_in_progress"),
        }
    }
    assert_eq!((tokens.len(), first_times), (1, 1));
    let listed = shop.get("/api/v1/tokens", Some(&owner)).await.json();
    assert_eq!(listed["tokens"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_unfinished_request_is_waited_for_while_its_server_lives_and_no_longer() {
    let shop = Shop::open().await;
    let first = topup(&shop, "one", 50).await;
    let change = async |sql: &'static str| {
        let write = move |transaction: &Transaction<'_>| transaction.execute(sql, params![]);
        assert_eq!(shop.store.write(write).await.unwrap(), 1);
    };
    change("UPDATE idempotency SET status = NULL, body = NULL").await;
    let waits = topup(&shop, "one", 50).await;
    assert_eq!((waits.status.as_u16(), waits.code().as_str()), (409, "request_in_progress"));
    assert_eq!(waits.headers["retry-after"], "2");
    assert_eq!(shop.wallet.invoice_count(), 1);
    change("UPDATE idempotency SET owner = 'a server that died'").await;
    let done = topup(&shop, "one", 50).await;
    assert_eq!((done.status, is_replay(&done)), (StatusCode::PAYMENT_REQUIRED, false));
    assert_ne!(done.json()["payment_hash"], first.json()["payment_hash"]);
}
