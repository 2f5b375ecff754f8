//! Asking for the price without paying it.

use crate::support::server::{Reply, Server};
use crate::support::shop::Shop;
use crate::support::wallet::{Draft, Fault};
use crate::support::{Desk, get_request, post_request};
use farebox_buyer::{BuyError, Charge, Mode, PurchaseState, Refusal};
use farebox_money::Msat;
use farebox_wire::l402::TokenKind;

async fn shop(desk: &Desk, kind: TokenKind) -> Server {
    let shop = Shop::new(&desk.wallet, kind, Draft::sats(5));
    let serve = move |seen: &crate::support::server::Seen| match seen.path.as_str() {
        "/free" => Reply::ok("free"),
        "/x402" => Reply::new(402, "{}").header("payment-required", "e30="),
        _ => shop.sell(seen, "sold"),
    };
    Server::start(serve).await
}

#[tokio::test]
async fn a_dry_run_sends_the_real_request_and_leaves_no_trace() {
    let mut desk = Desk::new();
    let server = shop(&desk, TokenKind::TimeBounded).await;
    let request = post_request(&server.url("/x"), "body").with_header("X-A", "b").unwrap();
    let quote = desk.quote(&request, Mode::DryRun).await.unwrap();
    let price = quote.price.unwrap();
    assert_eq!((price.charge, price.refusal), (Some(Charge::Lightning(Msat::new(5_000))), None));
    assert!(!quote.has_cached_token);
    let seen = server.seen().remove(0);
    assert_eq!((seen.method.as_str(), seen.body.as_slice()), ("POST", b"body".as_slice()));
    assert_eq!(seen.header("x-a"), Some("b"));

    desk.limits.cost_max = Msat::new(4_999);
    let quote = desk.quote(&request, Mode::DryRun).await.unwrap();
    let refusal = quote.price.unwrap().refusal.unwrap();
    assert!(matches!(refusal, Refusal::TooExpensive { .. }), "{refusal}");

    let quote = desk.quote(&get_request(&server.url("/free")), Mode::DryRun).await.unwrap();
    assert!(quote.price.is_none());
    let other = desk.quote(&get_request(&server.url("/x402")), Mode::DryRun).await.unwrap_err();
    assert!(matches!(other, BuyError::NoUsableChallenge { .. }), "{other}");
    assert_eq!(desk.wallet.pay_calls(), 0);
    assert!(desk.states().is_empty());
}

#[tokio::test]
async fn whoever_does_not_want_to_pay_needs_no_wallet() {
    let desk = Desk::new();
    let server = shop(&desk, TokenKind::OneShot).await;
    let request = get_request(&server.url("/x"));
    desk.wallet.set(Fault::Gone);
    let quote = desk.quote(&request, Mode::NoPay).await.unwrap();
    assert_eq!(quote.price.unwrap().refusal, None);
    for mode in [Mode::DryRun, Mode::Pay] {
        let error = desk.run(&request, mode).await.unwrap_err();
        assert_eq!(error.code(), "wallet_unreachable", "{mode:?}: {error}");
    }
    assert!(desk.states().is_empty());
}

#[tokio::test]
async fn a_dry_run_counts_a_cached_token_and_drops_none() {
    let desk = Desk::new();
    let server = shop(&desk, TokenKind::TimeBounded).await;
    let request = get_request(&server.url("/x"));
    desk.answer(&request, Mode::Pay).await.unwrap();
    let quote = desk.quote(&request, Mode::DryRun).await.unwrap();
    assert!(quote.has_cached_token && quote.price.is_none());
    desk.records().execute("UPDATE token SET token = 'AGI='", ()).unwrap();
    let quote = desk.quote(&request, Mode::DryRun).await.unwrap();
    assert!(quote.has_cached_token && quote.price.is_some());
    assert_eq!(desk.token_count(), 1);
}

#[tokio::test]
async fn a_dry_run_does_not_use_up_what_was_paid_for() {
    let desk = Desk::new();
    let server = shop(&desk, TokenKind::OneShot).await;
    let request = get_request(&server.url("/x"));
    desk.wallet.set(Fault::Holds);
    desk.answer(&request, Mode::Pay).await.unwrap_err();
    let sent = server.seen().len();
    let quote = desk.quote(&request, Mode::DryRun).await.unwrap();
    assert_eq!(quote.unfinished, Some(PurchaseState::Intended));
    assert_eq!(quote.price.unwrap().charge, Some(Charge::Lightning(Msat::new(5_000))));
    assert_eq!(server.seen().len(), sent);
}

#[tokio::test]
async fn no_pay_never_pays_and_hands_over_the_402() {
    let desk = Desk::new();
    let server = shop(&desk, TokenKind::OneShot).await;
    let (outcome, body) = desk.run(&get_request(&server.url("/x")), Mode::NoPay).await.unwrap();
    let farebox_buyer::Outcome::Quoted(quote) = outcome else { panic!("{outcome:?}") };
    assert_eq!(quote.price.unwrap().charge, Some(Charge::Lightning(Msat::new(5_000))));
    assert_eq!(quote.status.unwrap().as_u16(), 402);
    assert!(String::from_utf8(body).unwrap().contains("payment_required"));
    let free = desk.answer(&get_request(&server.url("/free")), Mode::NoPay).await.unwrap();
    assert_eq!(free.1, "free");
    let other = desk.answer(&get_request(&server.url("/x402")), Mode::NoPay).await.unwrap();
    assert_eq!(other.0.status.as_u16(), 402);
    assert_eq!(desk.wallet.pay_calls(), 0);
    assert!(desk.states().is_empty());
}
