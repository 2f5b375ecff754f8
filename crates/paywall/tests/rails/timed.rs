//! Routes that are bought for a time: one payment, many requests.

use crate::shop::{START, request};
use crate::support::stall::{challenge_of, paid, sign_mpp};
use crate::support::{AtSettle, AtVerify, Stall, answered};
use axum::body::Body;
use farebox_wire::mpp::methods::evm_authorization::NonceForm;
use http::{HeaderMap, Request, StatusCode, header};
use std::sync::atomic::Ordering;

/// The headers that pay for `method uri`, asked for with a body.
async fn pass(stall: &Stall, way: &str, method: &str, uri: &str) -> HeaderMap {
    let mut asked = request(method, uri, None, "a first body");
    asked.headers_mut().insert(header::CONTENT_LENGTH, "12".parse().unwrap());
    let answer = stall.send(asked).await;
    let credential = match way {
        "x402 v2" => return paid(method, uri, &stall.sign_v2(&answer), "").headers().clone(),
        "x402 v1" => return paid(method, uri, &stall.sign_v1(&answer), "").headers().clone(),
        "mpp evm" => sign_mpp(&challenge_of(&answer, "evm"), NonceForm::default()),
        _ => crate::mpp_lightning::paid(stall, &challenge_of(&answer, "lightning")),
    };
    request(method, uri, Some(&credential), "").headers().clone()
}

fn with(headers: &HeaderMap, method: &str, uri: &str, body: &str) -> Request<Body> {
    let mut made = request(method, uri, None, body);
    *made.headers_mut() = headers.clone();
    made.headers_mut().insert(header::CONTENT_LENGTH, body.len().into());
    made
}

#[tokio::test]
async fn one_payment_opens_one_subject_until_its_time_is_over() {
    for way in ["x402 v2", "x402 v1", "mpp evm", "mpp lightning"] {
        let stall = Stall::open().await;
        let headers = pass(&stall, way, "POST", "/pass").await;
        let mut requests = 0;
        // The signature and the challenge are long over at the end; the pass is not.
        let lifetime = if way == "mpp lightning" { 1_200 } else { 600 };
        for second in [0, 1, 299, 400, 500, lifetime - 1] {
            stall.clock.store(START + second, Ordering::SeqCst);
            for (uri, body) in [("/pass", "one"), ("/pass?page=2", "another"), ("/pass", "")] {
                let answer = stall.send(with(&headers, "POST", uri, body)).await;
                assert_eq!(answer.status, StatusCode::OK, "{way} {second}: {}", answer.text());
                requests += 1;
            }
            // From now on nobody is asked any more.
            stall.facilitator.verifies(AtVerify::Refuse);
            stall.facilitator.settles(AtSettle::Refuse);
        }
        assert_eq!(stall.served(), requests, "{way}");
        let (transfers, calls) = (stall.facilitator.transfers(), stall.facilitator.settle_calls());
        let expected = usize::from(way != "mpp lightning");
        assert_eq!((transfers, calls), (expected, expected), "{way}");
        for (method, uri) in [("GET", "/pass"), ("GET", "/pass2")] {
            let answer = stall.send(with(&headers, method, uri, "")).await;
            assert_eq!(answer.status, StatusCode::PAYMENT_REQUIRED, "{way} {method} {uri}");
        }
        stall.clock.store(START + lifetime, Ordering::SeqCst);
        let over = stall.send(with(&headers, "POST", "/pass", "")).await;
        assert_eq!(over.status, StatusCode::PAYMENT_REQUIRED, "{way}");
        assert_eq!(stall.served(), requests, "{way}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_first_requests_at_once_settle_once() {
    let stall = Stall::open().await;
    let headers = pass(&stall, "x402 v2", "POST", "/pass").await;
    stall.facilitator.settle_ms.store(30, Ordering::SeqCst);
    let sent = (0..20).map(|_| stall.send(with(&headers, "POST", "/pass", "")));
    let answers = futures_util::future::join_all(sent).await;
    assert!(answers.iter().any(|answer| answer.status == StatusCode::OK));
    for answer in &answers {
        let known = [StatusCode::OK, StatusCode::CONFLICT].contains(&answer.status);
        assert!(known, "{}: {}", answer.status, answer.text());
    }
    assert_eq!((stall.facilitator.transfers(), stall.facilitator.settle_calls()), (1, 1));
}

#[tokio::test]
async fn a_pass_is_opened_by_its_money() {
    let stall = Stall::open().await;
    let headers = pass(&stall, "x402 v2", "POST", "/pass").await;
    for how in [AtSettle::Down, AtSettle::Refuse, AtSettle::Lost] {
        stall.facilitator.settles(how);
        let answer = stall.send(with(&headers, "POST", "/pass", "")).await;
        assert!(!answer.status.is_success(), "{how:?}");
        assert_eq!(stall.served(), 0, "{how:?}");
    }
    stall.facilitator.settles(AtSettle::Honest);
    answered(&stall.send(with(&headers, "POST", "/pass", "")).await);
    assert_eq!(stall.facilitator.transfers(), 1);
}
