//! Handlers that change what cannot be taken back.

use crate::shop::request;
use crate::support::stall::paid;
use crate::support::{AtSettle, Stall, answered};
use http::StatusCode;
use std::sync::atomic::Ordering;

#[tokio::test]
async fn what_cannot_be_taken_back_is_paid_before_it_is_done() {
    let stall = Stall::open().await;
    let payment = stall.sign("/order").await;
    for how in [AtSettle::Down, AtSettle::Refuse] {
        stall.facilitator.settles(how);
        let answer = stall.pay("/order", &payment).await;
        assert!(!answer.status.is_success(), "{how:?}");
        assert_eq!(stall.served(), 0, "{how:?}");
    }
    stall.facilitator.settles(AtSettle::Honest);
    let first = stall.pay("/order", &payment).await;
    let again = stall.pay("/order", &payment).await;
    assert_eq!(answered(&first).text(), answered(&again).text());
    assert_eq!(again.headers["idempotent-replayed"], "true", "its answer is kept");
    assert_eq!((stall.served(), stall.facilitator.transfers()), (1, 1));
}

#[tokio::test]
async fn a_failure_leaves_what_was_paid_good_for_the_same_request() {
    let stall = Stall::open().await;
    let payment = stall.sign("/order").await;
    stall.kitchen.fails.store(true, Ordering::SeqCst);
    let failed = stall.send(paid("GET", "/order", &payment, "")).await;
    assert_eq!(failed.status, StatusCode::BAD_GATEWAY);
    assert!(failed.headers["x-payment-state"].to_str().unwrap().starts_with("unspent"));
    stall.kitchen.fails.store(false, Ordering::SeqCst);
    answered(&stall.pay("/order", &payment).await);
    assert_eq!((stall.facilitator.transfers(), stall.facilitator.settle_calls()), (1, 1));
}

#[tokio::test]
async fn nothing_is_collected_for_what_cannot_be_set_aside() {
    let stall = Stall::open().await;
    let body = "for two";
    let asked = stall.send(request("POST", "/table", None, body)).await;
    let payment = stall.sign_v2(&asked);
    let order = || stall.send(paid("POST", "/table", &payment, body));
    let set_aside = || stall.kitchen.set_aside.load(Ordering::SeqCst);

    stall.kitchen.is_full.store(true, Ordering::SeqCst);
    let refused = order().await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.headers["x-payment-state"].to_str().unwrap().starts_with("not charged"));
    assert_eq!((stall.facilitator.settle_calls(), stall.served()), (0, 0));

    stall.kitchen.is_full.store(false, Ordering::SeqCst);
    stall.facilitator.settles(AtSettle::Lost);
    assert_eq!(order().await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!((stall.served(), set_aside()), (0, 1), "kept while nobody knows whether it is paid");
    stall.facilitator.settles(AtSettle::Honest);
    answered(&order().await);
    assert_eq!((stall.served(), stall.facilitator.transfers()), (1, 1));
}

#[tokio::test]
async fn what_was_set_aside_is_free_again_when_the_money_does_not_come() {
    let stall = Stall::open().await;
    let asked = stall.send(request("POST", "/table", None, "for two")).await;
    let payment = stall.sign_v2(&asked);
    stall.facilitator.settles(AtSettle::Refuse);
    let refused = stall.send(paid("POST", "/table", &payment, "for two")).await;
    assert_eq!(refused.status, StatusCode::PAYMENT_REQUIRED);
    assert_eq!((stall.served(), stall.kitchen.set_aside.load(Ordering::SeqCst)), (0, 0));
    assert_eq!(stall.facilitator.settle_calls(), 1);
}
