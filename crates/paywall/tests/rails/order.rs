//! Handlers that change what cannot be taken back.

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
