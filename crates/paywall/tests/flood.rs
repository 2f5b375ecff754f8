//! Unpaid requests cost almost nothing.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod shop;

use http::StatusCode;
use shop::Shop;

#[tokio::test]
async fn ten_thousand_unpaid_requests_make_few_invoices_and_no_rows() {
    let shop = Shop::open().await;
    for number in 0..10_000 {
        let answer = shop.get(&format!("/dish?n={number}"), None).await;
        assert_eq!(answer.status, StatusCode::PAYMENT_REQUIRED);
    }
    assert!(shop.wallet.invoice_count() <= 64, "{} invoices", shop.wallet.invoice_count());
    assert_eq!(shop.redemption_rows().await, 0);
    let stats = shop.paywall.stats();
    assert_eq!((stats.challenges, stats.open_invoices), (10_000, shop.wallet.invoice_count()));
}

#[tokio::test]
async fn the_same_request_gets_the_same_invoice_and_two_different_ones_two() {
    let shop = Shop::open().await;
    let (_, first) = shop.get("/dish?n=1", None).await.challenge();
    let (_, again) = shop.get("/dish?n=1", None).await.challenge();
    let (_, other) = shop.get("/dish?n=2", None).await.challenge();
    assert_eq!(first, again);
    assert_ne!(first, other, "both can be paid at the same time");
}

#[tokio::test]
async fn two_different_bodies_can_be_paid_at_the_same_time() {
    let shop = Shop::open().await;
    let mut hashes = Vec::new();
    for body in ["one", "two", "one"] {
        let mut request = shop::request("POST", "/dish", None, body);
        request.headers_mut().insert("content-length", body.len().into());
        hashes.push(shop.send(request).await.challenge().1);
    }
    assert_ne!(hashes[0], hashes[1]);
    assert_eq!(hashes[0], hashes[2]);
}

#[tokio::test]
async fn fifty_first_requests_at_once_make_one_invoice() {
    let shop = std::sync::Arc::new(Shop::open().await);
    let asks = (0..50).map(|_| {
        let shop = std::sync::Arc::clone(&shop);
        tokio::spawn(async move { shop.get("/dish", None).await.challenge().1 })
    });
    for ask in asks.collect::<Vec<_>>() {
        ask.await.unwrap();
    }
    assert_eq!(shop.wallet.invoice_count(), 1);
}

#[tokio::test]
async fn a_paid_invoice_is_never_offered_again() {
    let shop = Shop::open().await;
    let dish = shop.buy("/dish").await;
    shop.get("/dish", Some(&dish)).await;
    let paid = shop.wallet.invoice_count();
    let (_, fresh) = shop.get("/dish", None).await.challenge();
    assert_eq!(shop.wallet.invoice_count(), paid + 1);
    assert_eq!(shop.wallet.preimage_of_unpaid(&fresh).hash().to_string(), fresh);
}
