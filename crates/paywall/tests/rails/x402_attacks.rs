//! Payments of x402 that must buy nothing, or nothing more.

use crate::shop::{START, request};
use crate::support::stall::{buyer_key, from_address, nonce, paid, usdc};
use crate::support::{Stall, answered, x402_of};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use farebox_wire::evm::{Address, TransferAuthorization, U256};
use farebox_wire::x402::{ExactEvmPayload, Payment};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

fn as_json(payment: &Payment) -> Value {
    let (_, header) = payment.to_header();
    serde_json::from_slice(&STANDARD.decode(header).unwrap()).unwrap()
}

fn read(json: &Value) -> Payment {
    Payment::parse_header(&STANDARD.encode(json.to_string())).unwrap()
}

#[tokio::test]
async fn a_used_payment_buys_nothing_else() {
    let stall = Stall::open().await;
    let payment = stall.sign("/dish?a").await;
    answered(&stall.pay("/dish?a", &payment).await);
    for (method, uri, body) in [
        ("GET", "/dish?b", ""),
        ("GET", "/dish", ""),
        ("POST", "/dish?a", ""),
        ("POST", "/dish?a", "body"),
        ("GET", "/other?a", ""),
        ("GET", "/other", ""),
    ] {
        let answer = stall.send(paid(method, uri, &payment, body)).await;
        assert_eq!(answer.status, StatusCode::PAYMENT_REQUIRED, "{method} {uri}");
        assert_eq!(answer.code(), "token_used", "{method} {uri}");
    }
    assert_eq!((stall.served(), stall.facilitator.transfers()), (1, 1));
}

#[tokio::test]
async fn head_and_options_are_not_free() {
    let stall = Stall::open().await;
    let head = stall.send(request("HEAD", "/dish", None, "")).await;
    assert_eq!(head.status, StatusCode::PAYMENT_REQUIRED);
    let payment = stall.sign("/dish").await;
    let head = stall.send(paid("HEAD", "/dish", &payment, "")).await;
    assert_eq!(head.status, StatusCode::PAYMENT_REQUIRED);
    for method in ["OPTIONS", "DELETE", "PUT", "TRACE", "BREW"] {
        let answer = stall.send(request(method, "/dish", None, "")).await;
        assert!(!answer.status.is_success(), "{method}: {}", answer.status);
    }
    assert_eq!((stall.served(), stall.facilitator.settle_calls()), (0, 0));
    answered(&stall.pay("/dish", &payment).await);
}

#[tokio::test]
async fn changed_terms_are_refused_before_anything_runs() {
    let stall = Stall::open().await;
    let good = as_json(&stall.sign("/dish").await);
    let other = json!("0x209693Bc6afc0C5328bA36FaF03C514EF312287C");
    for (pointer, value, code) in [
        ("/accepted/amount", json!("4999"), "payment_not_offered"),
        ("/accepted/amount", json!("50000"), "payment_not_offered"),
        ("/accepted/payTo", other.clone(), "payment_not_offered"),
        ("/accepted/asset", other.clone(), "payment_not_offered"),
        ("/accepted/network", json!("eip155:8453"), "payment_not_offered"),
        ("/accepted/scheme", json!("upto"), "payment_not_offered"),
        ("/accepted/extra/version", json!("1"), "payment_not_offered"),
        ("/accepted/extra/name", json!("USD Coin"), "payment_not_offered"),
        ("/accepted/maxTimeoutSeconds", json!(3_000), "payment_not_offered"),
        ("/payload/authorization/to", other.clone(), "payment_not_offered"),
        ("/payload/authorization/value", json!("4999"), "payment_refused"),
        ("/payload/authorization/value", json!("5001"), "payment_refused"),
        ("/payload/authorization/from", other, "payment_refused"),
        ("/payload/authorization/validBefore", json!("1"), "payment_refused"),
        ("/payload/authorization/validAfter", json!("1900000000"), "payment_refused"),
        ("/payload/authorization/nonce", json!(format!("0x{:064x}", 7)), "payment_refused"),
        ("/payload/signature", json!(format!("0x{}", "11".repeat(65))), "payment_refused"),
    ] {
        let mut changed = good.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        let answer = stall.pay("/dish", &read(&changed)).await;
        assert_eq!(answer.status, StatusCode::PAYMENT_REQUIRED, "{pointer}");
        assert_eq!(answer.code(), code, "{pointer}: {}", answer.text());
        x402_of(&answer);
    }
    let mut bare = good.clone();
    bare["accepted"].as_object_mut().unwrap().remove("extra");
    assert_eq!(stall.pay("/dish", &read(&bare)).await.code(), "payment_not_offered");
    assert_eq!((stall.served(), stall.facilitator.settle_calls()), (0, 0));
    answered(&stall.pay("/dish", &read(&good)).await);
}

#[tokio::test]
async fn what_stands_on_the_chain_does_not_open_the_stored_answer() {
    let stall = Stall::open().await;
    let answer = stall.get("/dish?private", None).await;
    let payment = stall.sign_v2(&answer);
    answered(&stall.pay("/dish?private", &payment).await);
    let verified = stall.facilitator.verified.load(Ordering::SeqCst);

    // Authorization and signature are public now. The challenge's own text is not.
    let known = as_json(&payment);
    let mut thieves = vec![known.clone(), known.clone(), known.clone()];
    thieves[0]["accepted"]["extra"].as_object_mut().unwrap().remove("challenge");
    thieves[1]["accepted"]["extra"]["challenge"] = json!("");
    let fresh = x402_of(&stall.get("/dish?private", None).await);
    thieves[2]["accepted"] = serde_json::to_value(&fresh.accepts[0]).unwrap();
    let v1 = json!({
        "x402Version": 1, "scheme": "exact", "network": "base-sepolia",
        "payload": known["payload"],
    });
    thieves.push(v1);
    for thief in &thieves {
        for address in ["198.51.100.7:1000", "0.0.0.0:1"] {
            let request = from_address(paid("GET", "/dish?private", &read(thief), ""), address);
            let answer = stall.send(request).await;
            assert_eq!(answer.status, StatusCode::PAYMENT_REQUIRED, "{thief}");
            assert!(!answer.text().contains("dish private"));
        }
    }
    assert_eq!(stall.served(), 1);
    assert_eq!(stall.facilitator.verified.load(Ordering::SeqCst), verified);
    // Its owner, on another line by now, still gets it.
    let moved = from_address(paid("GET", "/dish?private", &payment, ""), "203.0.113.9:4000");
    answered(&stall.send(moved).await);
}

#[tokio::test]
async fn version_1_keeps_its_answer_for_the_address_that_paid() {
    let stall = Stall::open().await;
    let payment = stall.sign_v1(&stall.get("/dish", None).await);
    let from = |address| from_address(paid("GET", "/dish", &payment, ""), address);
    answered(&stall.send(from("203.0.113.9:4000")).await);
    let thief = stall.send(from("198.51.100.7:4000")).await;
    assert_eq!(thief.status, StatusCode::PAYMENT_REQUIRED);
    answered(&stall.send(from("203.0.113.9:5000")).await);
    assert_eq!(stall.served(), 1);
}

#[tokio::test]
async fn a_copy_shown_before_the_settlement_gets_nothing() {
    let stall = Stall::open().await;
    let payment = stall.sign("/dish?a").await;
    stall.kitchen.fails.store(true, Ordering::SeqCst);
    stall.pay("/dish?a", &payment).await;
    stall.kitchen.fails.store(false, Ordering::SeqCst);
    let mut copy = as_json(&payment);
    copy["accepted"]["extra"]["challenge"] = json!("0123456789abcdef0123456789abcdef");
    let answer = stall.pay("/dish?a", &read(&copy)).await;
    assert_eq!(answer.code(), "payment_of_another_request");
    answered(&stall.pay("/dish?a", &payment).await);
    assert_eq!(stall.facilitator.transfers(), 1);
}

/// A payment of version 2 with an authorization of the test's own making.
async fn authorized(stall: &Stall, change: impl Fn(&mut TransferAuthorization)) -> Payment {
    let mut payment = stall.sign("/dish").await;
    let Payment::V2(message) = &mut payment else { panic!("version 2") };
    let mut authorization = ExactEvmPayload::parse(&message.payload).unwrap().authorization;
    authorization.nonce = nonce();
    change(&mut authorization);
    let signature = authorization.sign(&usdc(), &buyer_key());
    message.payload = ExactEvmPayload { authorization, signature }.to_object();
    payment
}

#[tokio::test]
async fn an_authorization_that_is_good_for_too_long_is_refused() {
    let stall = Stall::open().await;
    for valid_before in [U256::from(START + 8 * 24 * 3_600), U256::MAX, U256::from(u64::MAX)] {
        let payment = authorized(&stall, |signed| signed.valid_before = valid_before).await;
        let answer = stall.pay("/dish", &payment).await;
        assert_eq!(answer.code(), "authorization_too_long");
    }
    assert_eq!(stall.facilitator.verified.load(Ordering::SeqCst), 0);
    let week = authorized(&stall, |signed| {
        signed.valid_before = U256::from(START + 7 * 24 * 3_600);
    });
    answered(&stall.pay("/dish", &week.await).await);
}

#[tokio::test]
async fn a_signed_payment_to_somebody_else_is_refused_unread() {
    let stall = Stall::open().await;
    let payment = authorized(&stall, |signed| signed.to = Address::repeat_byte(5)).await;
    assert_eq!(stall.pay("/dish", &payment).await.code(), "payment_not_offered");
    let generous = authorized(&stall, |signed| signed.value = U256::MAX).await;
    assert_eq!(stall.pay("/dish", &generous).await.code(), "payment_refused");
    assert_eq!(stall.served(), 0);
}

#[tokio::test]
async fn garbage_is_told_what_is_wrong_and_breaks_nothing() {
    let stall = Stall::open().await;
    let good = STANDARD.encode(as_json(&stall.sign("/dish").await).to_string());
    let nested = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    let mut cases: Vec<Vec<u8>> = vec![
        b"".to_vec(),
        b" ".to_vec(),
        b"{}".to_vec(),
        b"null".to_vec(),
        b"!!!!".to_vec(),
        vec![0xff, 0xfe],
        good.as_bytes()[..good.len() / 2].to_vec(),
        [good.as_bytes(), b"="].concat(),
        vec![b'A'; 20_000],
        STANDARD.encode(nested).into_bytes(),
    ];
    for json in [
        json!({}),
        json!([]),
        json!(null),
        json!({"x402Version": 2}),
        json!({"x402Version": 3, "payload": {}}),
        json!({"x402Version": "2", "accepted": {}, "payload": {}}),
        json!({"x402Version": 1, "scheme": "exact", "network": "base-sepolia", "payload": {}}),
        json!({"x402Version": 1, "scheme": 7, "network": [], "payload": null}),
    ] {
        cases.push(STANDARD.encode(json.to_string()).into_bytes());
    }
    for name in ["payment-signature", "x-payment"] {
        for case in &cases {
            let mut request = request("GET", "/dish", None, "");
            let Ok(value) = HeaderValue::from_bytes(case) else { continue };
            request.headers_mut().insert(name, value);
            let answer = stall.send(request).await;
            let shown = String::from_utf8_lossy(&case[..case.len().min(60)]);
            assert_eq!(answer.status, StatusCode::PAYMENT_REQUIRED, "{name}: {shown}");
            assert_eq!(answer.code(), "malformed_credential", "{name}: {shown}");
            assert!(answer.body.len() < 8_000, "{name}: {shown}");
        }
    }
    assert_eq!((stall.served(), stall.facilitator.verified.load(Ordering::SeqCst)), (0, 0));
}
