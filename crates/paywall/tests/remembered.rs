//! A token that is good for an hour is verified once and remembered: that opens nothing that it
//! would not have opened by itself.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod shop;

use farebox_wire::macaroon::Macaroon;
use http::{Request, StatusCode, header};
use shop::{Answer, START, Shop, request};
use std::sync::atomic::Ordering;

async fn with(shop: &Shop, lines: &[(&str, &str)]) -> Answer {
    let mut made: Request<_> = request("GET", "/buffet", None, "");
    for (name, value) in lines {
        let name: header::HeaderName = name.parse().unwrap();
        made.headers_mut().append(name, value.parse().unwrap());
    }
    shop.send(made).await
}

/// The macaroon as clients of gRPC send it: in hexadecimal, with the preimage in a caveat.
fn bare(credential: &str) -> String {
    let (token, preimage) = credential.strip_prefix("L402 ").unwrap().split_once(':').unwrap();
    let macaroon = Macaroon::decode(token).unwrap().0;
    hex::encode(macaroon.with_caveat(format!("preimage={preimage}")).encode_v2())
}

#[tokio::test]
async fn a_line_is_worth_what_it_says_and_not_what_stood_beside_it() {
    let shop = Shop::open().await;
    let good = shop.buy("/buffet").await;
    let bare = bare(&good);
    let bad = "L402 nonsense:00";
    for _ in 0..2 {
        let beside = with(&shop, &[("authorization", bad), ("macaroon", &bare)]).await;
        assert_eq!(beside.status, StatusCode::OK, "{}", beside.text());
        let two = with(&shop, &[("authorization", bad), ("authorization", &good)]).await;
        assert_eq!(two.status, StatusCode::OK, "{}", two.text());
        let alone = with(&shop, &[("authorization", bad)]).await;
        assert_eq!(alone.code(), "malformed_credential");
        assert_eq!(with(&shop, &[("authorization", &good)]).await.status, StatusCode::OK);
    }
    assert_eq!(shop.served(), 6);
}

#[tokio::test]
async fn a_remembered_token_opens_its_own_subject_until_its_time_is_up() {
    let shop = Shop::open().await;
    let good = shop.buy("/buffet").await;
    for second in [0, 1, 1_100] {
        shop.clock.store(START + second, Ordering::SeqCst);
        assert_eq!(shop.get("/buffet", Some(&good)).await.status, StatusCode::OK);
        let elsewhere = shop.get("/dish", Some(&good)).await;
        assert_eq!(elsewhere.status, StatusCode::PAYMENT_REQUIRED);
        let unpaid = good.replace(|digit: char| digit.is_ascii_digit(), "0");
        assert_eq!(shop.get("/buffet", Some(&unpaid)).await.status, StatusCode::PAYMENT_REQUIRED);
    }
    assert_eq!(shop.served(), 3);
    shop.clock.store(START + 1_200, Ordering::SeqCst);
    assert_eq!(shop.get("/buffet", Some(&good)).await.code(), "expired_token");
    shop.paywall.stop_selling();
    let stopped = shop.get("/buffet", Some(&good)).await;
    assert_eq!(stopped.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(shop.served(), 3);
}

#[tokio::test]
async fn one_that_was_verified_and_not_settled_is_asked_about_again() {
    let shop = Shop::open().await;
    let unpaid = shop.get("/buffet", None).await;
    let (token, hash) = unpaid.challenge();
    // The payer knows the preimage a moment before the seller's node has the payment.
    let preimage = shop.wallet.preimage_of_unpaid(&hash).reveal_hex();
    let credential = format!("L402 {token}:{preimage}");
    for _ in 0..2 {
        let early = shop.get("/buffet", Some(&credential)).await;
        assert_eq!(early.status, StatusCode::SERVICE_UNAVAILABLE, "{}", early.text());
    }
    shop.wallet.pay_unreported(&hash);
    assert_eq!(shop.get("/buffet", Some(&credential)).await.status, StatusCode::OK);
    assert_eq!(shop.served(), 1);
}
