//! Answers that are sent on while they are made.

use crate::shop::request;
use crate::support::stall::{challenge_of, paid, sign_mpp};
use crate::support::{AtSettle, Stall, answered};
use axum::body::Body;
use farebox_wire::mpp::methods::evm_authorization::NonceForm;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::json;
use std::sync::atomic::Ordering;
use tower::ServiceExt;

async fn funded(stall: &Stall) -> String {
    let post = async |uri: &str, body: serde_json::Value| {
        stall.send(request("POST", uri, None, &body.to_string())).await.json()
    };
    let topup = post("/api/v1/topup", json!({"amount_sats": 100})).await;
    let hash = topup["payment_hash"].as_str().unwrap();
    let preimage = stall.wallet.pay_unreported(hash).reveal_hex();
    let claimed = post("/api/v1/topup/claim", json!({"preimage": preimage})).await;
    format!("Bearer {}", claimed["token"].as_str().unwrap())
}

/// A request for `uri` that is paid in one of the ways.
async fn bought(stall: &Stall, uri: &str, way: &str) -> Request<Body> {
    match way {
        "l402" => request("GET", uri, Some(&stall.buy(uri).await), ""),
        "prepaid" => request("GET", uri, Some(&funded(stall).await), ""),
        "mpp" => {
            let challenge = challenge_of(&stall.get(uri, None).await, "evm");
            request("GET", uri, Some(&sign_mpp(&challenge, NonceForm::default())), "")
        }
        _ => paid("GET", uri, &stall.sign(uri).await, ""),
    }
}

#[tokio::test]
async fn the_first_chunk_arrives_while_the_handler_is_sending() {
    for way in ["l402", "prepaid", "mpp", "x402"] {
        for uri in ["/stream", "/events"] {
            let stall = Stall::open().await;
            stall.kitchen.delay_ms.store(u64::MAX, Ordering::SeqCst);
            let request = bought(&stall, uri, way).await;
            let response = stall.router.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), StatusCode::OK, "{way} {uri}");
            let mut body = response.into_body();
            let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
            assert_eq!(first, "data: first\n\n", "{way} {uri}");
            let has_moved = stall.facilitator.transfers() == 1;
            assert_eq!(has_moved, way == "mpp" || way == "x402", "{way} {uri}: paid by then");
            stall.kitchen.delay_ms.store(0, Ordering::SeqCst);
            let rest = body.collect().await.unwrap().to_bytes();
            assert_eq!(rest, "data: last\n\n", "{way} {uri}");
        }
    }
}

#[tokio::test]
async fn a_stream_is_paid_before_its_handler_runs() {
    let stall = Stall::open().await;
    let payment = stall.sign("/stream").await;
    for how in [AtSettle::Down, AtSettle::Refuse] {
        stall.facilitator.settles(how);
        let answer = stall.pay("/stream", &payment).await;
        assert!(!answer.status.is_success(), "{how:?}");
        assert_eq!(stall.served(), 0, "{how:?}");
    }
    stall.facilitator.settles(AtSettle::Honest);
    let answer = stall.pay("/stream", &payment).await;
    assert_eq!(answered(&answer).text(), "data: first\n\ndata: last\n\n");
    assert!(answer.headers.contains_key("payment-response"));
    assert_eq!((stall.served(), stall.facilitator.transfers()), (1, 1));
}

#[tokio::test]
async fn a_failure_before_the_first_byte_leaves_the_payment_good() {
    for way in ["l402", "mpp", "x402"] {
        for uri in ["/stream", "/events"] {
            let stall = Stall::open().await;
            let again = bought(&stall, uri, way).await;
            let copy = |from: &Request<Body>| {
                let mut copy = request("GET", uri, None, "");
                *copy.headers_mut() = from.headers().clone();
                copy
            };
            stall.kitchen.fails.store(true, Ordering::SeqCst);
            let failed = stall.send(copy(&again)).await;
            assert_eq!(failed.status, StatusCode::BAD_GATEWAY, "{way} {uri}");
            assert!(failed.headers.contains_key("x-payment-state"), "{way} {uri}");
            stall.kitchen.fails.store(false, Ordering::SeqCst);
            answered(&stall.send(copy(&again)).await);
            let chain = usize::from(way != "l402");
            assert_eq!(stall.facilitator.transfers(), chain, "{way} {uri}");
            assert_eq!(stall.facilitator.settle_calls(), chain, "{way} {uri}");
        }
    }
}

#[tokio::test]
async fn a_stream_is_made_again_a_few_times_for_its_own_request() {
    let stall = Stall::open().await;
    let payment = stall.sign("/stream").await;
    let mut answers = 1;
    answered(&stall.pay("/stream", &payment).await);
    stall.kitchen.fails.store(true, Ordering::SeqCst);
    for _ in 0..10 {
        let failed = stall.pay("/stream", &payment).await;
        assert_eq!(failed.status, StatusCode::BAD_GATEWAY, "a failure is not counted");
    }
    stall.kitchen.fails.store(false, Ordering::SeqCst);
    while stall.pay("/stream", &payment).await.status == StatusCode::OK {
        answers += 1;
        assert!(answers < 100, "without end");
    }
    assert_eq!(answers, 5);
    assert_eq!(stall.facilitator.settle_calls(), 1);
    assert_eq!(stall.pay("/stream?other", &payment).await.code(), "token_used");
}

#[tokio::test]
async fn an_event_stream_whose_settlement_is_not_known_is_not_begun() {
    let stall = Stall::open().await;
    let payment = stall.sign("/events").await;
    stall.facilitator.settles(AtSettle::Lost);
    let answer = stall.pay("/events", &payment).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!answer.text().contains("first"));
    stall.facilitator.settles(AtSettle::Honest);
    answered(&stall.pay("/events", &payment).await);
    assert_eq!(stall.facilitator.transfers(), 1);
}
