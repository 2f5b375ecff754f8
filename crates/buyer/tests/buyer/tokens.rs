//! Tokens that are good for more than one request, and those that are not.

use crate::support::server::{Reply, Seen, Server};
use crate::support::shop::{Shop, path_of};
use crate::support::wallet::Draft;
use crate::support::{Desk, get_request, post_request};
use farebox_buyer::Mode;
use farebox_wire::l402::TokenKind;
use std::collections::HashSet;
use std::sync::Mutex;

#[tokio::test]
async fn a_time_bounded_token_is_used_where_it_is_good_and_nowhere_else() {
    let desk = Desk::new();
    let shop = Shop::new(&desk.wallet, TokenKind::TimeBounded, Draft::sats(5));
    let server = Server::start(move |seen| shop.sell(seen, "sold")).await;
    for _ in 0..3 {
        desk.get(&server.url("/x?page=1")).await.unwrap();
        desk.get(&server.url("/x?page=2")).await.unwrap();
    }
    assert_eq!(desk.wallet.payments().len(), 1);
    desk.get(&server.url("/y")).await.unwrap();
    desk.answer(&post_request(&server.url("/x"), "a"), Mode::Pay).await.unwrap();
    assert_eq!(desk.wallet.payments().len(), 3);
    assert_eq!(desk.recorder.count("TokenRefused"), 0, "no token was shown where it is no good");
}

#[tokio::test]
async fn an_expired_token_is_not_shown() {
    let desk = Desk::new();
    let shop = Shop::new(&desk.wallet, TokenKind::TimeBounded, Draft::sats(5));
    let server = Server::start(move |seen| shop.sell(seen, "sold")).await;
    desk.get(&server.url("/x")).await.unwrap();
    desk.records().execute("UPDATE token SET expires_at = 1", ()).unwrap();
    desk.get(&server.url("/x")).await.unwrap();
    assert_eq!(desk.wallet.payments().len(), 2);
    assert_eq!(desk.recorder.count("TokenRefused"), 0);
}

#[tokio::test]
async fn a_one_shot_token_is_not_kept() {
    let desk = Desk::new();
    let shop = Shop::new(&desk.wallet, TokenKind::OneShot, Draft::sats(5));
    let server = Server::start(move |seen| shop.sell(seen, "sold")).await;
    desk.get(&server.url("/x")).await.unwrap();
    assert_eq!(desk.token_count(), 0);
    desk.get(&server.url("/x")).await.unwrap();
    assert_eq!(desk.wallet.payments().len(), 2, "each get is a purchase");
}

/// A seller that finds nothing under `?bad` and does not charge for that.
fn picky(shop: Shop) -> impl Fn(&Seen) -> Reply {
    move |seen| match seen.path.ends_with("?bad") && seen.header("authorization").is_some() {
        true => Reply::new(404, "no such thing").header("x-payment-state", "unspent; use it again"),
        false => shop.sell(seen, "sold"),
    }
}

#[tokio::test]
async fn what_a_seller_did_not_charge_for_pays_for_the_next_request() {
    let desk = Desk::new();
    let shop = Shop::new(&desk.wallet, TokenKind::OneShot, Draft::sats(5));
    let server = Server::start(picky(shop)).await;
    for _ in 0..2 {
        let (answer, body) = desk.get(&server.url("/x?bad")).await.unwrap();
        assert_eq!((answer.status.as_u16(), body.as_str()), (404, "no such thing"));
        assert_eq!(desk.states(), ["credit"]);
    }
    assert!(desk.recorder.warnings().iter().any(|text| text.contains("5 sats stay good")));
    let quote = desk.quote(&get_request(&server.url("/x?good")), Mode::DryRun).await.unwrap();
    assert!(quote.price.is_none(), "nothing more would be paid");
    let (_, body) = desk.get(&server.url("/x?good")).await.unwrap();
    assert_eq!(body, "sold");
    assert_eq!(desk.states(), ["delivered"]);
    assert_eq!(desk.wallet.payments().len(), 1);
    desk.get(&server.url("/x?good")).await.unwrap();
    assert_eq!(desk.wallet.payments().len(), 2, "credit is spent once");
}

#[tokio::test]
async fn a_redirection_that_used_nothing_up_leaves_its_payment() {
    let desk = Desk::new();
    let shop = Shop::new(&desk.wallet, TokenKind::OneShot, Draft::sats(5));
    let server = Server::start(move |seen| match seen.header("authorization").is_some() {
        true => Reply::new(304, "").header("x-payment-state", "unspent; use it again"),
        false => shop.sell(seen, "sold"),
    });
    let (answer, _) = desk.get(&server.await.url("/x")).await.unwrap();
    assert_eq!(answer.status.as_u16(), 304);
    assert_eq!(desk.states(), ["credit"]);
}

#[tokio::test]
async fn credit_of_one_origin_is_never_shown_at_another() {
    let desk = Desk::new();
    let shop = Shop::new(&desk.wallet, TokenKind::OneShot, Draft::sats(5));
    let one = Server::start(picky(shop.clone())).await;
    let other = Server::start(picky(shop)).await;
    desk.get(&one.url("/x?bad")).await.unwrap();
    desk.get(&other.url("/x")).await.unwrap();
    assert_eq!(desk.wallet.payments().len(), 2);
    assert_eq!(other.proofs(), 1, "only the proof that was bought there");
}

#[tokio::test]
async fn credit_is_for_its_own_path_only() {
    let desk = Desk::new();
    let shop = Shop::new(&desk.wallet, TokenKind::OneShot, Draft::sats(5));
    let server = Server::start(picky(shop)).await;
    desk.get(&server.url("/x?bad")).await.unwrap();
    desk.get(&server.url("/y")).await.unwrap();
    desk.answer(&post_request(&server.url("/x"), "a"), Mode::Pay).await.unwrap();
    assert_eq!(desk.wallet.payments().len(), 3);
    desk.get(&server.url("/x")).await.unwrap();
    assert_eq!(desk.wallet.payments().len(), 3);
}

#[tokio::test]
async fn a_time_bounded_token_outlives_an_error() {
    let desk = Desk::new();
    let shop = Shop::new(&desk.wallet, TokenKind::TimeBounded, Draft::sats(5));
    let server = Server::start(picky(shop)).await;
    let (answer, _) = desk.get(&server.url("/x?bad")).await.unwrap();
    assert_eq!(answer.status.as_u16(), 404);
    desk.get(&server.url("/x?good")).await.unwrap();
    assert_eq!(desk.wallet.payments().len(), 1);
}

#[tokio::test]
async fn a_token_of_unknown_scope_is_tried_at_its_whole_origin() {
    let desk = Desk::new();
    let shop = Shop::opaque(&desk.wallet, Draft::sats(5));
    let server = Server::start(move |seen| shop.sell(seen, "sold")).await;
    desk.get(&server.url("/x")).await.unwrap();
    desk.get(&server.url("/y?z")).await.unwrap();
    desk.answer(&post_request(&server.url("/x"), "a"), Mode::Pay).await.unwrap();
    assert_eq!(desk.wallet.payments().len(), 1);
    let other = Server::start(|_| Reply::ok("free")).await;
    desk.get(&other.url("/x")).await.unwrap();
    assert_eq!(other.proofs(), 0, "a token left its origin");
}

/// Tokens that are good for the path that they were bought for, and do not say so.
async fn shop_per_path(desk: &Desk) -> Server {
    let shop = Shop::opaque(&desk.wallet, Draft::sats(5));
    let sold = Mutex::new(HashSet::new());
    let serve = move |seen: &Seen| {
        let mut sold = sold.lock().unwrap();
        if let Some(hash) = shop.proof(seen)
            && sold.contains(&(hash, path_of(seen).to_owned()))
        {
            return Reply::ok("sold");
        }
        let (token, invoice, hash) = shop.mint(seen);
        sold.insert((hash, path_of(seen).to_owned()));
        let challenge = farebox_wire::l402::challenge_header(&token, &invoice);
        Reply::new(402, "").header("www-authenticate", challenge)
    };
    Server::start(serve).await
}

#[tokio::test]
async fn an_origin_that_sells_per_path_is_understood_after_one_refusal() {
    let desk = Desk::new();
    let server = shop_per_path(&desk).await;
    desk.get(&server.url("/a")).await.unwrap();
    desk.get(&server.url("/b")).await.unwrap();
    assert_eq!(desk.recorder.count("TokenRefused"), 1);
    for path in ["/a", "/b", "/c", "/a", "/c", "/b"] {
        desk.get(&server.url(path)).await.unwrap();
    }
    assert_eq!(desk.wallet.payments().len(), 3, "one token each");
    assert_eq!(desk.recorder.count("TokenRefused"), 1);
}

#[tokio::test]
async fn a_token_that_is_refused_where_it_was_bought_is_dropped_and_bought_anew() {
    for status in [402, 401] {
        let desk = Desk::new();
        let shop = Shop::opaque(&desk.wallet, Draft::sats(5));
        let spent = Mutex::new(HashSet::new());
        let serve = move |seen: &Seen| {
            // Each token is good once, which it does not say.
            match shop.proof(seen) {
                Some(hash) if spent.lock().unwrap().insert(hash) => Reply::ok("sold"),
                Some(_) if status == 401 => Reply::new(401, "").header("www-authenticate", "L402"),
                _ => shop.challenge(seen),
            }
        };
        let server = Server::start(serve).await;
        desk.get(&server.url("/x")).await.unwrap();
        assert_eq!(desk.get(&server.url("/x")).await.unwrap().1, "sold", "{status}");
        assert_eq!((desk.wallet.payments().len(), desk.token_count()), (2, 1));
        assert_eq!(desk.recorder.count("TokenRefused"), 1);
    }
}

#[tokio::test]
async fn a_users_own_authorization_comes_before_a_cached_token() {
    let desk = Desk::new();
    let shop = Shop::opaque(&desk.wallet, Draft::sats(5));
    let server = Server::start(move |seen| match seen.header("authorization") {
        Some("Bearer mine") => Reply::ok("mine"),
        _ => shop.sell(seen, "sold"),
    });
    let server = server.await;
    desk.get(&server.url("/x")).await.unwrap();
    let request = get_request(&server.url("/x")).with_header("Authorization", "Bearer mine");
    assert_eq!(desk.answer(&request.unwrap(), Mode::Pay).await.unwrap().1, "mine");
}

#[tokio::test]
async fn a_proof_of_payment_takes_the_place_of_the_users_own_authorization_with_a_word() {
    let desk = Desk::new();
    let shop = Shop::new(&desk.wallet, TokenKind::OneShot, Draft::sats(5));
    let server = Server::start(move |seen| shop.sell(seen, "sold")).await;
    let request = get_request(&server.url("/x")).with_header("Authorization", "Bearer mine");
    assert_eq!(desk.answer(&request.unwrap(), Mode::Pay).await.unwrap().1, "sold");
    assert!(desk.recorder.warnings()[0].contains("takes the place"));
    let values = server.seen()[1].headers.clone().into_iter();
    let values = values.filter(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    assert_eq!(values.count(), 1);
}
