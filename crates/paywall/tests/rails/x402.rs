//! x402 of both versions: what is asked, paid, settled and answered.

use crate::shop::{START, dollars, request};
use crate::support::stall::{DISH_UNITS, SITE, paid, pay_to, usdc, v1_of};
use crate::support::{AtSettle, AtVerify, Stall, answered, x402_of};
use farebox_wire::x402::{PAYMENT_RESPONSE, SettleResponse, X_PAYMENT_RESPONSE};
use http::{StatusCode, header};
use std::collections::HashSet;
use std::sync::atomic::Ordering;

#[tokio::test]
async fn a_402_asks_in_both_versions_and_names_the_public_address() {
    let stall = Stall::open().await;
    let answer = stall.get("/dish?of=day", None).await;
    let required = x402_of(&answer);
    assert_eq!(required.resource.unwrap().url, format!("{SITE}/dish?of=day"));
    let [option] = &required.accepts[..] else { panic!("one token, one way to pay") };
    assert_eq!(option.amount, DISH_UNITS.to_string());
    assert_eq!(option.network, "eip155:84532");
    assert_eq!(option.asset, usdc().id.address.to_checksum(None));
    assert_eq!(option.pay_to, pay_to().to_checksum(None));
    assert_eq!(option.extra_text("name"), Some("USDC"));
    assert_eq!(option.extra_text("version"), Some("2"));

    let v1 = v1_of(&answer);
    assert_eq!(v1.accepts[0].network, "base-sepolia");
    assert_eq!(v1.accepts[0].max_amount_required, DISH_UNITS.to_string());
    assert_eq!(v1.accepts[0].resource, format!("{SITE}/dish?of=day"));
    assert_eq!(answer.json()["amount_sats"], 5, "and the invoice stands beside it");
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    assert_eq!(stall.facilitator.verified.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn version_2_is_settled_after_the_answer_and_has_its_receipt() {
    let stall = Stall::open().await;
    let payment = stall.sign("/dish?of=day").await;
    let answer = stall.pay("/dish?of=day", &payment).await;
    assert_eq!(answered(&answer).text(), "dish of=day");
    let receipt = answer.headers[PAYMENT_RESPONSE].to_str().unwrap();
    let receipt = SettleResponse::parse_header(receipt).unwrap();
    assert!(receipt.success);
    assert_eq!(receipt.network, "eip155:84532");
    assert_eq!(receipt.transaction, format!("0x{:064x}", 1));
    assert!(!answer.headers.contains_key(X_PAYMENT_RESPONSE));
    assert_eq!(answer.headers[header::CACHE_CONTROL], "private");
    assert_eq!((stall.served(), stall.facilitator.transfers()), (1, 1));
}

#[tokio::test]
async fn version_1_is_paid_too() {
    let stall = Stall::open().await;
    let payment = stall.sign_v1(&stall.get("/dish", None).await);
    let answer = stall.pay("/dish", &payment).await;
    let receipt = answered(&answer).headers[X_PAYMENT_RESPONSE].to_str().unwrap();
    let receipt = SettleResponse::parse_header(receipt).unwrap();
    assert!(receipt.success);
    assert_eq!(receipt.network, "base-sepolia");
    assert!(!answer.headers.contains_key(PAYMENT_RESPONSE));
    let again = stall.pay("/dish", &payment).await;
    assert_eq!(answered(&again).body, answer.body);
    assert_eq!((stall.served(), stall.facilitator.transfers()), (1, 1));
}

#[tokio::test]
async fn a_repeat_gets_the_stored_answer_with_its_receipt_and_stays_private() {
    let stall = Stall::open().await;
    let payment = stall.sign("/dish").await;
    let first = stall.pay("/dish", &payment).await;
    let again = stall.pay("/dish", &payment).await;
    assert_eq!(answered(&again).body, first.body);
    assert_eq!(again.headers["idempotent-replayed"], "true");
    assert_eq!(again.headers[PAYMENT_RESPONSE], first.headers[PAYMENT_RESPONSE]);
    assert_eq!(again.headers[header::CACHE_CONTROL], "private");
    assert_eq!((stall.served(), stall.facilitator.settle_calls()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_copies_at_once_one_runs_and_none_is_asked_to_pay_again() {
    let stall = Stall::open().await;
    stall.kitchen.delay_ms.store(50, Ordering::SeqCst);
    stall.facilitator.settle_ms.store(50, Ordering::SeqCst);
    let payment = stall.sign("/dish").await;
    let copies = (0..20).map(|_| stall.pay("/dish", &payment));
    let answers = futures_util::future::join_all(copies).await;
    assert_eq!((stall.served(), stall.facilitator.transfers()), (1, 1));
    assert_eq!(stall.facilitator.settling_max.load(Ordering::SeqCst), 1);
    let mut bodies = HashSet::new();
    for answer in &answers {
        match answer.status {
            StatusCode::OK => {
                bodies.insert(answer.body.clone());
            }
            StatusCode::CONFLICT => {
                assert_eq!(answer.headers["x-should-retry"], "false");
                assert_eq!(answer.code(), "request_in_progress");
            }
            other => panic!("{other}: {}", answer.text()),
        }
    }
    assert_eq!(bodies.len(), 1);
}

#[tokio::test]
async fn a_copy_that_is_still_verified_when_the_other_is_settled_is_not_asked_to_pay_again() {
    for uri in ["/dish", "/pass"] {
        let stall = Stall::open().await;
        let payment = stall.sign(uri).await;
        stall.facilitator.holds_first.store(true, Ordering::SeqCst);
        let (slow, ()) = tokio::join!(stall.pay(uri, &payment), async {
            while stall.facilitator.verified.load(Ordering::SeqCst) == 0 {
                tokio::task::yield_now().await;
            }
            answered(&stall.pay(uri, &payment).await);
            stall.facilitator.holds_first.store(false, Ordering::SeqCst);
        });
        answered(&slow);
        assert_eq!(stall.facilitator.transfers(), 1, "{uri}");
    }
}

#[tokio::test]
async fn a_facilitator_that_is_down_at_verify_costs_nothing_and_is_asked_again() {
    let stall = Stall::open().await;
    let payment = stall.sign("/dish").await;
    stall.facilitator.verifies(AtVerify::Down);
    for _ in 0..3 {
        let answer = stall.pay("/dish", &payment).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.headers.contains_key(header::RETRY_AFTER));
        assert!(!answer.headers.contains_key(header::WWW_AUTHENTICATE));
    }
    stall.facilitator.verifies(AtVerify::Honest);
    for _ in 0..3 {
        answered(&stall.pay("/dish", &payment).await);
    }
    assert_eq!((stall.served(), stall.facilitator.transfers()), (1, 1));
}

/// What the first answers and the last one are, when the settlement goes wrong in between.
async fn after_trouble(how: AtSettle, times: usize) {
    let stall = Stall::open().await;
    let payment = stall.sign("/dish").await;
    stall.facilitator.settles(how);
    for _ in 0..times {
        let answer = stall.pay("/dish", &payment).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{how:?}");
        assert!(answer.headers.contains_key(header::RETRY_AFTER));
        assert!(!answer.headers.contains_key(header::WWW_AUTHENTICATE), "no fresh challenge");
        assert!(!answer.text().contains("dish of"), "no answer without its money");
    }
    if !matches!(how, AtSettle::Pending(_)) {
        stall.facilitator.settles(AtSettle::Honest);
    }
    let answer = stall.pay("/dish", &payment).await;
    assert!(answered(&answer).headers.contains_key(PAYMENT_RESPONSE), "{how:?}");
    assert_eq!(stall.served(), 1, "{how:?}: the handler ran once");
    assert_eq!(stall.facilitator.transfers(), 1, "{how:?}");
    let calls = stall.facilitator.settle_calls();
    let again = stall.pay("/dish", &payment).await;
    assert_eq!(answered(&again).body, answer.body);
    assert_eq!(stall.facilitator.settle_calls(), calls, "{how:?}: settled for good");
}

#[tokio::test]
async fn an_answer_waits_for_its_settlement_whatever_goes_wrong_with_it() {
    after_trouble(AtSettle::Down, 3).await;
    after_trouble(AtSettle::Lost, 2).await;
    after_trouble(AtSettle::Pending(3), 3).await;
}

#[tokio::test]
async fn a_payment_that_nobody_would_settle_runs_nothing() {
    let stall = Stall::open().await;
    let payment = stall.sign("/dish").await;
    stall.facilitator.verifies(AtVerify::Refuse);
    let answer = stall.pay("/dish", &payment).await;
    assert_eq!(answer.status, StatusCode::PAYMENT_REQUIRED);
    assert_eq!(answer.code(), "payment_refused");
    assert!(answer.text().contains("insufficient_funds"));
    x402_of(&answer);
    assert_eq!((stall.served(), stall.facilitator.settle_calls()), (0, 0));
}

#[tokio::test]
async fn an_answer_whose_settlement_is_refused_is_not_given() {
    let stall = Stall::open().await;
    let payment = stall.sign("/dish?secret").await;
    stall.facilitator.settles(AtSettle::Refuse);
    let answer = stall.pay("/dish?secret", &payment).await;
    assert_eq!(answer.status, StatusCode::PAYMENT_REQUIRED);
    assert_eq!(answer.code(), "payment_refused");
    assert!(!answer.text().contains("dish secret"));
    assert_eq!(stall.facilitator.transfers(), 0);
    // The payer tops up; the same signature is good again, for the same request.
    stall.facilitator.settles(AtSettle::Honest);
    answered(&stall.pay("/dish?secret", &payment).await);
    assert_eq!(stall.facilitator.transfers(), 1);
}

#[tokio::test]
async fn a_handler_that_fails_costs_nothing_and_the_payment_stays_good_for_that_request() {
    let stall = Stall::open().await;
    let payment = stall.sign("/dish?a").await;
    stall.kitchen.fails.store(true, Ordering::SeqCst);
    let answer = stall.pay("/dish?a", &payment).await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
    assert!(answer.headers["x-payment-state"].to_str().unwrap().starts_with("not charged"));
    assert!(!answer.headers.contains_key(PAYMENT_RESPONSE));
    assert_eq!(stall.facilitator.settle_calls(), 0);
    stall.kitchen.fails.store(false, Ordering::SeqCst);
    let other = stall.pay("/dish?b", &payment).await;
    assert_eq!(other.code(), "payment_of_another_request");
    assert_eq!(stall.facilitator.settle_calls(), 0);
    answered(&stall.pay("/dish?a", &payment).await);
    assert_eq!(stall.facilitator.transfers(), 1);
}

#[tokio::test]
async fn a_price_in_satoshis_is_taken_as_it_was_asked() {
    let stall = Stall::open().await;
    let payment = stall.sign("/dish").await;
    for (usd, seconds) in [(101_000, 60), (90_000, 120), (120_000, 200)] {
        stall.clock.store(START + seconds, Ordering::SeqCst);
        stall.rail_rate.publish(dollars(usd), START + seconds);
        x402_of(&stall.get("/dish?other", None).await);
    }
    answered(&stall.pay("/dish", &payment).await);
    // A day later nobody remembers the rate; the answer is there all the same.
    stall.clock.store(START + 80_000, Ordering::SeqCst);
    let again = stall.pay("/dish", &payment).await;
    assert_eq!(answered(&again).headers["idempotent-replayed"], "true");
}

#[tokio::test]
async fn a_rate_that_was_never_asked_is_not_taken() {
    let stall = Stall::open().await;
    let mut answer = stall.get("/dish", None).await;
    let mut required = x402_of(&answer);
    required.accepts[0].amount = "4000".to_owned();
    let cheap = required.to_header();
    answer.headers.insert("payment-required", cheap.parse().unwrap());
    let payment = stall.sign_v2(&answer);
    let refused = stall.pay("/dish", &payment).await;
    assert_eq!(refused.code(), "payment_not_offered");
}

#[tokio::test]
async fn a_price_in_dollars_is_sold_on_the_chain_while_nobody_knows_the_rate() {
    let stall = Stall::open().await;
    let answer = stall.get("/coffee", None).await;
    assert!(answer.json().get("invoice").is_none());
    assert_eq!(x402_of(&answer).accepts[0].amount, "10000");
    answered(&stall.pay("/coffee", &stall.sign_v2(&answer)).await);
}

#[tokio::test]
async fn a_body_is_part_of_the_request() {
    let stall = Stall::open().await;
    let asked = stall.send(request("POST", "/by_weight", None, "four")).await;
    let payment = stall.sign_v2(&asked);
    let heavier = stall.send(paid("POST", "/by_weight", &payment, "heavier")).await;
    assert_eq!(heavier.code(), "payment_not_offered");
    stall.kitchen.fails.store(true, Ordering::SeqCst);
    stall.send(paid("POST", "/by_weight", &payment, "four")).await;
    stall.kitchen.fails.store(false, Ordering::SeqCst);
    let other = stall.send(paid("POST", "/by_weight", &payment, "five")).await;
    assert_eq!(other.code(), "payment_of_another_request");
    answered(&stall.send(paid("POST", "/by_weight", &payment, "four")).await);
    let used = stall.send(paid("POST", "/by_weight", &payment, "five")).await;
    assert_eq!(used.code(), "token_used");
    assert_eq!(stall.facilitator.transfers(), 1);
}
