//! What a wallet can say, and what comes of it.

use crate::bank::{Bank, rules, until};
use crate::invoices::{Draft, now_s};
use crate::wallet::{Deed, Record};
use farebox_accounts::WithdrawalRules;
use farebox_money::Msat;
use farebox_store::{Transaction, outbox};
use farebox_wallet::FailureKind;
use std::sync::atomic::Ordering;
use std::time::Duration;

const FULL: Msat = Msat::new(1_000_000);

#[tokio::test]
async fn paid_is_paid_once_however_often_it_is_sent_in() {
    let bank = Bank::open().await;
    let customer = bank.customer(1_000).await;
    let (invoice, hash) = bank.invoice(1, 300);
    let first = bank.node.collect(&customer, &invoice, 300).await;
    assert_eq!(first.status, 200, "{}", first.body);
    assert!(!first.headers.contains_key("idempotent-replayed"));
    for text in [invoice.clone(), invoice.to_uppercase(), format!("lightning:{invoice}")] {
        let again = bank.node.collect(&customer, &text, 300).await;
        assert_eq!(again.status, 200, "{}", again.body);
        assert_eq!(again.body, first.body);
        assert_eq!(again.headers["idempotent-replayed"], "true");
    }
    let other = Draft { description: "the same hash, another invoice", ..Draft::sats(1, 300) };
    let (other, _) = bank.sign(&other);
    bank.node.collect(&customer, &other, 300).await.assert(409, "invoice_already_used");
    assert_eq!(bank.wallet.asked.lock().unwrap().len(), 1);
    assert_eq!(bank.node.look(&customer, hash).await.body, first.body);
    let events = |transaction: &Transaction<'_>| outbox::after(transaction, 0, 10);
    let events = bank.node.store.read(events).await.unwrap();
    let events: Vec<_> = events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(events, ["topup.settled", "topup.claimed", "withdrawal.paid"]);
    bank.assert_settled(1_000, 300_000).await;
}

#[tokio::test]
async fn a_failure_that_the_record_bears_out_gives_the_money_back_and_can_be_tried_again() {
    let bank = Bank::open().await;
    let customer = bank.customer(1_000).await;
    let (invoice, hash) = bank.invoice(1, 300);
    for (deed, reason) in [
        (Deed::Fail(FailureKind::NoRoute), "no_route"),
        (Deed::Fail(FailureKind::Refused), "refused"),
        (Deed::Fail(FailureKind::InsufficientBalance), "wallet_short"),
        (Deed::FailUnrecorded, "other"),
        (Deed::Unreachable, "unreachable"),
    ] {
        bank.wallet.will(deed);
        let failed = bank.node.collect(&customer, &invoice, 300).await;
        failed.assert(502, "payment_failed");
        assert_eq!(failed.body["error"]["reason"], reason);
        assert_eq!(failed.body["balance_sats"], 1_000);
        let looked = bank.node.look(&customer, hash).await;
        assert_eq!((looked.status.as_u16(), &looked.body["status"]), (200, &"failed".into()));
        assert_eq!(looked.body["reason"], reason);
        bank.assert_settled(1_000, 0).await;
    }
    let paid = bank.node.collect(&customer, &invoice, 300).await;
    assert_eq!(paid.status, 200, "{}", paid.body);
    assert_eq!(bank.wallet.times_paid(hash), 1);
    bank.assert_settled(1_000, 300_000).await;
}

#[tokio::test]
async fn a_failure_that_is_none_is_paid() {
    let bank = Bank::open().await;
    let customer = bank.customer(1_000).await;
    bank.wallet.will(Deed::PayAndSayFailed);
    let (invoice, _) = bank.invoice(1, 300);
    let answer = bank.node.collect(&customer, &invoice, 300).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    bank.assert_settled(1_000, 300_000).await;
}

/// Each deed leaves the outcome open; then the wallet comes to know it.
async fn open_then(deed: Deed, end: Record) {
    let pay_wait = if deed == Deed::Hang { Duration::from_secs(2) } else { rules().pay_wait };
    let mut bank = Bank::with_rules(WithdrawalRules { pay_wait, ..rules() }).await;
    let customer = bank.customer(1_000).await;
    bank.wallet.will(deed);
    let (invoice, hash) = bank.invoice(1, 300);
    let answer = bank.node.collect(&customer, &invoice, 300).await;
    assert_eq!(answer.status, 202, "{deed:?}: {}", answer.body);
    assert_eq!(answer.body["status"], "pending");
    assert_eq!(answer.body["payment_hash"], hash.to_string());
    assert_eq!(answer.body["balance_sats"], 695, "its money is set aside");
    assert_eq!(bank.inflight(hash).await, Msat::new(305_000));
    bank.node.run();
    until(|| bank.wallet.looks.load(Ordering::SeqCst) > 1).await;
    let again = bank.node.collect(&customer, &invoice, 300).await;
    assert_eq!((again.status.as_u16(), &again.body["status"]), (202, &"pending".into()));
    assert_eq!(bank.inflight(hash).await, Msat::new(305_000), "a look-up moves nothing");
    bank.wallet.record(hash, end.clone());
    bank.node.execute("UPDATE withdrawal SET next_check_ms = 0").await;
    let ended = bank.node.await_end(&customer, hash).await;
    if end == Record::Paid {
        assert_eq!(ended.body["status"], "paid", "{deed:?}");
        bank.assert_settled(1_000, 300_000).await;
    } else {
        assert_eq!(ended.body["status"], "failed", "{deed:?}");
        assert_eq!(bank.node.balance(&customer).await, FULL);
        bank.assert_settled(1_000, 0).await;
    }
    assert_eq!(bank.wallet.asked.lock().unwrap().len(), 1, "{deed:?}: it was asked once");
}

#[tokio::test]
async fn what_is_open_is_looked_up_until_it_is_paid() {
    open_then(Deed::Pend, Record::Paid).await;
    open_then(Deed::WrongPreimage, Record::Paid).await;
    open_then(Deed::Hang, Record::Paid).await;
}

#[tokio::test]
async fn what_is_open_is_looked_up_until_it_has_failed() {
    open_then(Deed::Pend, Record::Failed).await;
    open_then(Deed::WrongPreimage, Record::Failed).await;
    open_then(Deed::Hang, Record::Failed).await;
}

#[tokio::test]
async fn a_failure_is_believed_once_the_silent_wallet_bears_it_out() {
    let mut bank = Bank::open().await;
    let customer = bank.customer(1_000).await;
    let (invoice, hash) = bank.invoice(1, 300);
    // Silent from after the checks: the answer comes, the look-up does not.
    bank.wallet.will(Deed::FailUnrecorded);
    bank.wallet.goes_silent_when_asked.store(true, Ordering::SeqCst);
    let answer = bank.node.collect(&customer, &invoice, 300).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    bank.node.run();
    bank.wallet.is_silent.store(false, Ordering::SeqCst);
    bank.node.execute("UPDATE withdrawal SET next_check_ms = 0").await;
    assert_eq!(bank.node.await_end(&customer, hash).await.body["status"], "failed");
    bank.assert_settled(1_000, 0).await;
}

#[tokio::test]
async fn what_the_wallet_does_not_know_is_given_back_long_after_the_invoice_expired() {
    let mut bank = Bank::open().await;
    let customer = bank.customer(1_000).await;
    bank.wallet.will(Deed::Pend);
    let (invoice, hash) = bank.invoice(1, 300);
    assert_eq!(bank.node.collect(&customer, &invoice, 300).await.status, 202);
    bank.wallet.records.lock().unwrap().clear();
    bank.node.run();
    let looks = bank.wallet.looks.load(Ordering::SeqCst);
    bank.node.execute("UPDATE withdrawal SET next_check_ms = 0").await;
    until(|| bank.wallet.looks.load(Ordering::SeqCst) > looks).await;
    let answer = bank.node.look(&customer, hash).await;
    assert_eq!(answer.body["status"], "pending", "it may be on its way");
    assert!(now_s() > 700);
    bank.node.execute("UPDATE withdrawal SET next_check_ms = 0, expires_at = 1").await;
    let ended = bank.node.await_end(&customer, hash).await;
    assert_eq!(
        (&ended.body["status"], &ended.body["reason"]),
        (&"failed".into(), &"expired".into())
    );
    assert_eq!(bank.wallet.asked.lock().unwrap().len(), 1);
    bank.assert_settled(1_000, 0).await;
}

#[tokio::test]
async fn a_client_that_goes_away_cuts_nothing_off() {
    let bank = Bank::open().await;
    let customer = bank.customer(1_000).await;
    bank.wallet.pause_ms.store(300, Ordering::SeqCst);
    let (invoice, hash) = bank.invoice(1, 300);
    let gone = tokio::time::timeout(
        Duration::from_millis(150),
        bank.node.collect(&customer, &invoice, 300),
    );
    // On a slow machine it may have gone before it began; then the next one does it all.
    let _ = gone.await;
    let answer = bank.node.collect(&customer, &invoice, 300).await;
    assert!([200, 202].contains(&answer.status.as_u16()), "{}", answer.body);
    assert_eq!(bank.node.await_end(&customer, hash).await.body["status"], "paid");
    assert_eq!(bank.wallet.times_paid(hash), 1);
    bank.assert_settled(1_000, 300_000).await;
}
