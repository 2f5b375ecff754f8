//! Who pays the routing fee.

use crate::bank::Bank;
use crate::wallet::WORST_FEE;
use farebox_ledger::AccountClass;
use farebox_money::Msat;
use std::sync::atomic::Ordering;

#[tokio::test]
async fn the_fee_is_taken_to_the_millisatoshi_and_the_rest_of_the_reserve_comes_back() {
    let bank = Bank::open().await;
    let customer = bank.customer(1_000).await;
    bank.wallet.fee_msat.store(1_234, Ordering::SeqCst);
    let (invoice, hash) = bank.invoice(1, 700);
    let answer = bank.node.collect(&customer, &invoice, 700).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let body = &answer.body;
    assert_eq!(body["status"], "paid");
    assert_eq!(body["amount_sats"], 700);
    assert_eq!(body["fee_msat"], 1_234);
    assert_eq!(body["fee_sats"], 2);
    assert_eq!(body["balance_sats"], 298);
    let payment = &body["payment"];
    assert_eq!(payment["recipientAmountSat"], 700);
    assert_eq!(payment["routingFeeSat"], 2);
    assert_eq!(payment["paymentHash"], hash.to_string());
    assert_eq!(payment["paymentPreimage"].as_str().unwrap().len(), 64);
    assert_eq!(payment["paymentId"], body["withdrawal_id"]);
    assert_eq!(bank.wallet.fee_max_seen.load(Ordering::SeqCst), 7_000, "one percent");
    assert_eq!(bank.node.balance(&customer).await, Msat::new(1_000_000 - 701_234));
    bank.assert_settled(1_000, 701_234).await;
}

#[tokio::test]
async fn the_fee_must_be_there_too() {
    let bank = Bank::open().await;
    let customer = bank.customer(400).await;
    let (invoice, _) = bank.invoice(1, 400);
    let answer = bank.node.collect(&customer, &invoice, 400).await;
    answer.assert(402, "insufficient_balance");
    let error = &answer.body["error"];
    assert_eq!(error["balance_sats"], 400);
    assert_eq!(error["required_sats"], 405);
    assert_eq!(error["shortfall_sats"], 5);
    assert_eq!(error["max_collectable_sats"], 395);
    let (invoice, _) = bank.invoice(2, 395);
    assert_eq!(bank.node.collect(&customer, &invoice, 395).await.status, 200);
    bank.assert_settled(400, 395_000).await;
}

#[tokio::test]
async fn who_earned_400_collects_400_once_the_operator_had_as_much_in_fees() {
    let bank = Bank::open().await;
    let customer = bank.customer(810).await;
    bank.charge(&customer, "gateway", 400).await;
    let (invoice, _) = bank.invoice(1, 410);
    bank.node.collect(&customer, &invoice, 410).await.assert(402, "insufficient_balance");
    bank.charge(&customer, "post_quote", 10).await;
    bank.wallet.fee_msat.store(4_500, Ordering::SeqCst);
    let (invoice, _) = bank.invoice(2, 400);
    let answer = bank.node.collect(&customer, &invoice, 400).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body["fee_msat"], 0, "the operator paid it");
    assert_eq!(answer.body["payment"]["routingFeeSat"], 5);
    assert_eq!(answer.body["balance_sats"], 0);
    let expense = bank.report().await.classes[&AccountClass::Expense];
    assert_eq!(expense.debits, Msat::new(4_500));
    bank.assert_settled(810, 404_500).await;
}

#[tokio::test]
async fn the_operator_never_pays_more_than_it_had() {
    let bank = Bank::open().await;
    let customer = bank.customer(2_000).await;
    bank.charge(&customer, "post_task", 8).await;
    bank.charge(&customer, "gateway", 1_492).await;
    bank.wallet.fee_msat.store(5_000, Ordering::SeqCst);
    let (invoice, _) = bank.invoice(1, 499);
    let answer = bank.node.collect(&customer, &invoice, 499).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body["fee_msat"], 1_000, "one from the balance, four from the operator");
    // Four of the eight are left, and nothing in the balance.
    let (invoice, _) = bank.invoice(2, 1);
    let answer = bank.node.collect(&customer, &invoice, 1).await;
    answer.assert(402, "insufficient_balance");
    assert_eq!(answer.body["error"]["max_collectable_sats"], 0);
    bank.assert_settled(2_000, 504_000).await;
}

#[tokio::test]
async fn a_wallet_without_a_limit_has_its_worst_fee_set_aside() {
    let bank = Bank::open().await;
    let customer = bank.customer(120).await;
    bank.customer(100).await;
    bank.wallet.has_no_fee_limit.store(true, Ordering::SeqCst);
    let (invoice, _) = bank.invoice(1, 101);
    let answer = bank.node.collect(&customer, &invoice, 101).await;
    answer.assert(402, "insufficient_balance");
    assert_eq!(answer.body["error"]["max_collectable_sats"], 100);
    // The wallet pays more than it said: that is not the account's to bear.
    let paid = WORST_FEE.checked_add(Msat::new(7_001)).unwrap();
    bank.wallet.fee_msat.store(paid.get(), Ordering::SeqCst);
    let (invoice, _) = bank.invoice(2, 100);
    let answer = bank.node.collect(&customer, &invoice, 100).await;
    assert_eq!(answer.body["fee_msat"], WORST_FEE.get(), "{}", answer.body);
    assert_eq!(bank.node.balance(&customer).await, Msat::ZERO);
    let expense = bank.report().await.classes[&AccountClass::Expense];
    assert_eq!(expense.debits, Msat::new(7_001));
    bank.assert_settled(220, 100_000 + paid.get()).await;
}
