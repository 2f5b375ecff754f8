//! A person pays in a browser, with a phone that keeps the preimage.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod shop;

use farebox_wire::l402::parse_challenges;
use http::{StatusCode, header};
use shop::browser::{Browser, asked};
use shop::{Answer, Shop, dollars};
use std::sync::atomic::Ordering;

const INVOICE_S: u64 = 600;
const TOKEN_S: u64 = 7 * 24 * 3_600;

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers[name].to_str().unwrap()
}

#[tokio::test]
async fn a_browser_is_shown_a_page_and_a_program_is_not() {
    let shop = Shop::open().await;
    let page = Browser::default().open(&shop, "/dish?of=day").await;
    let hash = asked(&page);
    let challenges = parse_challenges([header(&page, "www-authenticate")]);
    let invoice = challenges[0].invoice.clone().unwrap();
    let decoded = farebox_wire::bolt11::Invoice::decode(&invoice).unwrap();
    assert_eq!(decoded.payment_hash.to_string(), hash);
    assert_eq!(header(&page, "cache-control"), "no-store");
    assert_eq!(header(&page, "x-price-sats"), "5");
    let cookie = header(&page, "set-cookie");
    let lifetime_s = INVOICE_S + TOKEN_S;
    let attributes = format!("; Path=/dish; Max-Age={lifetime_s}; HttpOnly; SameSite=Lax");
    assert!(cookie.ends_with(&attributes), "{cookie}");
    assert!(!cookie.contains(challenges[0].token.as_deref().unwrap()), "one token for two uses");
    let text = page.text();
    for part in ["One dish", "5 sats", "<svg", &format!("href=\"lightning:{invoice}\""), "10:00"] {
        assert!(text.contains(part), "no {part} in {text}");
    }
    assert!(text.contains("farebox get 'http://shop.test/dish?of=day'"), "{text}");
    let program = shop.get("/dish?of=day", None).await;
    assert_ne!(program.challenge().1, hash, "an invoice of two payers");
    assert!(!program.headers.contains_key(header::SET_COOKIE));
}

#[tokio::test]
async fn the_page_allows_nothing_but_its_own_script_and_style() {
    let shop = Shop::open().await;
    let page = Browser::default().open(&shop, "/odd?%3Cscript%3E&x=';id;'").await;
    asked(&page);
    let policy = header(&page, "content-security-policy");
    let nonce = policy.split("script-src 'nonce-").nth(1).unwrap().split('\'').next().unwrap();
    let expected = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; \
         connect-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'; \
         form-action 'none'"
    );
    assert_eq!(policy, expected);
    assert!(nonce.len() >= 20);
    let text = page.text();
    assert_eq!(text.matches("<script").count(), 1, "{text}");
    assert!(text.contains(&format!("<script nonce=\"{nonce}\">")));
    assert!(text.contains("&lt;script&gt;alert"));
    assert_eq!(header(&page, "x-content-type-options"), "nosniff");
    assert_eq!(header(&page, "referrer-policy"), "no-referrer");
    assert!(header(&page, "vary").contains("Accept"));
    let other = Browser::default().open(&shop, "/odd").await;
    assert!(!header(&other, "content-security-policy").contains(nonce), "a nonce is used once");
}

#[tokio::test]
async fn who_pays_the_page_gets_the_answer_once_and_again_from_the_record() {
    let shop = Shop::open().await;
    let mut browser = Browser::default();
    let hash = asked(&browser.open(&shop, "/dish?of=day").await);
    assert_eq!(asked(&browser.open(&shop, "/dish?of=day").await), hash, "the same page again");
    assert_eq!(shop.wallet.invoice_count(), 1);
    shop.pay(&hash).await;
    for _ in 0..3 {
        let answer = browser.open(&shop, "/dish?of=day").await;
        assert_eq!((answer.status, answer.text()), (StatusCode::OK, "dish of=day".to_owned()));
        assert_eq!(header(&answer, "cache-control"), "private, no-cache");
    }
    assert_eq!(shop.served(), 1);
    assert_eq!(shop.redemption_rows().await, 1);
    let other = browser.open(&shop, "/dish?of=night").await;
    assert_ne!(asked(&other), hash, "one payment, one request");
}

#[tokio::test]
async fn a_page_asks_whether_it_is_paid_and_nothing_is_used_up() {
    let shop = Shop::open().await;
    let mut browser = Browser::default();
    let unknown = browser.poll(&shop, "/dish").await;
    assert_eq!(
        (unknown.status, unknown.json()["known"].as_bool()),
        (StatusCode::ACCEPTED, Some(false))
    );
    assert_eq!(shop.wallet.invoice_count(), 0, "asking makes no invoice");
    let hash = asked(&browser.open(&shop, "/dish").await);
    let waiting = browser.poll(&shop, "/dish").await;
    assert_eq!(
        (waiting.status, waiting.json()["known"].as_bool()),
        (StatusCode::ACCEPTED, Some(true))
    );
    shop.pay(&hash).await;
    for _ in 0..3 {
        let paid = browser.poll(&shop, "/dish").await;
        assert_eq!((paid.status, paid.body.len()), (StatusCode::NO_CONTENT, 0));
        assert_eq!(header(&paid, "cache-control"), "no-store");
    }
    assert_eq!((shop.served(), shop.redemption_rows().await), (0, 0));
    assert_eq!(browser.open(&shop, "/dish").await.text(), "dish ");
    assert_eq!(shop.served(), 1);
}

#[tokio::test]
async fn the_node_is_asked_where_it_did_not_report_and_not_all_the_time() {
    let shop = Shop::open().await;
    let mut browser = Browser::default();
    let hash = asked(&browser.open(&shop, "/dish").await);
    for _ in 0..50 {
        assert_eq!(browser.poll(&shop, "/dish").await.status, StatusCode::ACCEPTED);
    }
    assert!(shop.wallet.lookups.load(Ordering::SeqCst) <= 1, "the node is flooded");
    shop.wallet.pay_unreported(&hash);
    shop.wait(10);
    assert_eq!(browser.poll(&shop, "/dish").await.status, StatusCode::NO_CONTENT);
    assert_eq!(browser.open(&shop, "/dish").await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_expired_invoice_is_replaced_and_a_payment_at_the_last_moment_is_not_lost() {
    let shop = Shop::open().await;
    let mut browser = Browser::default();
    let first = asked(&browser.open(&shop, "/dish").await);
    shop.wait(INVOICE_S - 30);
    let second = asked(&browser.open(&shop, "/dish").await);
    assert_ne!(second, first, "too late to pay the first");
    assert_eq!(asked(&browser.open(&shop, "/dish").await), second);
    shop.pay(&first).await;
    assert_eq!(browser.poll(&shop, "/dish").await.status, StatusCode::NO_CONTENT);
    assert_eq!(browser.open(&shop, "/dish").await.status, StatusCode::OK);
    assert_eq!(shop.served(), 1);
}

#[tokio::test]
async fn two_windows_do_not_take_each_others_payment() {
    let shop = Shop::open().await;
    let mut browser = Browser::default();
    // Both are asked for before either is answered.
    let (one, other) = (browser.request("GET", "/dish"), browser.request("GET", "/dish"));
    let (one, other) = (shop.send(one).await, shop.send(other).await);
    let (first, second) = (asked(&one), asked(&other));
    assert_ne!(first, second);
    browser.keep(&one.headers);
    browser.keep(&other.headers);
    shop.pay(&first).await;
    assert_eq!(browser.open(&shop, "/dish").await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_was_bought_long_ago_is_for_sale_again() {
    let shop = Shop::open().await;
    let mut browser = Browser::default();
    let hash = asked(&browser.open(&shop, "/dish").await);
    shop.pay(&hash).await;
    assert_eq!(browser.open(&shop, "/dish").await.status, StatusCode::OK);
    shop.wait(25 * 3_600);
    let again = asked(&browser.open(&shop, "/dish").await);
    assert_ne!(again, hash);
    assert_eq!(browser.cookies.len(), 1, "the token that is used up is dropped");
    assert_eq!(
        browser.poll(&shop, "/dish").await.status,
        StatusCode::ACCEPTED,
        "or it reloads for ever"
    );
    shop.pay(&again).await;
    assert_eq!(browser.open(&shop, "/dish").await.status, StatusCode::OK);
    assert_eq!(shop.served(), 2);
}

#[tokio::test]
async fn time_is_bought_for_every_query_and_ends() {
    let shop = Shop::open().await;
    let mut browser = Browser::default();
    let hash = asked(&browser.open(&shop, "/buffet?plate=1").await);
    shop.pay(&hash).await;
    for uri in ["/buffet?plate=1", "/buffet?plate=2", "/buffet"] {
        assert_eq!(browser.open(&shop, uri).await.text(), "food", "{uri}");
    }
    assert_eq!(shop.served(), 3);
    shop.wait(INVOICE_S + 600);
    asked(&browser.open(&shop, "/buffet").await);
    assert_eq!(browser.poll(&shop, "/buffet").await.status, StatusCode::ACCEPTED);
    assert_eq!(shop.served(), 3);
}

#[tokio::test]
async fn a_large_answer_is_made_when_it_is_loaded_and_not_before() {
    let shop = Shop::open().await;
    let mut browser = Browser::default();
    let hash = asked(&browser.open(&shop, "/large").await);
    shop.pay(&hash).await;
    assert_eq!(browser.poll(&shop, "/large").await.status, StatusCode::NO_CONTENT);
    assert_eq!(shop.served(), 0);
    assert_eq!(browser.open(&shop, "/large").await.body.len(), 600_000);
    assert_eq!(shop.served(), 1);
}

#[tokio::test]
async fn a_handler_that_fails_leaves_the_payment_good() {
    let shop = Shop::open().await;
    let mut browser = Browser::default();
    let hash = asked(&browser.open(&shop, "/dish").await);
    shop.pay(&hash).await;
    shop.kitchen.fails.store(true, Ordering::SeqCst);
    assert_eq!(browser.open(&shop, "/dish").await.status, StatusCode::BAD_GATEWAY);
    shop.kitchen.fails.store(false, Ordering::SeqCst);
    assert_eq!(browser.open(&shop, "/dish").await.status, StatusCode::OK);
    let invoices = shop.wallet.invoice_count();
    assert_eq!(invoices, 1, "nobody was asked to pay again");
}

#[tokio::test]
async fn a_price_in_dollars_is_shown_and_its_invoice_kept_while_the_rate_moves() {
    let shop = Shop::open().await;
    shop.rate.publish(dollars(100_000), shop::START);
    let mut browser = Browser::default();
    let page = browser.open(&shop, "/soup").await;
    let hash = asked(&page);
    assert!(page.text().contains("10 sats") && page.text().contains("$0.01"), "{}", page.text());
    shop.rate.publish(dollars(50_000), shop::START + 1);
    let page = browser.open(&shop, "/soup").await;
    assert_eq!(asked(&page), hash, "who is about to pay is not shown another invoice");
    assert!(page.text().contains("10 sats") && page.text().contains("$0.01"), "{}", page.text());
    shop.pay(&hash).await;
    assert_eq!(browser.open(&shop, "/soup").await.status, StatusCode::OK);
}

#[tokio::test]
async fn without_the_node_the_page_says_so_and_asks_for_nothing() {
    let shop = Shop::open().await;
    shop.wallet.is_down.store(true, Ordering::SeqCst);
    let mut browser = Browser::default();
    let down = browser.open(&shop, "/dish").await;
    assert_eq!(down.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(header(&down, "retry-after"), "5");
    assert_eq!(header(&down, "content-type"), "text/html; charset=utf-8");
    assert!(down.text().contains("does not answer"));
    shop.wallet.is_down.store(false, Ordering::SeqCst);
    let hash = asked(&browser.open(&shop, "/dish").await);
    shop.wallet.pay_unreported(&hash);
    shop.wallet.is_down.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        // It may be paid: no page that would be paid again.
        assert_eq!(browser.open(&shop, "/dish").await.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(browser.poll(&shop, "/dish").await.status, StatusCode::SERVICE_UNAVAILABLE);
    }
    shop.wallet.is_down.store(false, Ordering::SeqCst);
    assert_eq!(browser.open(&shop, "/dish").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_browser_that_makes_too_many_is_told_on_a_page() {
    let shop = Shop::open().await;
    for number in 0..64 {
        asked(&Browser::default().open(&shop, &format!("/dish?{number}")).await);
    }
    let busy = Browser::default().open(&shop, "/dish").await;
    assert_eq!(busy.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(header(&busy, "retry-after"), "1");
    assert!(busy.text().contains("<h1>Too many invoices</h1>"), "{}", busy.text());
    shop.paywall.stop_selling();
    let stopped = Browser::default().open(&shop, "/dish").await;
    assert_eq!(stopped.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(header(&stopped, "content-type"), "text/html; charset=utf-8");
}

#[tokio::test]
async fn a_page_that_nobody_looks_at_stops_asking() {
    let shop = Shop::open().await;
    let mut browser = Browser::default();
    let refresh = "http-equiv=\"refresh\"";
    for _ in 0..3 {
        let page = browser.open(&shop, "/dish").await;
        assert!(page.text().contains(refresh));
        shop.wait(INVOICE_S);
    }
    let page = browser.open(&shop, "/dish").await;
    asked(&page);
    assert!(!page.text().contains(refresh), "it makes invoices for ever");
}

#[tokio::test]
async fn cookies_do_not_pile_up() {
    let shop = Shop::open().await;
    let mut browser = Browser::default();
    let first = asked(&browser.open(&shop, "/dish?paid").await);
    shop.pay(&first).await;
    for number in 0..40 {
        asked(&browser.open(&shop, &format!("/dish?{number}")).await);
    }
    assert!(browser.cookies.len() <= 17, "{}", browser.cookies.len());
    let paid = browser.open(&shop, "/dish?paid").await;
    assert_eq!(paid.status, StatusCode::OK, "what was paid goes last");
}
