//! A process that dies with a withdrawal in each of its states.

use crate::bank::{Bank, Customer, until};
use crate::wallet::{Deed, Record};
use farebox_money::Msat;
use farebox_wallet::FailureKind;
use farebox_wire::lightning::PaymentHash;
use std::sync::atomic::Ordering;

/// A bank with one withdrawal that is being sent, and of which the wallet has `record`.
async fn cut_off(record: Option<Record>) -> (Bank, Customer, String, PaymentHash) {
    let bank = Bank::open().await;
    let customer = bank.customer(1_000).await;
    bank.wallet.will(Deed::Pend);
    let (invoice, hash) = bank.invoice(1, 300);
    assert_eq!(bank.node.collect(&customer, &invoice, 300).await.status, 202);
    bank.wallet.records.lock().unwrap().clear();
    bank.wallet.asked.lock().unwrap().clear();
    if let Some(record) = record {
        bank.wallet.record(hash, record);
    }
    let mut bank = bank.restart().await;
    bank.node.run();
    (bank, customer, invoice, hash)
}

#[tokio::test]
async fn what_was_held_is_given_back_and_can_be_asked_for_again() {
    let bank = Bank::open().await;
    let customer = bank.customer(1_000).await;
    bank.wallet.will(Deed::Pend);
    let (invoice, hash) = bank.invoice(1, 300);
    assert_eq!(bank.node.collect(&customer, &invoice, 300).await.status, 202);
    bank.wallet.records.lock().unwrap().clear();
    bank.wallet.asked.lock().unwrap().clear();
    bank.node.execute("UPDATE withdrawal SET state = 'held', sends = 0").await;
    let mut bank = bank.restart().await;
    bank.node.run();
    let ended = bank.node.await_end(&customer, hash).await;
    assert_eq!(ended.body["reason"], "interrupted", "{}", ended.body);
    bank.assert_settled(1_000, 0).await;
    assert!(bank.wallet.asked.lock().unwrap().is_empty());
    assert_eq!(bank.node.collect(&customer, &invoice, 300).await.status, 200);
    bank.assert_settled(1_000, 300_000).await;
}

#[tokio::test]
async fn what_the_wallet_never_heard_of_is_sent_again() {
    let (bank, customer, _, hash) = cut_off(None).await;
    assert_eq!(bank.node.await_end(&customer, hash).await.body["status"], "paid");
    assert_eq!(bank.wallet.asked.lock().unwrap().len(), 1);
    bank.assert_settled(1_000, 300_000).await;
}

#[tokio::test]
async fn what_was_paid_is_booked() {
    let (bank, customer, invoice, hash) = cut_off(Some(Record::Paid)).await;
    assert_eq!(bank.node.await_end(&customer, hash).await.body["status"], "paid");
    assert!(bank.wallet.asked.lock().unwrap().is_empty());
    assert_eq!(bank.node.collect(&customer, &invoice, 300).await.status, 200);
    bank.assert_settled(1_000, 300_000).await;
}

#[tokio::test]
async fn what_failed_is_given_back() {
    let (bank, customer, _, hash) = cut_off(Some(Record::Failed)).await;
    assert_eq!(bank.node.await_end(&customer, hash).await.body["status"], "failed");
    assert!(bank.wallet.asked.lock().unwrap().is_empty());
    bank.assert_settled(1_000, 0).await;
}

#[tokio::test]
async fn what_is_under_way_stays_so() {
    let (bank, customer, _, hash) = cut_off(Some(Record::Pending)).await;
    let looks = bank.wallet.looks.load(Ordering::SeqCst);
    until(|| bank.wallet.looks.load(Ordering::SeqCst) > looks).await;
    assert_eq!(bank.node.look(&customer, hash).await.body["status"], "pending");
    assert_eq!(bank.inflight(hash).await, Msat::new(305_000));
    assert!(bank.wallet.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_earlier_failure_says_nothing_about_a_second_attempt() {
    let bank = Bank::open().await;
    let customer = bank.customer(1_000).await;
    bank.wallet.will(Deed::Fail(FailureKind::NoRoute));
    bank.wallet.will(Deed::Pend);
    let (invoice, hash) = bank.invoice(1, 300);
    bank.node.collect(&customer, &invoice, 300).await.assert(502, "payment_failed");
    assert_eq!(bank.node.collect(&customer, &invoice, 300).await.status, 202);
    // The second attempt's request is still on its way when the process dies.
    bank.wallet.record(hash, Record::Failed);
    let mut bank = bank.restart().await;
    bank.node.run();
    let looks = bank.wallet.looks.load(Ordering::SeqCst);
    until(|| bank.wallet.looks.load(Ordering::SeqCst) > looks).await;
    assert_eq!(bank.node.look(&customer, hash).await.body["status"], "pending");
    bank.wallet.record(hash, Record::Paid);
    bank.node.execute("UPDATE withdrawal SET next_check_ms = 0").await;
    assert_eq!(bank.node.await_end(&customer, hash).await.body["status"], "paid");
    bank.assert_settled(1_000, 300_000).await;
}

#[tokio::test]
async fn another_wallet_cannot_say_that_it_was_not_paid() {
    let bank = Bank::open().await;
    let customer = bank.customer(1_000).await;
    bank.wallet.will(Deed::Pend);
    let (invoice, hash) = bank.invoice(1, 300);
    assert_eq!(bank.node.collect(&customer, &invoice, 300).await.status, 202);
    bank.wallet.records.lock().unwrap().clear();
    bank.wallet.asked.lock().unwrap().clear();
    bank.node.execute("UPDATE withdrawal SET wallet = 'the one before', expires_at = 1").await;
    let mut bank = bank.restart().await;
    bank.node.run();
    let looks = bank.wallet.looks.load(Ordering::SeqCst);
    until(|| bank.wallet.looks.load(Ordering::SeqCst) > looks).await;
    assert_eq!(bank.node.look(&customer, hash).await.body["status"], "pending");
    assert!(bank.wallet.asked.lock().unwrap().is_empty(), "nor is it asked to pay");
    assert_eq!(bank.inflight(hash).await, Msat::new(305_000));
}
