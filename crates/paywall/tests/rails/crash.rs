//! The process dies at the worst moment: no payer loses money or pays twice.

use crate::support::stall::paid;
use crate::support::{AtSettle, Stall, answered};
use farebox_store::{StoreError, Transaction, params};
use http::StatusCode;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Waits until something that another task does has come.
async fn until(mut is_there: impl FnMut() -> bool) {
    for _ in 0..2_000 {
        if is_there() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it never came");
}

async fn findings(stall: &Stall) -> usize {
    let verify = |transaction: &Transaction<'_>| -> Result<usize, StoreError> {
        Ok(farebox_paywall::verify(transaction)?.len())
    };
    stall.store.read(verify).await.unwrap()
}

#[tokio::test]
async fn a_process_that_dies_while_it_settles_neither_takes_the_money_twice_nor_keeps_it() {
    for uri in ["/dish", "/ticker", "/pass"] {
        let mut stall = Stall::open().await;
        let payment = stall.sign(uri).await;
        stall.facilitator.settles(AtSettle::Hang);
        let router = stall.router.clone();
        let request = paid("GET", uri, &payment, "");
        let hanging = tokio::spawn(tower::ServiceExt::oneshot(router, request));
        let facilitator = stall.facilitator.clone();
        until(move || facilitator.transfers() == 1).await;
        hanging.abort();
        stall.crash().await;
        stall.facilitator.settles(AtSettle::Honest);
        let answer = stall.pay(uri, &payment).await;
        assert_eq!(answer.status, StatusCode::OK, "{uri}: {}", answer.text());
        answered(&stall.pay(uri, &payment).await);
        assert_eq!(stall.facilitator.transfers(), 1, "{uri}");
        assert_eq!(findings(&stall).await, 0);
    }
}

#[tokio::test]
async fn a_process_that_dies_in_the_handler_gives_the_payment_back() {
    let mut stall = Stall::open().await;
    let payment = stall.sign("/dish").await;
    stall.kitchen.delay_ms.store(3_600_000, Ordering::SeqCst);
    let router = stall.router.clone();
    let hanging =
        tokio::spawn(tower::ServiceExt::oneshot(router, paid("GET", "/dish", &payment, "")));
    let kitchen = stall.kitchen.clone();
    until(move || kitchen.served.load(Ordering::SeqCst) == 1).await;
    let busy = stall.pay("/dish", &payment).await;
    assert_eq!(busy.code(), "request_in_progress");
    hanging.abort();
    stall.kitchen.delay_ms.store(0, Ordering::SeqCst);
    stall.crash().await;
    assert_eq!(stall.pay("/dish?other", &payment).await.code(), "payment_of_another_request");
    answered(&stall.pay("/dish", &payment).await);
    assert_eq!(stall.facilitator.transfers(), 1);
}

#[tokio::test]
async fn an_answer_that_waits_for_its_settlement_survives_a_restart() {
    for how in [AtSettle::Down, AtSettle::Lost] {
        let mut stall = Stall::open().await;
        let payment = stall.sign("/dish").await;
        stall.facilitator.settles(how);
        let unknown = stall.pay("/dish", &payment).await;
        assert_eq!(unknown.status, StatusCode::SERVICE_UNAVAILABLE);
        stall.crash().await;
        stall.facilitator.settles(AtSettle::Honest);
        // Nobody knows any more at which rate it was asked.
        stall.rail_rate.publish(crate::shop::dollars(50_000), crate::shop::START);
        let answer = stall.pay("/dish", &payment).await;
        assert_eq!(answer.status, StatusCode::OK, "{how:?}: {}", answer.text());
        assert_eq!((stall.served(), stall.facilitator.transfers()), (1, 1), "{how:?}");
    }
}

#[tokio::test]
async fn the_books_of_lightning_are_compared_and_those_of_other_rails_are_not() {
    let stall = Stall::open().await;
    answered(&stall.pay("/dish?chain", &stall.sign("/dish?chain").await).await);
    let sold = stall.buy("/dish?sats").await;
    answered(&stall.get("/dish?sats", Some(&sold)).await);
    assert_eq!(findings(&stall).await, 0);
    let tamper = |transaction: &Transaction<'_>| -> Result<(), StoreError> {
        let sql = "UPDATE redemption SET state = 'open' WHERE rail = 'lightning'";
        assert_eq!(transaction.execute(sql, params![])?, 1);
        assert_eq!(farebox_paywall::verify(transaction)?.len(), 1);
        let sql = "UPDATE redemption SET state = 'done' WHERE rail = 'lightning'";
        transaction.execute(sql, params![])?;
        Ok(())
    };
    stall.store.write(tamper).await.unwrap();
    assert_eq!(findings(&stall).await, 0);
    let report = stall.store.read(farebox_ledger::verify).await.unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);
}
