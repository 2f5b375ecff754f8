//! Nothing but a good credential gets through, and every bad one is told why.

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
use farebox_wire::l402::Identifier;
use farebox_wire::lightning::PaymentHash;
use farebox_wire::macaroon::Macaroon;
use http::{HeaderValue, StatusCode};
use shop::{Answer, START, Shop, request};
use std::sync::atomic::Ordering;

/// A paid token of `/dish`, its macaroon and its preimage.
struct Bought {
    token: String,
    macaroon: Macaroon,
    preimage: String,
}

async fn bought(shop: &Shop) -> Bought {
    let credential = shop.buy("/dish").await;
    let (token, preimage) = credential.strip_prefix("L402 ").unwrap().split_once(':').unwrap();
    let macaroon = Macaroon::decode(token).unwrap().0;
    Bought { token: token.into(), macaroon, preimage: preimage.into() }
}

fn text(macaroon: &Macaroon) -> String {
    STANDARD.encode(macaroon.encode_v2())
}

/// Header values that must not get through, with the code that says why.
fn bad_credentials(bought: &Bought) -> Vec<(String, &'static str)> {
    let Bought { token, macaroon, preimage } = bought;
    let malformed = "malformed_credential";
    let mut cases: Vec<(String, &'static str)> = Vec::new();
    let mut case = |value: String, code: &'static str| cases.push((value, code));

    case("L402".into(), malformed);
    case("L402 ".into(), malformed);
    case("L402 :".into(), malformed);
    case(format!("L402 {token}"), malformed);
    case(format!("L402 {token}:"), malformed);
    case(format!("L402 :{preimage}"), malformed);
    case(format!("L402 ,:{preimage}"), malformed);
    case(format!("L402 {token},:{preimage}"), malformed);
    case(format!("L402 {token}:{}", &preimage[..63]), malformed);
    case(format!("L402 {token}:{preimage}0"), malformed);
    case(format!("L402 {token}:{}", preimage.replace('0', "g")), malformed);
    case(format!("L402 {token}:0x{}", &preimage[..62]), malformed);
    case(format!("L402 {token}:{preimage}:{preimage}x"), malformed);
    case(format!("L402 {token} {preimage}"), malformed);
    case(format!("L402 {token};{preimage}"), malformed);
    case(format!("L402 \"{token}:{preimage}\""), malformed);
    case(format!("L402 macaroon=\"{token}\", preimage=\"{preimage}\""), malformed);
    case(format!("L402 !!!:{preimage}"), malformed);
    case(format!("L402 {}:{preimage}", "A".repeat(9_000)), malformed);
    case(format!("L402 {}:{preimage}", &token[..token.len() / 2]), malformed);
    case(format!("L402 {token}{token}:{preimage}"), malformed);
    case(format!("L402 {}:{preimage}", STANDARD.encode(b"{\"hash\":\"\"}")), malformed);
    case(format!("L402 {}:{preimage}", STANDARD.encode([2])), malformed);
    case(format!("L402 {}:{preimage}", STANDARD.encode([0xff; 100])), malformed);
    case(format!("L402 {}:{preimage}", STANDARD.encode("0010identifier a\n")), malformed);
    case(format!("L402 {}:{preimage}", [token.as_str(); 5].join(",")), malformed);
    let mut trailing = macaroon.encode_v2();
    trailing.push(0);
    case(format!("L402 {}:{preimage}", STANDARD.encode(trailing)), malformed);
    let crowded = (0..70).fold(macaroon.clone(), |m, _| m.with_caveat("expires_at=9"));
    case(format!("L402 {}:{preimage}", text(&crowded)), malformed);

    let zeros = "0".repeat(64);
    case(format!("L402 {token}:{zeros}"), "wrong_preimage");
    case(format!("lsat {token}:{zeros}"), "wrong_preimage");
    let hash = Macaroon::decode(token).unwrap().0.identifier[2..34].to_vec();
    case(format!("L402 {token}:{}", hex::encode(hash)), "wrong_preimage");

    let foreign = Macaroon::issue(b"guess", None, macaroon.identifier.clone());
    case(format!("L402 {}:{preimage}", text(&foreign)), "bad_signature");
    let stripped = Macaroon { caveats: Vec::new(), ..macaroon.clone() };
    case(format!("L402 {}:{preimage}", text(&stripped)), "bad_signature");
    let mut reordered = macaroon.clone();
    reordered.caveats.swap(0, 1);
    case(format!("L402 {}:{preimage}", text(&reordered)), "bad_signature");
    let mut cheaper = macaroon.clone();
    cheaper.caveats[3] = b"amount_msat=1".to_vec();
    case(format!("L402 {}:{preimage}", text(&cheaper)), "bad_signature");
    let mut other_id = macaroon.clone();
    other_id.identifier[65] ^= 1;
    case(format!("L402 {}:{preimage}", text(&other_id)), "bad_signature");
    let short = Macaroon { identifier: b"short".to_vec(), ..macaroon.clone() };
    case(format!("L402 {}:{preimage}", text(&short)), "unknown_token");
    let future = Identifier { payment_hash: PaymentHash::new([1; 32]), token_id: [0xff; 32] };
    let future = Macaroon { identifier: future.encode(), ..macaroon.clone() };
    case(format!("L402 {}:{preimage}", text(&future)), "unknown_token");
    case(format!("L402 {token},{}:{preimage}", text(&foreign)), "bad_signature");

    let with = |caveat: &str| text(&macaroon.clone().with_caveat(caveat));
    case(format!("L402 {}:{preimage}", with("account_id=1")), "caveat_refused");
    case(format!("L402 {}:{preimage}", with("nonsense")), "caveat_refused");
    case(format!("L402 {}:{preimage}", with("path=/other")), "caveat_refused");
    case(format!("L402 {}:{preimage}", with("method=POST")), "caveat_refused");
    case(format!("L402 {}:{preimage}", with("expires_at=99999999999")), "caveat_refused");
    case(format!("L402 {}:{preimage}", with(&format!("preimage={zeros}"))), "caveat_refused");
    case(format!("L402 {}:{preimage}", with("expires_at=1800000000")), "expired_token");
    cases
}

fn assert_refused(answer: &Answer, code: &str, value: &str) {
    assert_eq!(answer.status, StatusCode::PAYMENT_REQUIRED, "{value}");
    assert_eq!(answer.code(), code, "{value}: {}", answer.text());
    let reason = answer.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(reason.len() > 20, "{value}: no reason given");
    answer.challenge();
}

#[tokio::test]
async fn no_malformed_credential_gets_through_and_each_is_told_why() {
    let shop = Shop::open().await;
    let bought = bought(&shop).await;
    let cases = bad_credentials(&bought);
    assert!(cases.len() >= 40, "only {} cases", cases.len());
    for (value, code) in &cases {
        let answer = shop.get("/dish", Some(value)).await;
        assert_refused(&answer, code, value);
        let (_, fresh_hash) = answer.challenge();
        assert_ne!(
            fresh_hash,
            bought.macaroon.identifier[2..34]
                .iter()
                .map(|b| format!("{b:02x}"))
                .collect::<String>()
        );
    }
    assert_eq!(shop.served(), 0, "a bad credential reached the handler");
    let good = format!("L402 {}:{}", bought.token, bought.preimage);
    assert_eq!(shop.get("/dish", Some(&good)).await.status, StatusCode::OK, "the token is good");
}

#[tokio::test]
async fn bytes_that_are_no_text_are_refused() {
    let shop = Shop::open().await;
    for bytes in [b"L402 \xff\xfe:00".as_slice(), b"L402 \xc3\xa9:aa", b"l402 \x80"] {
        let mut request = request("GET", "/dish", None, "");
        let value = HeaderValue::from_bytes(bytes).unwrap();
        request.headers_mut().insert(http::header::AUTHORIZATION, value);
        assert_refused(&shop.send(request).await, "malformed_credential", "bytes");
    }
    assert_eq!(shop.served(), 0);
}

#[tokio::test]
async fn every_form_of_a_good_credential_gets_through() {
    for form in 0..8 {
        let shop = Shop::open().await;
        let Bought { token, macaroon, preimage } = bought(&shop).await;
        let own_caveat = macaroon.clone().with_caveat(format!("preimage={preimage}"));
        let bytes = macaroon.encode_v2();
        let value = match form {
            0 => format!("L402 {token}:{preimage}"),
            1 => format!("lsat {token}:{preimage}"),
            2 => format!("L402 {token}:{}", preimage.to_uppercase()),
            3 => format!("L402 {}:{preimage}", URL_SAFE_NO_PAD.encode(&bytes)),
            4 => format!("L402 {}:{preimage}", hex::encode(&bytes)),
            5 => format!("L402 {}:{preimage}", text(&own_caveat)),
            6 => format!("L402 {token},{token}:{preimage}"),
            _ => format!("  L402   {token}:{preimage}  "),
        };
        let answer = shop.get("/dish", Some(&value)).await;
        assert_eq!(answer.status, StatusCode::OK, "{value}: {}", answer.text());
    }
}

#[tokio::test]
async fn the_good_one_of_several_authorization_lines_counts() {
    let shop = Shop::open().await;
    let good = shop.buy("/dish").await;
    let mut request = request("GET", "/dish", Some("Bearer abl_x"), "");
    request.headers_mut().append("authorization", HeaderValue::from_static("L402 broken"));
    request.headers_mut().append("authorization", HeaderValue::try_from(good).unwrap());
    assert_eq!(shop.send(request).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_bare_macaroon_header_with_its_preimage_caveat_gets_through() {
    for name in ["macaroon", "grpc-metadata-macaroon"] {
        let shop = Shop::open().await;
        let Bought { macaroon, preimage, .. } = bought(&shop).await;
        let complete = macaroon.with_caveat(format!("preimage={preimage}"));
        let mut request = request("GET", "/dish", None, "");
        let value = HeaderValue::try_from(hex::encode(complete.encode_v2())).unwrap();
        request.headers_mut().insert(name, value);
        assert_eq!(shop.send(request).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_valid_token_of_another_route_is_refused() {
    let shop = Shop::open().await;
    let other = shop.buy("/other").await;
    assert_refused(&shop.get("/dish", Some(&other)).await, "wrong_path", "/other");
    let dish = shop.buy("/dish").await;
    let post = shop.send(request("POST", "/dish", Some(&dish), "")).await;
    assert_refused(&post, "wrong_method", "POST");
    assert_eq!(shop.served(), 0);
    assert_eq!(shop.get("/other", Some(&other)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let shop = Shop::open().await;
    let dish = shop.buy("/dish").await;
    shop.clock.store(START + 600 + 7 * 24 * 3_600, Ordering::SeqCst);
    assert_refused(&shop.get("/dish", Some(&dish)).await, "expired_token", "late");
    assert_eq!(shop.served(), 0);
}

#[tokio::test]
async fn a_used_token_is_refused_for_another_request() {
    let shop = Shop::open().await;
    let dish = shop.buy("/dish?of=day").await;
    assert_eq!(shop.get("/dish?of=day", Some(&dish)).await.status, StatusCode::OK);
    assert_refused(&shop.get("/dish?of=night", Some(&dish)).await, "token_used", "another query");
    assert_refused(&shop.get("/dish", Some(&dish)).await, "token_used", "no query");
    assert_eq!(shop.served(), 1);
}

#[tokio::test]
async fn knowing_the_preimage_is_not_enough_without_the_nodes_word() {
    let shop = Shop::open().await;
    let (token, hash) = shop.get("/dish", None).await.challenge();
    let preimage = shop.wallet.preimage_of_unpaid(&hash).reveal_hex();
    let credential = format!("L402 {token}:{preimage}");
    let answer = shop.get("/dish", Some(&credential)).await;
    // It may be paid and not reported yet, so there is no challenge that would be paid again.
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.code(), "payment_pending");
    assert!(!answer.headers.contains_key("www-authenticate"));
    assert_eq!(shop.served(), 0);
    shop.wallet.pay_unreported(&hash);
    assert_eq!(shop.get("/dish", Some(&credential)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_payment_that_fell_short_buys_nothing() {
    let shop = Shop::open().await;
    let (token, hash) = shop.get("/dish", None).await.challenge();
    let preimage = shop.wallet.pay_short(&hash).reveal_hex();
    let credential = format!("L402 {token}:{preimage}");
    assert_refused(&shop.get("/dish", Some(&credential)).await, "invoice_not_paid", "short");
    assert_eq!(shop.served(), 0);
}

#[tokio::test]
async fn macaroons_of_two_payments_are_refused_together() {
    let shop = Shop::open().await;
    let (one, other) = (bought(&shop).await, bought(&shop).await);
    let both = format!("L402 {},{}:{}", one.token, other.token, one.preimage);
    assert_refused(&shop.get("/dish", Some(&both)).await, "mixed_payments", "two payments");
    assert_eq!(shop.served(), 0);
}

#[tokio::test]
async fn narrowing_a_token_does_not_shorten_its_record() {
    let shop = Shop::open().await;
    let Bought { macaroon, preimage, .. } = bought(&shop).await;
    let narrowed = macaroon.with_caveat(format!("expires_at={}", START + 5));
    let credential = format!("L402 {}:{preimage}", text(&narrowed));
    assert_eq!(shop.get("/dish", Some(&credential)).await.status, StatusCode::OK);
    let expiry = |transaction: &farebox_store::Transaction<'_>| {
        transaction.one("SELECT expires_at FROM redemption", &[], |row| row.get(0))
    };
    let kept_until: u64 = shop.store.read(expiry).await.unwrap();
    assert_eq!(kept_until, START + 600 + 7 * 24 * 3_600, "as long as the token was issued for");
}

#[tokio::test]
async fn head_spends_nothing_and_unknown_methods_cost_nothing() {
    let shop = Shop::open().await;
    let dish = shop.buy("/dish").await;
    let head = shop.send(request("HEAD", "/dish", Some(&dish), "")).await;
    assert_eq!(head.status, StatusCode::PAYMENT_REQUIRED);
    assert!(head.headers.contains_key("www-authenticate"));
    let invoices = shop.wallet.invoice_count();
    let options = shop.send(request("OPTIONS", "/dish", None, "")).await;
    assert_eq!(options.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(shop.get("/nothing", None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(shop.wallet.invoice_count(), invoices, "an invoice for nothing");
    assert_eq!(shop.get("/dish", Some(&dish)).await.status, StatusCode::OK);
    assert_eq!(shop.served(), 1);
}
