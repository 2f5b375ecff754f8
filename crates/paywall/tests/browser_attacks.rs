//! What a browser's cookie must not do: it is good without a preimage, so it is good for little.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod shop;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use farebox_wire::macaroon::Macaroon;
use http::{Request, StatusCode, header};
use shop::browser::{Browser, asked};
use shop::{Answer, Shop, request};

/// A browser whose page for `uri` is paid.
async fn paid(shop: &Shop, uri: &str) -> (Browser, String) {
    let mut browser = Browser::default();
    let hash = asked(&browser.open(shop, uri).await);
    shop.pay(&hash).await;
    (browser, hash)
}

fn cookie_text(macaroon: &Macaroon) -> String {
    URL_SAFE_NO_PAD.encode(macaroon.encode_v2())
}

/// Sends a token to `/dish` as a cookie of the name that it would have there.
async fn as_cookie(shop: &Shop, token: &str) -> Answer {
    let mut browser = Browser::default();
    asked(&browser.open(shop, "/dish").await);
    for value in browser.cookies.values_mut() {
        *value = token.to_owned();
    }
    browser.open(shop, "/dish").await
}

async fn assert_buys_nothing(shop: &Shop, token: &str, what: &str) {
    let answer = as_cookie(shop, token).await;
    assert_eq!(answer.status, StatusCode::PAYMENT_REQUIRED, "{what}: {}", answer.text());
    assert_eq!(shop.served(), 0, "{what}");
}

#[tokio::test]
async fn no_changed_or_foreign_token_gets_through_as_a_cookie() {
    let shop = Shop::open().await;
    let (browser, _) = paid(&shop, "/dish").await;
    let token = browser.token();
    let macaroon = Macaroon::decode(&token).unwrap().0;
    let (other, _) = paid(&shop, "/other").await;
    assert_buys_nothing(&shop, &other.token(), "of another path").await;
    assert_buys_nothing(&shop, "", "nothing").await;
    assert_buys_nothing(&shop, &"A".repeat(5_000), "far too long").await;
    assert_buys_nothing(&shop, &token[..token.len() / 2], "half of it").await;
    let foreign = Macaroon::issue(b"guess", None, macaroon.identifier.clone());
    assert_buys_nothing(&shop, &cookie_text(&foreign), "signed by a stranger").await;
    let bare = Macaroon { caveats: Vec::new(), ..macaroon.clone() };
    assert_buys_nothing(&shop, &cookie_text(&bare), "without its caveats").await;
    for caveat in ["expires_at=1", "path=/other", "method=POST", "account=1", "proof=preimage"] {
        let narrowed = macaroon.clone().with_caveat(caveat);
        assert_buys_nothing(&shop, &cookie_text(&narrowed), caveat).await;
    }
    assert_eq!(as_cookie(&shop, &token).await.status, StatusCode::OK, "as it was issued");
}

#[tokio::test]
async fn a_token_that_needs_its_preimage_is_nothing_as_a_cookie() {
    let shop = Shop::open().await;
    let (token, hash) = shop.get("/dish", None).await.challenge();
    // Whoever is behind the same address has a token for the same invoice.
    let (neighbours, same) = shop.get("/dish", None).await.challenge();
    assert_eq!(hash, same);
    shop.pay(&hash).await;
    for token in [&token, &neighbours] {
        let macaroon = Macaroon::decode(token).unwrap().0;
        assert_buys_nothing(&shop, &cookie_text(&macaroon), "as it is").await;
        for caveats in [&["proof=node"][..], &["amount_msat=5000", "proof=node"]] {
            let freed = caveats.iter().fold(macaroon.clone(), |m, caveat| m.with_caveat(*caveat));
            assert_buys_nothing(&shop, &cookie_text(&freed), "freed by its holder").await;
        }
    }
    // The token in the headers of a browser's page is one of that kind.
    let mut browser = Browser::default();
    let page = browser.open(&shop, "/dish").await;
    let line = page.headers[header::WWW_AUTHENTICATE].to_str().unwrap().to_owned();
    let shown = line.split('"').nth(1).unwrap().to_owned();
    shop.pay(&asked(&page)).await;
    let macaroon = Macaroon::decode(&shown).unwrap().0;
    assert_buys_nothing(&shop, &cookie_text(&macaroon), "from the headers").await;
}

#[tokio::test]
async fn the_cookies_token_needs_its_preimage_everywhere_else() {
    let shop = Shop::open().await;
    let mut browser = Browser::default();
    let hash = asked(&browser.open(&shop, "/dish").await);
    let preimage = shop.pay(&hash).await;
    let bytes = Macaroon::decode(&browser.token()).unwrap().0.encode_v2();
    let token = STANDARD.encode(&bytes);
    for value in [
        format!("L402 {token}"),
        format!("L402 {token}:"),
        format!("L402 {token}:{}", "0".repeat(64)),
        format!("L402 {token}:{hash}"),
        format!("Bearer {token}"),
        format!("Payment {token}"),
    ] {
        let answer = shop.get("/dish", Some(&value)).await;
        assert!(answer.status.is_client_error(), "{value}: {}", answer.status);
    }
    for name in ["macaroon", "grpc-metadata-macaroon", "x-payment", "payment-signature"] {
        let mut bare = request("GET", "/dish", None, "");
        bare.headers_mut().insert(name, hex::encode(&bytes).parse().unwrap());
        assert_eq!(shop.send(bare).await.status, StatusCode::PAYMENT_REQUIRED, "{name}");
    }
    assert_eq!(shop.served(), 0);
    let proven = format!("L402 {token}:{preimage}");
    assert_eq!(shop.get("/dish", Some(&proven)).await.status, StatusCode::OK);
    assert_eq!(browser.open(&shop, "/dish").await.status, StatusCode::OK);
    assert_eq!(shop.served(), 1, "one payment, one use, whichever way it is shown");
}

#[tokio::test]
async fn a_cookie_is_for_get_without_a_body_only() {
    let shop = Shop::open().await;
    let (mut browser, _) = paid(&shop, "/dish").await;
    for method in ["POST", "HEAD"] {
        let answer = shop.send(browser.request(method, "/dish")).await;
        assert_eq!(answer.status, StatusCode::PAYMENT_REQUIRED, "{method}");
    }
    for body in ["a body", &"x".repeat(20_000)] {
        let (mut parts, _) = browser.request("GET", "/dish").into_parts();
        parts.headers.insert(header::CONTENT_LENGTH, body.len().into());
        let answer = shop.send(Request::from_parts(parts, body.to_owned().into())).await;
        assert_eq!(answer.status, StatusCode::PAYMENT_REQUIRED);
    }
    assert_eq!((shop.served(), shop.redemption_rows().await), (0, 0));
    assert_eq!(browser.open(&shop, "/dish").await.status, StatusCode::OK);
}

#[tokio::test]
async fn neighbours_behind_one_address_never_share_a_browsers_invoice() {
    let shop = Shop::open().await;
    let mut payer = Browser::default();
    let hash = asked(&payer.open(&shop, "/dish").await);
    let mut seen = vec![hash.clone()];
    // Until the address may make no more, and invoices are shared.
    for _ in 0..70 {
        let mut neighbour = Browser::default();
        let answer = neighbour.open(&shop, "/dish").await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            continue;
        }
        let other = asked(&answer);
        assert!(!seen.contains(&other), "an invoice of two browsers");
        seen.push(other);
    }
    let program = shop.get("/dish", None).await;
    assert_eq!(program.status, StatusCode::TOO_MANY_REQUESTS, "a program takes no browser's");
    shop.pay(&hash).await;
    assert_eq!(Browser::default().poll(&shop, "/dish").await.status, StatusCode::ACCEPTED);
    assert_eq!(shop.served(), 0);
    assert_eq!(payer.open(&shop, "/dish").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_browser_takes_no_programs_invoice() {
    let shop = Shop::open().await;
    let (_, of_a_program) = shop.get("/dish", None).await.challenge();
    for number in 0..63 {
        shop.get(&format!("/dish?{number}"), None).await.challenge();
    }
    let busy = Browser::default().open(&shop, "/dish").await;
    assert_eq!(busy.status, StatusCode::TOO_MANY_REQUESTS);
    shop.wait(1);
    assert_ne!(asked(&Browser::default().open(&shop, "/dish").await), of_a_program);
}

#[tokio::test]
async fn a_cookie_says_which_invoice_is_shown_only_to_who_was_shown_it() {
    let shop = Shop::open().await;
    let mut payer = Browser::default();
    let hash = asked(&payer.open(&shop, "/dish").await);
    // The same name, and a token that another browser was given for its own invoice.
    let mut thief = Browser::default();
    asked(&thief.open(&shop, "/dish").await);
    let token = thief.token();
    thief.cookies = payer.cookies.keys().map(|key| (key.clone(), token.clone())).collect();
    assert_ne!(asked(&thief.open(&shop, "/dish").await), hash);
    shop.pay(&hash).await;
    assert_eq!(thief.open(&shop, "/dish").await.status, StatusCode::PAYMENT_REQUIRED);
    assert_eq!(thief.poll(&shop, "/dish").await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_token_of_a_small_request_does_not_buy_a_large_one() {
    let shop = Shop::open().await;
    let (small, _) = paid(&shop, "/long?abc").await;
    let mut browser = Browser::default();
    let hash = asked(&browser.open(&shop, "/long?abcdefgh").await);
    let token = small.token();
    for value in browser.cookies.values_mut() {
        *value = token.clone();
    }
    let answer = browser.open(&shop, "/long?abcdefgh").await;
    assert_ne!(asked(&answer), hash, "its own token was taken away");
    assert!(answer.text().contains("8 sats"));
    assert_eq!(browser.poll(&shop, "/long?abcdefgh").await.status, StatusCode::ACCEPTED);
    assert_eq!(shop.served(), 0);
}

#[tokio::test]
async fn a_payment_that_fell_short_buys_nothing_in_a_browser() {
    let shop = Shop::open().await;
    let mut browser = Browser::default();
    let hash = asked(&browser.open(&shop, "/dish").await);
    shop.wallet.pay_short(&hash);
    assert_eq!(browser.poll(&shop, "/dish").await.status, StatusCode::ACCEPTED);
    asked(&browser.open(&shop, "/dish").await);
    assert_eq!(shop.served(), 0);
}

#[tokio::test]
async fn many_windows_that_load_at_once_get_one_answer() {
    let shop = Shop::open().await;
    let (browser, _) = paid(&shop, "/dish").await;
    let requests = (0..20).map(|_| shop.send(browser.request("GET", "/dish")));
    for answer in futures_util::future::join_all(requests).await {
        let is_right = answer.status == StatusCode::OK || answer.status == StatusCode::CONFLICT;
        assert!(is_right, "{}", answer.text());
        assert!(!answer.headers.contains_key(header::WWW_AUTHENTICATE), "asked to pay again");
    }
    assert_eq!(shop.served(), 1);
}
