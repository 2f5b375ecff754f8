//! Rules for wallets that are paid.

use crate::bench::{Bench, LIMITS, order, sat};
use farebox_money::Msat;
use farebox_wallet::{InvoiceStatus, NewInvoice, SettledCursor, WalletError};
use farebox_wire::bolt11::Invoice;
use farebox_wire::lightning::PaymentHash;
use std::time::Duration;

const START: SettledCursor = SettledCursor(0);

pub async fn an_invoice_is_made_paid_and_looked_up(bench: Bench) {
    let created = bench.invoice(250).await;
    let decoded = Invoice::decode(&created.bolt11).unwrap();
    assert_eq!(decoded.amount, Some(sat(250)));
    assert_eq!(decoded.description, "a test & more");
    assert_eq!(decoded.payment_hash, created.payment_hash);
    assert_eq!(decoded.expires_at, created.expires_at);
    assert_eq!(decoded.expires_at - decoded.created_at, 60);
    let hash = created.payment_hash;
    assert_eq!(bench.seller.lookup(hash).await, Ok(InvoiceStatus::Open));
    assert_eq!(bench.buyer.lookup(hash).await, Ok(InvoiceStatus::Unknown));
    bench.buyer.pay(&created.bolt11, LIMITS).await.unwrap();
    let settled = InvoiceStatus::Settled { amount: sat(250) };
    assert_eq!(bench.seller.lookup(hash).await, Ok(settled));
    assert_eq!(bench.buyer.lookup(hash).await, Ok(InvoiceStatus::Unknown), "paid, not received");
    let again = bench.seller_again();
    assert_eq!(again.lookup(hash).await, Ok(settled));
}

pub async fn an_invoice_that_was_not_paid_in_time_is_expired(bench: Bench) {
    let created = bench.expired_invoice(250).await;
    let status = bench.seller.lookup(created.payment_hash).await;
    assert_eq!(status, Ok(InvoiceStatus::Expired));
}

pub async fn a_new_invoice_over_another_amount_is_not_handed_out(bench: Bench) {
    bench.seller_script.change(|plan| plan.wrong_amount = true);
    let refused = bench.seller.create(order(250)).await;
    assert!(matches!(refused, Err(WalletError::Unreadable(_))), "{refused:?}");
}

pub async fn parts_of_a_satoshi_are_exact_or_refused(bench: Bench) {
    let amount = Msat::new(1_500);
    let invoice = NewInvoice { amount, ..order(1) };
    match bench.seller.create(invoice).await {
        Ok(created) if bench.is_exact() => {
            let decoded = Invoice::decode(&created.bolt11).unwrap();
            assert_eq!(decoded.amount, Some(amount));
            bench.buyer.pay(&created.bolt11, LIMITS).await.unwrap();
            let settled = InvoiceStatus::Settled { amount };
            assert_eq!(bench.seller.lookup(created.payment_hash).await, Ok(settled));
        }
        Err(WalletError::Refused(_)) if !bench.is_exact() => {}
        other => panic!("{other:?}"),
    }
}

/// Settles invoices over so many satoshis, a little apart.
async fn settle(bench: &Bench, amounts: &[u64]) -> Vec<PaymentHash> {
    let mut hashes = Vec::new();
    for sats in amounts {
        hashes.push(bench.settle(*sats).await.payment_hash);
        tokio::time::sleep(bench.tick()).await;
    }
    hashes
}

pub async fn settlements_are_reported_oldest_first(bench: Bench) {
    let nothing = bench.seller.settled_since(START, Duration::ZERO).await.unwrap();
    assert!(nothing.hashes.is_empty());
    for _ in 0..3 {
        bench.invoice(9).await;
    }
    let expected = settle(&bench, &[3, 1, 2, 4]).await;
    let (reported, cursor) = read_all(&bench, START).await;
    assert_eq!(reported, expected);
    let later = settle(&bench, &[5]).await;
    let next = bench.seller.settled_since(cursor, Duration::ZERO).await.unwrap();
    assert_eq!(next.hashes, later);
    assert!(next.next > cursor);
    let none = bench.seller.settled_since(next.next, Duration::ZERO).await.unwrap();
    assert_eq!((none.hashes.len(), none.next), (0, next.next));
}

/// Reads until nothing comes any more.
async fn read_all(bench: &Bench, from: SettledCursor) -> (Vec<PaymentHash>, SettledCursor) {
    let (mut cursor, mut all) = (from, Vec::new());
    loop {
        let settled = bench.seller.settled_since(cursor, Duration::ZERO).await.unwrap();
        if settled.hashes.is_empty() {
            return (all, cursor);
        }
        assert!(settled.next > cursor, "a cursor goes forward");
        cursor = settled.next;
        all.extend(settled.hashes);
    }
}

pub async fn a_waiting_reader_hears_of_a_later_payment(bench: Bench) {
    let wait = Duration::from_secs(20);
    let mut cursor = START;
    for _ in 0..2 {
        let (settled, hashes) = tokio::join!(bench.seller.settled_since(cursor, wait), async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            settle(&bench, &[5]).await
        });
        let settled = settled.unwrap();
        assert_eq!(settled.hashes, hashes);
        cursor = settled.next;
    }
}

pub async fn a_settlement_told_twice_is_one_settlement(bench: Bench) {
    bench.seller_script.change(|plan| plan.settlements_twice = true);
    let expected = settle(&bench, &[3, 1, 2]).await;
    let (reported, _) = read_all(&bench, START).await;
    assert_eq!(reported, expected);
}

pub async fn a_restarted_reader_goes_on_where_it_was(bench: Bench) {
    let early = settle(&bench, &[3, 1]).await;
    let (reported, cursor) = read_all(&bench, START).await;
    assert_eq!(reported, early);
    let again = bench.seller_again();
    let late = settle(&bench, &[2]).await;
    let settled = again.settled_since(cursor, Duration::ZERO).await.unwrap();
    assert!(settled.hashes.ends_with(&late), "each is reported at least once");
}
