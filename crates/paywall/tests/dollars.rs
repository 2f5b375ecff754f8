//! Prices in dollars: asked at a fresh rate or not at all, and what was bought stays bought.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod shop;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use farebox_wire::macaroon::Macaroon;
use http::StatusCode;
use serde_json::{Value, json};
use shop::{Answer, RATE_AGE_MAX_S, START, Shop, dollars, request};
use std::sync::atomic::Ordering;
use std::time::{SystemTime, UNIX_EPOCH};

const WEEK_S: u64 = 7 * 24 * 3_600;

fn assert_no_rate(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.text());
    assert_eq!(answer.code(), "rate_unavailable");
    assert_eq!(answer.headers["retry-after"], "60");
    assert!(!answer.headers.contains_key("www-authenticate"));
}

async fn post(shop: &Shop, uri: &str, authorization: Option<&str>, body: &str) -> Answer {
    shop.send(request("POST", uri, authorization, body)).await
}

/// Buys a token with a body.
async fn buy(shop: &Shop, uri: &str, body: &str) -> String {
    let (token, hash) = post(shop, uri, None, body).await.challenge();
    format!("L402 {token}:{}", shop.wallet.pay_unreported(&hash).reveal_hex())
}

#[tokio::test]
async fn the_challenge_names_both_amounts_and_the_rate() {
    let shop = Shop::open().await;
    shop.rate.publish(dollars(90_000), START);
    let answer = shop.get("/soup", None).await;
    answer.challenge();
    let body = answer.json();
    assert_eq!(body["amount_sats"], 12, "11.11 sats, rounded up");
    assert_eq!((&body["amount_usd"], &body["btc_usd"]), (&json!("0.01"), &json!("90000")));
    assert_eq!(answer.headers["x-price-sats"], "12");
    let message = body["error"]["message"].as_str().unwrap();
    assert!(message.contains("12 sats ($0.01)"), "{message}");
    let in_sats = shop.get("/dish", None).await.json();
    assert_eq!((&in_sats["amount_usd"], &in_sats["btc_usd"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn nothing_is_asked_at_a_rate_that_is_unknown_or_stale() {
    let shop = Shop::open().await;
    for uri in ["/soup", "/bar"] {
        assert_no_rate(&shop.get(uri, None).await);
    }
    assert_no_rate(&post(&shop, "/weighed", None, "abc").await);
    assert_eq!(shop.wallet.invoice_count(), 0);
    shop.rate.publish(dollars(90_000), START);
    shop.clock.store(START + RATE_AGE_MAX_S, Ordering::SeqCst);
    shop.get("/soup", None).await.challenge();
    shop.clock.store(START + RATE_AGE_MAX_S + 1, Ordering::SeqCst);
    for uri in ["/soup", "/bar"] {
        assert_no_rate(&shop.get(uri, None).await);
        assert_no_rate(&shop.get(uri, Some("L402 broken")).await);
    }
    assert_eq!(shop.get("/dish", None).await.status, StatusCode::PAYMENT_REQUIRED);
    shop.rate.publish(dollars(100_000), START + RATE_AGE_MAX_S + 1);
    assert_eq!(shop.get("/soup", None).await.json()["amount_sats"], 10);
    assert_eq!(shop.served(), 0);
}

#[tokio::test]
async fn a_rate_that_moves_makes_a_new_invoice_and_the_old_one_is_not_handed_out() {
    let shop = Shop::open().await;
    shop.rate.publish(dollars(90_000), START);
    let dear = shop.get("/soup", None).await.json();
    assert_eq!(shop.get("/soup", None).await.json()["invoice"], dear["invoice"]);
    shop.rate.publish(dollars(45_000), START + 1);
    let dearer = shop.get("/soup", None).await.json();
    assert_eq!((&dear["amount_sats"], &dearer["amount_sats"]), (&json!(12), &json!(23)));
    assert_ne!(dear["invoice"], dearer["invoice"]);
}

#[tokio::test]
async fn a_payment_for_an_earlier_rate_is_honoured_whatever_the_rate_is_now() {
    for uri in ["/soup", "/weighed"] {
        let method = if uri == "/soup" { "GET" } else { "POST" };
        let body = if uri == "/soup" { "" } else { "a" };
        // Half as dear, twice as dear, the rate unknown for an hour, and the last second.
        for (rate, later) in [
            (Some(45_000), 300),
            (Some(180_000), 300),
            (None, 3_600),
            (Some(1_000), 600 + WEEK_S - 1),
        ] {
            let shop = Shop::open().await;
            shop.rate.publish(dollars(90_000), START);
            let (token, hash) = shop.send(request(method, uri, None, body)).await.challenge();
            let preimage = shop.wallet.pay_unreported(&hash).reveal_hex();
            let token = format!("L402 {token}:{preimage}");
            shop.clock.store(START + later, Ordering::SeqCst);
            if let Some(rate) = rate {
                shop.rate.publish(dollars(rate), START + later);
            }
            let answer = shop.send(request(method, uri, Some(&token), body)).await;
            assert_eq!(answer.status, StatusCode::OK, "{uri} {rate:?}: {}", answer.text());
            assert_eq!(shop.wallet.invoice_count(), 1, "nobody was asked to pay twice");
        }
    }
}

#[tokio::test]
async fn what_was_bought_for_less_buys_nothing_dearer_or_later() {
    let shop = Shop::open().await;
    shop.rate.publish(dollars(1_000), START);
    let cheap = buy(&shop, "/weighed", "a").await;
    // The rate rises a hundredfold: what was paid is far more than three cents are now.
    shop.rate.publish(dollars(100_000), START + 1);
    let dearer = post(&shop, "/weighed?xx", Some(&cheap), "a").await;
    assert_eq!(dearer.status, StatusCode::PAYMENT_REQUIRED);
    assert_eq!(dearer.code(), "insufficient_payment");
    let message = dearer.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("$0.01") && message.contains("$0.03"), "{message}");
    let other_body = post(&shop, "/weighed", Some(&cheap), "b").await;
    assert_eq!(other_body.code(), "wrong_body");
    assert_eq!(post(&shop, "/weighed", Some(&cheap), "a").await.status, StatusCode::OK);
    assert_eq!(post(&shop, "/weighed?x", Some(&cheap), "").await.code(), "wrong_body");
    let late = buy(&shop, "/weighed", "c").await;
    shop.clock.store(START + 600 + WEEK_S, Ordering::SeqCst);
    shop.rate.publish(dollars(100_000), START + 600 + WEEK_S);
    assert_eq!(post(&shop, "/weighed", Some(&late), "c").await.code(), "expired_token");
    assert_eq!(shop.served(), 1);
}

#[tokio::test]
async fn a_holder_cannot_name_a_price_of_its_own() {
    let shop = Shop::open().await;
    shop.rate.publish(dollars(90_000), START);
    for uri in ["/weighed", "/priced"] {
        let credential = buy(&shop, uri, "a").await;
        let (token, preimage) = credential.strip_prefix("L402 ").unwrap().split_once(':').unwrap();
        let macaroon = Macaroon::decode(token).unwrap().0;
        let forged = macaroon.with_caveat("price_micro_usd=999000000".to_owned());
        let forged = format!("L402 {}:{preimage}", STANDARD.encode(forged.encode_v2()));
        let answer = post(&shop, &format!("{uri}?long"), Some(&forged), "a").await;
        assert_eq!(answer.status, StatusCode::PAYMENT_REQUIRED);
        assert_eq!(answer.code(), "caveat_refused", "{}", answer.text());
    }
    assert_eq!(shop.served(), 0);
}

#[tokio::test]
async fn a_balance_is_charged_at_the_rate_of_the_moment_or_not_at_all() {
    let shop = Shop::open().await;
    let body = json!({"amount_sats": 100}).to_string();
    let topup = post(&shop, "/api/v1/topup", None, &body).await.json();
    let preimage = shop.wallet.pay_unreported(topup["payment_hash"].as_str().unwrap());
    let body = json!({"preimage": preimage.reveal_hex()}).to_string();
    let claimed = post(&shop, "/api/v1/topup/claim", None, &body).await.json();
    let bearer = format!("Bearer {}", claimed["token"].as_str().unwrap());
    assert_no_rate(&shop.get("/soup", Some(&bearer)).await);
    shop.rate.publish(dollars(90_000), START);
    let answer = shop.get("/soup", Some(&bearer)).await;
    assert_eq!(answer.headers["x-charged-msat"], "12000");
    shop.rate.publish(dollars(20_000), START);
    assert_eq!(shop.get("/soup", Some(&bearer)).await.headers["x-balance-msat"], "38000");
}

async fn topup(shop: &Shop, body: &str) -> Answer {
    post(shop, "/api/v1/topup", None, body).await
}

fn machine_time() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[tokio::test]
async fn a_topup_can_name_dollars() {
    let shop = Shop::open().await;
    shop.topup_rate.publish(dollars(90_000), machine_time());
    for (amount, sats, named) in [
        ("5", 5_556, "5"),
        ("\"5.00\"", 5_556, "5"),
        ("0.9", 1_000, "0.9"),
        ("0.900001", 1_001, "0.900001"),
        ("\"0.000001\"", 1, "0.000001"),
        ("900", 1_000_000, "900"),
    ] {
        let answer = topup(&shop, &format!("{{\"amount_usd\": {amount}}}")).await;
        assert_eq!(answer.status, StatusCode::PAYMENT_REQUIRED, "{}", answer.text());
        let body = answer.json();
        assert_eq!(body["amount_sats"], sats, "{amount}");
        assert_eq!(answer.headers["x-price-sats"], sats.to_string().as_str());
        assert_eq!((&body["amount_usd"], &body["btc_usd"]), (&json!(named), &json!("90000")));
    }
    let in_sats = topup(&shop, r#"{"amount_sats": 5, "amount_usd": null}"#).await.json();
    assert_eq!((&in_sats["amount_sats"], &in_sats["btc_usd"]), (&json!(5), &Value::Null));
}

#[tokio::test]
async fn what_is_paid_for_a_topup_in_dollars_is_credited_to_the_sat() {
    let shop = Shop::open().await;
    shop.topup_rate.publish(dollars(90_000), machine_time());
    let made = topup(&shop, r#"{"amount_usd": "0.01"}"#).await.json();
    let preimage = shop.wallet.pay_unreported(made["payment_hash"].as_str().unwrap());
    shop.topup_rate.publish(dollars(10_000), machine_time());
    let body = json!({"preimage": preimage.reveal_hex()}).to_string();
    let claimed = post(&shop, "/api/v1/topup/claim", None, &body).await.json();
    assert_eq!(claimed["balance_sats"], 12, "what was paid, whatever the rate is now");
}

#[tokio::test]
async fn a_topup_names_one_amount_that_can_be_one() {
    let shop = Shop::open().await;
    shop.topup_rate.publish(dollars(90_000), machine_time());
    for (body, code) in [
        ("{}", "missing_field"),
        (r#"{"amount_sats": null}"#, "missing_field"),
        (r#"{"amount_sats": 5, "amount_usd": 5}"#, "invalid_amount"),
        (r#"{"amount_usd": 0}"#, "invalid_amount"),
        (r#"{"amount_usd": "0.00"}"#, "invalid_amount"),
        (r#"{"amount_usd": -1}"#, "invalid_amount"),
        (r#"{"amount_usd": 0.0000001}"#, "invalid_amount"),
        (r#"{"amount_usd": 1e3}"#, "invalid_amount"),
        (r#"{"amount_usd": "1,50"}"#, "invalid_amount"),
        (r#"{"amount_usd": "$5"}"#, "invalid_amount"),
        (r#"{"amount_usd": true}"#, "invalid_amount"),
        (r#"{"amount_usd": [5]}"#, "invalid_amount"),
        (r#"{"amount_usd": 900.01}"#, "invalid_amount"),
        (r#"{"amount_usd": 99999999999999999999}"#, "invalid_amount"),
        (r#"{"amount_sats": "5"}"#, "invalid_body"),
        ("[", "invalid_body"),
    ] {
        let answer = topup(&shop, body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.code(), code, "{body}: {}", answer.text());
    }
    let helpful = topup(&shop, "{}").await.text();
    assert!(helpful.contains("amount_sats") && helpful.contains("amount_usd"), "{helpful}");
    assert_eq!(shop.wallet.invoice_count(), 0);
}

#[tokio::test]
async fn a_topup_in_dollars_needs_a_fresh_rate_and_one_in_sats_none() {
    let shop = Shop::open().await;
    let stale = machine_time() - RATE_AGE_MAX_S - 100;
    assert_no_rate(&topup(&shop, r#"{"amount_usd": 1}"#).await);
    shop.topup_rate.publish(dollars(90_000), stale);
    assert_no_rate(&topup(&shop, r#"{"amount_usd": 1}"#).await);
    let in_sats = topup(&shop, r#"{"amount_sats": 5}"#).await;
    assert_eq!(in_sats.status, StatusCode::PAYMENT_REQUIRED);
}
