//! Being sent on, with money and secrets at hand.

use crate::support::server::{Reply, Seen, Server};
use crate::support::shop::Shop;
use crate::support::wallet::{Draft, Fault};
use crate::support::{Desk, get_request, post_request};
use farebox_buyer::{BuyError, Mode};
use farebox_wire::l402::TokenKind;

fn to(status: u16, location: &str) -> Reply {
    Reply::new(status, "moved").header("location", location)
}

#[tokio::test]
async fn redirects_are_followed_up_to_the_limit_or_not_at_all() {
    let mut desk = Desk::new();
    let server = Server::start(|seen| match seen.path.as_str() {
        "/a" => to(302, "b"),
        "/b" => to(307, "/c"),
        "/c" => Reply::ok("here"),
        _ => to(302, "/loop"),
    });
    let server = server.await;
    desk.limits.redirects_max = 2;
    let (answer, body) = desk.get(&server.url("/a")).await.unwrap();
    assert_eq!((body.as_str(), answer.url.path()), ("here", "/c"));
    let error = desk.get(&server.url("/loop")).await.unwrap_err();
    assert!(matches!(error, BuyError::Redirect(_)), "{error}");
    assert_eq!((error.exit_code(), server.seen().len()), (1, 6));
    desk.limits.redirects_max = 0;
    let (answer, body) = desk.get(&server.url("/a")).await.unwrap();
    assert_eq!((answer.status.as_u16(), body.as_str()), (302, "moved"));
}

#[tokio::test]
async fn secrets_of_the_user_do_not_go_to_another_origin() {
    let desk = Desk::new();
    let other = Server::start(|_| Reply::ok("there")).await;
    let location = other.url("/there");
    let server = Server::start(move |_| to(307, &location)).await;
    let mut request = post_request(&server.url("/x"), "body");
    for (name, value) in [
        ("Authorization", "Bearer secret"),
        ("Cookie", "secret"),
        ("X-Api-Key", "secret"),
        ("X-Token", "secret"),
        ("Accept", "text/plain"),
        ("Content-Type", "text/plain"),
    ] {
        request = request.with_header(name, value).unwrap();
    }
    desk.answer(&request, Mode::Pay).await.unwrap();
    let seen = other.seen().remove(0);
    assert!(!format!("{:?}", seen.headers).contains("secret"), "{:?}", seen.headers);
    assert_eq!(seen.header("accept"), Some("text/plain"));
    assert_eq!(seen.body, b"body");
}

#[tokio::test]
async fn a_purchase_at_another_origin_is_paid_redeemed_and_resumed_there() {
    let desk = Desk::new();
    let shop = Shop::new(&desk.wallet, TokenKind::OneShot, Draft::sats(5));
    let other = Server::start(move |seen| shop.sell(seen, "sold")).await;
    let location = other.url("/there");
    let server = Server::start(move |_| to(303, &location)).await;
    let request = post_request(&server.url("/x"), "body").with_header("X-Token", "secret").unwrap();
    desk.wallet.set(Fault::Holds);
    desk.answer(&request, Mode::Pay).await.unwrap_err();
    desk.wallet.set(Fault::None);
    let (answer, body) = desk.answer(&request, Mode::Pay).await.unwrap();
    assert_eq!((body.as_str(), answer.url.as_str()), ("sold", other.url("/there").as_str()));
    assert_eq!(desk.wallet.payments().len(), 1);
    assert_eq!((server.seen().len(), server.proofs(), other.proofs()), (1, 0, 1));
    for seen in other.seen() {
        assert_eq!((seen.method.as_str(), seen.body.len()), ("GET", 0));
        assert_eq!(seen.header("x-token"), None);
    }
}

#[tokio::test]
async fn a_proof_of_payment_stays_at_its_origin() {
    let desk = Desk::new();
    let other = Server::start(|_| Reply::ok("the file")).await;
    let shop = Shop::new(&desk.wallet, TokenKind::OneShot, Draft::sats(5));
    let location = other.url("/file");
    let sell = move |seen: &Seen| match (seen.path.as_str(), shop.proof(seen)) {
        (_, None) => shop.challenge(seen),
        (_, Some(_)) => to(302, &location),
    };
    let server = Server::start(sell).await;
    assert_eq!(desk.get(&server.url("/x")).await.unwrap().1, "the file");
    assert_eq!((server.proofs(), other.proofs()), (1, 0));
    assert_eq!(desk.states(), ["delivered"]);
}

#[tokio::test]
async fn an_address_that_is_sent_on_and_asks_again_after_payment_is_not_paid_again() {
    let desk = Desk::new();
    let shop = Shop::new(&desk.wallet, TokenKind::OneShot, Draft::sats(5));
    let greedy = shop.clone();
    let other = Server::start(move |seen| greedy.challenge(seen)).await;
    let location = other.url("/more");
    let server = Server::start(move |seen| match shop.proof(seen) {
        Some(_) => to(302, &location),
        None => shop.challenge(seen),
    });
    let server = server.await;
    let error = desk.answer(&get_request(&server.url("/x")), Mode::Pay).await.unwrap_err();
    assert!(matches!(error, BuyError::PaidButRefused { status: 402, .. }), "{error}");
    assert_eq!(desk.wallet.payments().len(), 1);
}
