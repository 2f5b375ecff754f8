//! Being paid through phoenixd's API.

use crate::play::{LIMITS, Play, invoice, play, sat};
use farebox_money::Msat;
use farebox_wallet::{InvoiceStatus, NewInvoice, Payer, Receiver, SettledCursor, WalletError};
use farebox_wire::bolt11::Invoice;
use farebox_wire::lightning::PaymentHash;
use std::collections::HashSet;
use std::time::Duration;

async fn pay(play: &Play, sats: u64) -> PaymentHash {
    let created = invoice(&play.seller, sats).await;
    play.buyer_wallet.pay(&created.bolt11, LIMITS).await.unwrap();
    created.payment_hash
}

#[tokio::test]
async fn an_invoice_is_made_paid_and_looked_up() {
    let play = play(1_000).await;
    let created = invoice(&play.seller, 250).await;
    let decoded = Invoice::decode(&created.bolt11).unwrap();
    assert_eq!(decoded.amount, Some(sat(250)));
    assert_eq!(decoded.description, "a test & more");
    assert_eq!(decoded.expires_at, created.expires_at);
    let hash = created.payment_hash;
    assert_eq!(play.seller.lookup(hash).await, Ok(InvoiceStatus::Open));
    assert_eq!(play.buyer.lookup(hash).await, Ok(InvoiceStatus::Unknown));
    play.buyer.pay(&created.bolt11, LIMITS).await.unwrap();
    let settled = InvoiceStatus::Settled { amount: sat(250) };
    assert_eq!(play.seller.lookup(hash).await, Ok(settled));
    let late = invoice(&play.seller, 1).await.payment_hash;
    play.network.clock().advance(Duration::from_secs(62));
    assert_eq!(play.seller.lookup(late).await, Ok(InvoiceStatus::Expired));
}

#[tokio::test]
async fn fractions_of_a_satoshi_are_refused() {
    let play = play(1_000).await;
    let invoice = NewInvoice { amount: Msat::new(1_500), description: String::new(), expiry_s: 60 };
    assert_eq!(
        play.seller.create(invoice).await,
        Err(WalletError::Refused("phoenixd takes whole satoshis only, not 1.5 sats".into()))
    );
}

#[tokio::test]
async fn settlements_are_reported_oldest_first_and_once() {
    let play = play(1_000).await;
    let mut cursor = SettledCursor::default();
    let nothing = play.seller.settled_since(cursor, Duration::ZERO).await;
    assert!(nothing.unwrap().hashes.is_empty());
    let mut expected = Vec::new();
    for sats in [3, 1, 2] {
        expected.push(pay(&play, sats).await);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let first = play.seller.settled_since(cursor, Duration::ZERO).await;
    let first = first.unwrap();
    assert_eq!(first.hashes, expected);
    cursor = first.next;
    let again = play.seller.settled_since(cursor, Duration::ZERO).await;
    assert!(again.unwrap().hashes.is_empty());
    let fourth = pay(&play, 4).await;
    let next = play.seller.settled_since(cursor, Duration::ZERO).await;
    assert_eq!(next.unwrap().hashes, [fourth]);
}

#[tokio::test]
async fn a_waiting_reader_hears_of_a_later_payment() {
    let play = play(1_000).await;
    let wait = Duration::from_secs(30);
    let (settled, hash) =
        tokio::join!(play.seller.settled_since(SettledCursor::default(), wait), async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            pay(&play, 5).await
        });
    assert_eq!(settled.unwrap().hashes, [hash]);
}

#[tokio::test]
async fn more_settlements_than_one_list_holds_all_arrive() {
    let play = play(1_000).await;
    let mut expected = HashSet::new();
    for _ in 0..600 {
        expected.insert(pay(&play, 1).await);
    }
    let mut cursor = SettledCursor::default();
    let mut reported = Vec::new();
    loop {
        let settled = play.seller.settled_since(cursor, Duration::ZERO).await;
        let settled = settled.unwrap();
        if settled.hashes.is_empty() {
            break;
        }
        assert!(settled.next > cursor);
        cursor = settled.next;
        reported.extend(settled.hashes);
    }
    assert_eq!(reported.len(), 600);
    assert_eq!(reported.into_iter().collect::<HashSet<_>>(), expected);
}
