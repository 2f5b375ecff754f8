//! Child tokens: they spend up to a cap and may do nothing else.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod shop;

use http::StatusCode;
use serde_json::{Value, json};
use shop::{Answer, Shop, request};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

async fn send(shop: &Shop, method: &str, uri: &str, bearer: &str, body: Value) -> Answer {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    shop.send(request(method, uri, Some(bearer), &body)).await
}

/// The bearer of a new account with a balance.
async fn funded(shop: &Shop, sats: u64) -> String {
    let topup = request("POST", "/api/v1/topup", None, &json!({"amount_sats": sats}).to_string());
    let hash = shop.send(topup).await.json()["payment_hash"].as_str().unwrap().to_owned();
    let preimage = shop.wallet.pay_unreported(&hash).reveal_hex();
    let claim = json!({"preimage": preimage}).to_string();
    let claimed = shop.send(request("POST", "/api/v1/topup/claim", None, &claim)).await;
    format!("Bearer {}", claimed.json()["token"].as_str().unwrap())
}

/// A child's bearer and id.
async fn child(shop: &Shop, owner: &str, body: Value) -> (String, String) {
    let made = send(shop, "POST", "/api/v1/tokens", owner, body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let made = made.json();
    let text = |field: &str| made[field].as_str().unwrap().to_owned();
    (format!("Bearer {}", text("token")), text("id"))
}

async fn balance(shop: &Shop, bearer: &str) -> Value {
    let answer = shop.get("/api/v1/balance", Some(bearer)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()
}

async fn dish(shop: &Shop, bearer: &str) -> (u16, String) {
    let answer = shop.get("/dish", Some(bearer)).await;
    let code = if answer.status.is_success() { String::new() } else { answer.code() };
    (answer.status.as_u16(), code)
}

#[tokio::test]
async fn a_child_spends_up_to_its_cap_and_its_owner_sees_it() {
    let shop = Shop::open().await;
    let owner = funded(&shop, 100).await;
    let asked = json!({"cap_sats": 12, "expires_in": 3_600, "name": " my \u{202e}agent\n2 "});
    let (bearer, id) = child(&shop, &owner, asked).await;
    assert!(bearer.starts_with("Bearer abl_"));
    assert_eq!(balance(&shop, &bearer).await["balance_sats"], 12, "the cap is less");
    let first = shop.get("/dish", Some(&bearer)).await;
    assert_eq!(first.headers["x-balance-msat"], "7000", "what it can spend, not what is there");
    assert_eq!(dish(&shop, &bearer).await, (200, String::new()));
    assert_eq!(dish(&shop, &bearer).await, (403, "token_cap_reached".to_owned()));
    let seen = balance(&shop, &bearer).await;
    assert_eq!(seen["balance_sats"], 2);
    assert_eq!((&seen["token"]["id"], &seen["token"]["spent_sats"]), (&json!(id), &json!(10)));
    assert_eq!(balance(&shop, &owner).await["balance_sats"], 90);
    assert!(balance(&shop, &owner).await.get("token").is_none());
    let listed = send(&shop, "GET", "/api/v1/tokens", &owner, Value::Null).await.json();
    let tokens = listed["tokens"].as_array().unwrap();
    assert_eq!(tokens.len(), 1);
    assert_eq!(tokens[0]["name"], "my agent 2");
    assert_eq!((&tokens[0]["cap_sats"], &tokens[0]["spent_sats"]), (&json!(12), &json!(10)));
    let time =
        |field: &str| -> jiff::Timestamp { tokens[0][field].as_str().unwrap().parse().unwrap() };
    assert_eq!(time("expires_at").as_second() - time("created_at").as_second(), 3_600);
    assert!(tokens[0]["revoked_at"].is_null());
    assert!(!listed.to_string().contains("abl_"), "a token is shown once");
    // More than the account has is no help.
    let (rich, _) = child(&shop, &owner, json!({"cap_sats": 1_000})).await;
    assert_eq!(balance(&shop, &rich).await["balance_sats"], 90);
}

#[tokio::test]
async fn a_child_may_fill_its_account_and_do_nothing_else_but_spend() {
    let shop = Shop::open().await;
    let owner = funded(&shop, 100).await;
    let (bearer, id) = child(&shop, &owner, json!({"cap_sats": 50})).await;
    let own = format!("/api/v1/tokens/{id}");
    for (method, uri, body) in [
        ("POST", "/api/v1/tokens", json!({"cap_sats": 5})),
        ("GET", "/api/v1/tokens", Value::Null),
        ("DELETE", own.as_str(), Value::Null),
        ("POST", "/api/v1/token/rotate", Value::Null),
        ("GET", "/api/v1/ledger", Value::Null),
    ] {
        let refused = send(&shop, method, uri, &bearer, body).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, "forbidden"), "{uri}");
    }
    let topup = send(&shop, "POST", "/api/v1/topup", &bearer, json!({"amount_sats": 7})).await;
    assert_eq!(topup.status, StatusCode::PAYMENT_REQUIRED, "{}", topup.text());
    let hash = topup.json()["payment_hash"].as_str().unwrap().to_owned();
    let claim = json!({"preimage": shop.wallet.pay_unreported(&hash).reveal_hex()});
    let claimed = send(&shop, "POST", "/api/v1/topup/claim", &bearer, claim).await;
    assert_eq!(claimed.status, StatusCode::OK, "{}", claimed.text());
    assert_eq!(claimed.json()["balance_sats"], 50, "a child sees its cap");
    assert_eq!(balance(&shop, &owner).await["balance_sats"], 107);
    let stranger = funded(&shop, 10).await;
    let not_its = send(&shop, "DELETE", &own, &stranger, Value::Null).await;
    assert_eq!((not_its.status.as_u16(), not_its.code().as_str()), (404, "not_found"));
    assert_eq!(dish(&shop, &bearer).await.0, 200);
}

#[tokio::test]
async fn a_revoked_or_expired_child_is_worth_nothing_at_once() {
    let shop = Shop::open().await;
    let owner = funded(&shop, 100).await;
    let (revoked, id) = child(&shop, &owner, json!({"cap_sats": 50})).await;
    let path = format!("/api/v1/tokens/{id}");
    for _ in 0..2 {
        let answer = send(&shop, "DELETE", &path, &owner, Value::Null).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        assert!(answer.json()["revoked_at"].is_string());
        assert_eq!(dish(&shop, &revoked).await, (401, "invalid_token".to_owned()));
    }
    let (short, _) = child(&shop, &owner, json!({"cap_sats": 50, "expires_in": 1})).await;
    for _ in 0..500 {
        if dish(&shop, &short).await.0 == 401 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(dish(&shop, &short).await, (401, "invalid_token".to_owned()));
    assert_eq!(shop.get("/api/v1/balance", Some(&short)).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_new_token_of_the_account_takes_the_children_with_it_unless_asked() {
    let shop = Shop::open().await;
    let owner = funded(&shop, 100).await;
    let (kept, _) = child(&shop, &owner, json!({"cap_sats": 50})).await;
    let rotate = "/api/v1/token/rotate";
    let answer = send(&shop, "POST", rotate, &owner, json!({"keep_children": true})).await;
    let second = format!("Bearer {}", answer.json()["token"].as_str().unwrap());
    assert_eq!(dish(&shop, &kept).await.0, 200);
    assert_eq!(dish(&shop, &owner).await.0, 401);
    let third = send(&shop, "POST", rotate, &second, Value::Null).await;
    assert_eq!(third.status, StatusCode::OK, "{}", third.text());
    assert_eq!(dish(&shop, &kept).await.0, 401, "a thief may have made it");
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_spends_never_pass_the_cap_and_failures_give_it_back() {
    let shop = Arc::new(Shop::open().await);
    let owner = funded(&shop, 1_000).await;
    let (bearer, _) = child(&shop, &owner, json!({"cap_sats": 52})).await;
    for fails in [true, false] {
        shop.kitchen.fails.store(fails, Ordering::SeqCst);
        let asks = (0..100).map(|number| {
            let (shop, bearer) = (Arc::clone(&shop), bearer.clone());
            let uri = format!("/dish?{number}");
            tokio::spawn(async move { shop.get(&uri, Some(&bearer)).await.status.as_u16() })
        });
        let mut served = 0;
        for ask in asks.collect::<Vec<_>>() {
            match ask.await.unwrap() {
                200 => served += 1,
                status => assert!(status == 403 || status == 502, "{status}"),
            }
        }
        let (spent, left) = if fails { (0, 52) } else { (50, 2) };
        assert_eq!(served, spent / 5);
        let seen = balance(&shop, &bearer).await;
        assert_eq!(
            (&seen["balance_sats"], &seen["token"]["spent_sats"]),
            (&left.into(), &spent.into())
        );
        assert_eq!(balance(&shop, &owner).await["balance_sats"], 1_000 - spent);
    }
    let report = shop.store.read(farebox_ledger::verify).await.unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);
    assert_eq!(shop.store.read(farebox_accounts::verify).await.unwrap(), []);
}

#[tokio::test]
async fn an_account_has_a_hundred_children_in_force_at_most() {
    let shop = Shop::open().await;
    let owner = funded(&shop, 10).await;
    let mut ids = Vec::new();
    for _ in 0..100 {
        ids.push(child(&shop, &owner, json!({"cap_sats": 1})).await.1);
    }
    let make = || send(&shop, "POST", "/api/v1/tokens", &owner, json!({"cap_sats": 1}));
    let refused = make().await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "too_many_tokens"));
    send(&shop, "DELETE", &format!("/api/v1/tokens/{}", ids[0]), &owner, Value::Null).await;
    assert_eq!(make().await.status, StatusCode::CREATED);
    assert_eq!(make().await.status, StatusCode::CONFLICT);
    let listed = send(&shop, "GET", "/api/v1/tokens", &owner, Value::Null).await.json();
    assert_eq!(listed["tokens"].as_array().unwrap().len(), 101);
}

#[tokio::test]
async fn what_no_child_can_be_is_named() {
    let shop = Shop::open().await;
    let owner = funded(&shop, 10).await;
    for (body, code) in [
        (json!({}), "invalid_body"),
        (json!({"cap_sats": 5, "may_withdraw": true}), "invalid_body"),
        (json!({"cap_sats": 0}), "invalid_field"),
        (json!({"cap_sats": u64::MAX}), "invalid_field"),
        (json!({"cap_sats": 5, "expires_in": 0}), "invalid_field"),
        (json!({"cap_sats": 5, "expires_in": u64::MAX}), "invalid_field"),
        (json!({"cap_sats": 5, "name": "x".repeat(65)}), "invalid_field"),
    ] {
        let refused = send(&shop, "POST", "/api/v1/tokens", &owner, body.clone()).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (400, code), "{body}");
    }
    let nobody = request("POST", "/api/v1/tokens", None, "{\"cap_sats\": 5}");
    assert_eq!(shop.send(nobody).await.code(), "missing_token");
}
