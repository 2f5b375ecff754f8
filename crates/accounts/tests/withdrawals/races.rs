//! Many at once, and two processes on one database.

use crate::bank::{Bank, rules, until};
use crate::wallet::{Deed, Record};
use farebox_accounts::WithdrawalRules;
use farebox_money::Msat;
use std::sync::Arc;
use std::sync::atomic::Ordering;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_invoice_sent_in_by_many_at_once_is_paid_once() {
    let bank = Arc::new(Bank::open().await);
    let customer = bank.customer(1_000).await;
    let (invoice, hash) = bank.invoice(1, 300);
    bank.wallet.pause_ms.store(50, Ordering::SeqCst);
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (bank, customer, invoice) = (Arc::clone(&bank), customer.clone(), invoice.clone());
        asking.spawn(async move { bank.node.collect(&customer, &invoice, 300).await });
    }
    for answer in asking.join_all().await {
        assert!([200, 202].contains(&answer.status.as_u16()), "{}", answer.body);
    }
    assert_eq!(bank.wallet.times_paid(hash), 1);
    assert_eq!(bank.wallet.asked.lock().unwrap().len(), 1);
    bank.assert_settled(1_000, 300_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_invoices_at_once_one_is_taken() {
    for round in 0..20 {
        let bank = Arc::new(Bank::open().await);
        let customer = bank.customer(1_000).await;
        bank.wallet.pause_ms.store(20, Ordering::SeqCst);
        let mut asking = tokio::task::JoinSet::new();
        for seed in [1, 2] {
            let (invoice, _) = bank.invoice(seed, 600);
            let (bank, customer) = (Arc::clone(&bank), customer.clone());
            asking.spawn(async move { bank.node.collect(&customer, &invoice, 600).await });
        }
        let answers = asking.join_all().await;
        let paid = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(paid, 1, "round {round}: {answers:?}");
        let refused = answers.iter().find(|answer| answer.status != 200).unwrap();
        let codes = ["withdrawal_in_progress", "insufficient_balance"];
        assert!(codes.contains(&refused.code()), "{}", refused.body);
        bank.assert_settled(1_000, 600_000).await;
    }
}

#[tokio::test]
async fn one_withdrawal_of_an_account_at_a_time() {
    let bank = Bank::open().await;
    let customer = bank.customer(1_000).await;
    bank.wallet.will(Deed::Pend);
    let (first, _) = bank.invoice(1, 100);
    let (second, _) = bank.invoice(2, 100);
    assert_eq!(bank.node.collect(&customer, &first, 100).await.status, 202);
    let refused = bank.node.collect(&customer, &second, 100).await;
    refused.assert(409, "withdrawal_in_progress");
    assert!(refused.headers.contains_key("retry-after"));
    let other = bank.customer(1_000).await;
    assert_eq!(bank.node.collect(&other, &second, 100).await.status, 200, "others go on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_end_the_same_withdrawal_once() {
    let Some(database) = farebox_testing::postgres() else { return };
    let rules = WithdrawalRules { hour_count_max: 100, ..rules() };
    let mut bank = Bank::on(database, rules).await;
    let mut other = bank.second_node().await;
    bank.node.run();
    other.run();
    let customer = bank.customer(10_000).await;
    for (seed, end) in [(1, Record::Paid), (2, Record::Failed), (3, Record::Paid)] {
        bank.wallet.will(Deed::Pend);
        let (invoice, hash) = bank.invoice(seed, 1_000);
        assert_eq!(bank.node.collect(&customer, &invoice, 1_000).await.status, 202);
        bank.wallet.record(hash, end.clone());
        other.execute("UPDATE withdrawal SET next_check_ms = 0 WHERE state = 'sending'").await;
        let ended = other.await_end(&customer, hash).await;
        let is_paid = ended.body["status"] == "paid";
        assert_eq!(is_paid, end == Record::Paid, "{}", ended.body);
    }
    assert_eq!(bank.wallet.asked.lock().unwrap().len(), 3);
    assert_eq!(bank.node.balance(&customer).await, Msat::new(8_000_000));
    bank.assert_settled(10_000, 2_000_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_processes_one_sends_again_what_a_third_left() {
    let Some(database) = farebox_testing::postgres() else { return };
    let mut bank = Bank::on(database, rules()).await;
    let customer = bank.customer(1_000).await;
    bank.wallet.will(Deed::Pend);
    let (invoice, hash) = bank.invoice(1, 300);
    assert_eq!(bank.node.collect(&customer, &invoice, 300).await.status, 202);
    // The third process died before its request left.
    bank.wallet.records.lock().unwrap().clear();
    bank.wallet.asked.lock().unwrap().clear();
    bank.wallet.pause_ms.store(200, Ordering::SeqCst);
    bank.node.execute("UPDATE withdrawal SET owner = 'gone', next_check_ms = 0").await;
    let mut other = bank.second_node().await;
    bank.node.run();
    other.run();
    assert_eq!(other.await_end(&customer, hash).await.body["status"], "paid");
    until(|| bank.wallet.times_paid(hash) > 0).await;
    assert_eq!(bank.wallet.asked.lock().unwrap().len(), 1, "one of them sent it");
    bank.assert_settled(1_000, 300_000).await;
}
