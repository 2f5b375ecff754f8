//! The rules of paying: at most once, for certain or not, and never out of nothing.

use crate::common::{invoice, open, pay, play, sat};
use farebox_money::Msat;
use farebox_play::Totals;
use farebox_wallet::{
    FailureKind, InvoiceStatus, NewInvoice, PayLimits, PayOutcome, Payer, PaymentStatus, Receiver,
    SettledCursor, WalletError,
};
use farebox_wire::bolt11::{Invoice, Network};
use farebox_wire::lightning::PaymentHash;
use std::time::{Duration, Instant};

fn failed(outcome: PayOutcome) -> FailureKind {
    match outcome {
        PayOutcome::Failed { kind, .. } => kind,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_invoice_says_what_was_asked_for() {
    let play = play(1).await;
    let created = invoice(&play.seller, 250).await;
    let decoded = Invoice::decode(&created.bolt11).unwrap();
    assert_eq!(decoded.network, Network::Regtest);
    assert_eq!(decoded.amount, Some(sat(250)));
    assert_eq!(decoded.payment_hash, created.payment_hash);
    assert_eq!(decoded.payee, play.seller.node_id());
    assert_eq!(decoded.description, "a test");
    assert_eq!(decoded.expires_at, created.expires_at);
    assert_eq!(decoded.expires_at - decoded.created_at, 60);
    assert_ne!(play.seller.node_id(), play.buyer.node_id());
}

#[tokio::test]
async fn a_payment_moves_the_money_and_reveals_the_preimage() {
    let play = play(1_000).await;
    let created = invoice(&play.seller, 250).await;
    let hash = created.payment_hash;
    assert_eq!(play.seller.lookup(hash).await, Ok(InvoiceStatus::Open));
    let PayOutcome::Paid { preimage, fee } = pay(&play.buyer, &created).await else {
        panic!("not paid");
    };
    assert_eq!(preimage.hash(), hash);
    assert_eq!(fee, Msat::ZERO);
    let settled = InvoiceStatus::Settled { amount: sat(250) };
    assert_eq!(play.seller.lookup(hash).await, Ok(settled));
    assert_eq!(play.buyer.lookup(hash).await, Ok(InvoiceStatus::Unknown));
    assert_eq!(play.buyer.balance().await, Ok(sat(750)));
    assert_eq!(play.seller.balance().await, Ok(sat(250)));
    let paid = PaymentStatus::Paid { preimage, fee };
    assert_eq!(play.buyer.status(hash).await, Ok(paid));
    assert_eq!(play.seller.status(hash).await, Ok(PaymentStatus::NeverTried));
}

#[tokio::test]
async fn paying_twice_moves_the_money_once_and_says_the_same() {
    let play = play(1_000).await;
    let created = invoice(&play.seller, 300).await;
    let shouted = format!("LIGHTNING:{}", created.bolt11.to_uppercase());
    let (one, two) =
        tokio::join!(pay(&play.buyer, &created), play.buyer.pay(&shouted, crate::common::LIMITS));
    assert!(matches!(one, PayOutcome::Paid { .. }), "{one:?}");
    assert_eq!(two, Ok(one.clone()));
    assert_eq!(pay(&play.buyer, &created).await, one);
    assert_eq!(play.buyer.balance().await, Ok(sat(700)));
}

#[tokio::test]
async fn an_invoice_that_another_wallet_settled_fails_for_certain() {
    let play = play(1_000).await;
    let created = invoice(&play.seller, 100).await;
    pay(&play.buyer, &created).await;
    let other = play.network.wallet("other").await.unwrap();
    other.fund_once("test", sat(500)).await.unwrap();
    assert_eq!(failed(pay(&other, &created).await), FailureKind::Refused);
    assert_eq!(other.balance().await, Ok(sat(500)));
    assert_eq!(other.status(created.payment_hash).await, Ok(PaymentStatus::NeverTried));
}

#[tokio::test]
async fn what_cannot_be_paid_costs_nothing() {
    let play = play(100).await;
    let dear = invoice(&play.seller, 101).await;
    assert_eq!(failed(pay(&play.buyer, &dear).await), FailureKind::InsufficientBalance);
    let own = invoice(&play.buyer, 1).await;
    assert_eq!(failed(pay(&play.buyer, &own).await), FailureKind::NoRoute);
    let late = invoice(&play.seller, 1).await;
    play.network.clock().advance(Duration::from_secs(61));
    assert_eq!(failed(pay(&play.buyer, &late).await), FailureKind::Refused);
    let elsewhere = crate::common::play(1).await;
    let foreign = invoice(&elsewhere.seller, 1).await;
    assert_eq!(failed(pay(&play.buyer, &foreign).await), FailureKind::NoRoute);
    assert_eq!(play.buyer.balance().await, Ok(sat(100)));
    assert!(matches!(
        play.buyer.pay("lnbcrt1nonsense", crate::common::LIMITS).await,
        Err(WalletError::Refused(_))
    ));
}

#[tokio::test]
async fn an_invoice_is_refused_that_nobody_could_pay() {
    let play = play(1).await;
    for (amount, description) in [
        (Msat::ZERO, "nothing".to_owned()),
        (Msat::new(Msat::MAX.get() + 1), "too much".to_owned()),
        (sat(1), "x".repeat(129)),
    ] {
        let invoice = NewInvoice { amount, description, expiry_s: 60 };
        let refused = play.seller.create(invoice).await;
        assert!(matches!(refused, Err(WalletError::Refused(_))));
    }
}

#[tokio::test]
async fn money_is_minted_once_for_each_id_and_never_beyond_all_bitcoin() {
    let play = play(1_000).await;
    assert!(!play.buyer.fund_once("test", sat(1_000)).await.unwrap());
    assert!(play.seller.fund_once("test", sat(5)).await.unwrap());
    assert!(play.buyer.fund_once("more", Msat::MAX).await.is_err());
    assert!(play.buyer.fund_once("none", Msat::ZERO).await.is_err());
    let total = sat(1_005);
    let totals = Totals { minted: total, balances: total };
    assert_eq!(play.network.totals().await.unwrap(), totals);
}

#[tokio::test]
async fn a_restart_keeps_wallets_and_money_and_fails_what_was_pending() {
    let play = play(1_000).await;
    let paid = invoice(&play.seller, 400).await;
    let outcome = pay(&play.buyer, &paid).await;
    let held = invoice(&play.seller, 100).await;
    play.network.faults().hold();
    assert_eq!(pay_briefly(&play.buyer, &held).await, PayOutcome::Pending);
    let node_id = play.buyer.node_id();
    // The held payment keeps the network open in this process: a copy of the file stands for
    // the restart.
    let folder = tempfile::tempdir().unwrap();
    for file in ["play.sqlite", "play.sqlite-wal"] {
        std::fs::copy(play.folder.path().join(file), folder.path().join(file)).unwrap();
    }
    let network = open(folder.path()).await;
    let buyer = network.wallet("buyer").await.unwrap();
    assert_eq!(buyer.node_id(), node_id);
    assert_eq!(buyer.balance().await, Ok(sat(600)));
    assert!(!buyer.fund_once("test", sat(1_000)).await.unwrap());
    assert_eq!(pay(&buyer, &paid).await, outcome);
    let status = buyer.status(held.payment_hash).await.unwrap();
    assert!(matches!(status, PaymentStatus::Failed { .. }), "{status:?}");
}

async fn pay_briefly(
    wallet: &farebox_play::PlayWallet,
    invoice: &farebox_wallet::CreatedInvoice,
) -> PayOutcome {
    let limits = PayLimits { wait: Duration::from_millis(50), ..crate::common::LIMITS };
    wallet.pay(&invoice.bolt11, limits).await.unwrap()
}

#[tokio::test]
async fn a_held_payment_is_pending_and_its_money_is_not_spent_twice() {
    let play = play(100).await;
    let held = invoice(&play.seller, 70).await;
    let other = invoice(&play.seller, 40).await;
    play.network.faults().hold();
    assert_eq!(pay_briefly(&play.buyer, &held).await, PayOutcome::Pending);
    assert_eq!(pay_briefly(&play.buyer, &held).await, PayOutcome::Pending);
    assert_eq!(play.buyer.status(held.payment_hash).await, Ok(PaymentStatus::Pending));
    assert_eq!(play.buyer.balance().await, Ok(sat(30)));
    assert_eq!(failed(pay_briefly(&play.buyer, &other).await), FailureKind::InsufficientBalance);
    play.network.faults().release();
    let settled =
        play.seller.settled_since(SettledCursor::default(), Duration::from_secs(30)).await.unwrap();
    assert_eq!(settled.hashes, [held.payment_hash]);
    assert!(matches!(pay(&play.buyer, &held).await, PayOutcome::Paid { .. }));
    assert_eq!(play.buyer.balance().await, Ok(sat(30)));
}

#[tokio::test]
async fn a_lost_answer_is_pending_and_the_status_has_the_preimage() {
    let play = play(100).await;
    let created = invoice(&play.seller, 10).await;
    play.network.faults().delay_after_settling(Duration::from_secs(3_600));
    assert_eq!(pay_briefly(&play.buyer, &created).await, PayOutcome::Pending);
    let settled =
        play.seller.settled_since(SettledCursor::default(), Duration::from_secs(30)).await.unwrap();
    assert_eq!(settled.hashes, [created.payment_hash]);
    let status = play.buyer.status(created.payment_hash).await.unwrap();
    let PaymentStatus::Paid { preimage, .. } = status else {
        panic!("{status:?}");
    };
    assert_eq!(preimage.hash(), created.payment_hash);
    assert_eq!(play.buyer.balance().await, Ok(sat(90)));
}

#[tokio::test]
async fn a_failed_payment_is_recorded_and_may_be_tried_again() {
    let play = play(100).await;
    let created = invoice(&play.seller, 10).await;
    play.network.faults().fail_next("no route today");
    let outcome = pay(&play.buyer, &created).await;
    let reason = "no route today".to_owned();
    let kind = FailureKind::Other;
    let expected = PayOutcome::Failed { kind, reason: reason.clone() };
    assert_eq!(outcome, expected);
    assert_eq!(play.buyer.status(created.payment_hash).await, Ok(PaymentStatus::Failed { reason }));
    assert_eq!(play.buyer.balance().await, Ok(sat(100)));
    assert!(matches!(pay(&play.buyer, &created).await, PayOutcome::Paid { .. }));
}

#[tokio::test]
async fn an_invoice_that_expires_while_its_payment_is_held_is_not_paid() {
    let play = play(100).await;
    let created = invoice(&play.seller, 10).await;
    play.network.faults().hold();
    assert_eq!(pay_briefly(&play.buyer, &created).await, PayOutcome::Pending);
    play.network.clock().advance(Duration::from_secs(61));
    assert_eq!(play.network.prune().await.unwrap(), 1);
    play.network.faults().release();
    let hash = created.payment_hash;
    let status = loop {
        match play.buyer.status(hash).await.unwrap() {
            PaymentStatus::Pending => tokio::time::sleep(Duration::from_millis(5)).await,
            other => break other,
        }
    };
    assert!(matches!(status, PaymentStatus::Failed { .. }), "{status:?}");
    assert_eq!(play.buyer.balance().await, Ok(sat(100)));
}

#[tokio::test]
async fn a_waiting_payee_hears_of_a_payment_at_once() {
    let play = play(100).await;
    let created = invoice(&play.seller, 10).await;
    let seller = play.seller.clone();
    let waiting = tokio::spawn(async move {
        let wait = Duration::from_secs(30);
        let settled = seller.settled_since(SettledCursor::default(), wait).await;
        (settled.unwrap(), Instant::now())
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    pay(&play.buyer, &created).await;
    let paid_at = Instant::now();
    let (settled, heard_at) = waiting.await.unwrap();
    assert_eq!(settled.hashes, [created.payment_hash]);
    assert!(heard_at.saturating_duration_since(paid_at) < Duration::from_secs(5));
}

#[tokio::test]
async fn settlements_are_read_in_order_and_from_any_cursor() {
    let play = play(100).await;
    let mut hashes = Vec::new();
    let mut cursors = vec![SettledCursor::default()];
    for sats in [3, 1, 2] {
        let created = invoice(&play.seller, sats).await;
        pay(&play.buyer, &created).await;
        hashes.push(created.payment_hash);
        let last = *cursors.last().unwrap();
        let settled = play.seller.settled_since(last, Duration::ZERO).await;
        let settled = settled.unwrap();
        assert_eq!(settled.hashes, [created.payment_hash]);
        cursors.push(settled.next);
    }
    for (read, cursor) in cursors.into_iter().enumerate() {
        let settled = play.seller.settled_since(cursor, Duration::ZERO).await;
        assert_eq!(settled.unwrap().hashes, hashes[read..]);
    }
    let nothing = play.buyer.settled_since(SettledCursor(u64::MAX), Duration::ZERO).await.unwrap();
    assert_eq!(nothing.hashes, Vec::<PaymentHash>::new());
    assert_eq!(nothing.next, SettledCursor(u64::MAX));
}

#[tokio::test]
async fn a_flood_of_unpaid_invoices_leaves_nothing_behind() {
    let play = play(100).await;
    let paid = invoice(&play.seller, 1).await;
    pay(&play.buyer, &paid).await;
    let flood = (0..2_500).map(|_| {
        let seller = play.seller.clone();
        tokio::spawn(async move { invoice(&seller, 1).await })
    });
    let mut last = None;
    for created in flood.collect::<Vec<_>>() {
        last = Some(created.await.unwrap().payment_hash);
    }
    play.network.clock().advance(Duration::from_secs(30));
    let fresh = invoice(&play.seller, 1).await;
    play.network.clock().advance(Duration::from_secs(31));
    assert_eq!(play.network.open_invoice_count().await.unwrap(), 2_501);
    let last = last.unwrap();
    assert_eq!(play.seller.lookup(last).await, Ok(InvoiceStatus::Expired));
    assert_eq!(play.network.prune().await.unwrap(), 2_500);
    assert_eq!(play.network.open_invoice_count().await.unwrap(), 1);
    assert_eq!(play.seller.lookup(last).await, Ok(InvoiceStatus::Unknown));
    assert_eq!(play.seller.lookup(fresh.payment_hash).await, Ok(InvoiceStatus::Open));
    let settled = InvoiceStatus::Settled { amount: sat(1) };
    assert_eq!(play.seller.lookup(paid.payment_hash).await, Ok(settled));
}
