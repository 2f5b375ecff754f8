//! Which of several offers is paid.

use crate::support::server::{Reply, Seen, Server};
use crate::support::shop::Shop;
use crate::support::token_shop::{asks_v2, payment_header, requirements};
use crate::support::wallet::Draft;
use crate::support::{Desk, TOKEN_POLICY, evm_wallet, get_request, open};
use farebox_buyer::{BuyError, Mode, Rail};
use farebox_wire::l402::TokenKind;
use serde_json::json;
use std::sync::Arc;

/// A desk with both wallets.
fn rich() -> Desk {
    let mut desk = Desk::new();
    let wallet = Arc::new(desk.wallet.clone());
    let buyer = open(desk.folder.path(), Some(("test", wallet))).with_evm(evm_wallet());
    desk.buyer = buyer.with_policy(TOKEN_POLICY.parse().unwrap());
    desk
}

/// Asks for `sats` over L402 or for `units` of USDC.
async fn seller(desk: &Desk, sats: u64, units: u64) -> Server {
    let shop = Shop::new(&desk.wallet, TokenKind::OneShot, Draft::sats(sats));
    let mut asked = requirements();
    asked["amount"] = json!(units.to_string());
    let serve = move |seen: &Seen| {
        if payment_header(seen).is_some() || shop.proof(seen).is_some() {
            return Reply::ok("sold");
        }
        let mut reply = shop.challenge(seen);
        reply.headers.extend(asks_v2(std::slice::from_ref(&asked)).headers);
        reply
    };
    Server::start(serve).await
}

async fn paid_by(desk: &Desk, server: &Server) -> Rail {
    desk.get(&server.url("/x")).await.unwrap().0.payment.unwrap().rail
}

#[tokio::test]
async fn the_cheapest_is_paid_whatever_its_money() {
    // A sat is a tenth of a cent at the policy's rate.
    for (sats, units, expected) in
        [(9, 10_000, Rail::L402), (11, 10_000, Rail::X402), (10, 10_000, Rail::L402)]
    {
        let desk = rich();
        let server = seller(&desk, sats, units).await;
        assert_eq!(paid_by(&desk, &server).await, expected, "{sats} sats or {units} units");
        let header = server.seen()[0].header("accept-payment").map(str::to_owned);
        assert_eq!(header.as_deref(), Some("lightning/charge, evm/charge"));
    }
}

#[tokio::test]
async fn what_its_user_prefers_is_paid_and_what_its_user_excludes_is_not() {
    let mut desk = rich();
    let server = seller(&desk, 9, 10_000).await;
    desk.limits.prefer = Some(Rail::X402);
    assert_eq!(paid_by(&desk, &server).await, Rail::X402);
    desk.limits.prefer = None;
    desk.limits.only = Some(Rail::X402);
    assert_eq!(paid_by(&desk, &server).await, Rail::X402);
    desk.limits.only = Some(Rail::Mpp);
    let error = desk.get(&server.url("/x")).await.unwrap_err();
    assert!(matches!(error, BuyError::NotOffered { .. }), "{error}");
    assert_eq!((error.exit_code(), desk.transfers().len()), (3, 2));
}

#[tokio::test]
async fn what_cannot_be_paid_is_passed_over_before_anything_is_shown() {
    // Too dear in sats, and forbidden in tokens.
    let mut desk = rich();
    let server = seller(&desk, 2_000, 30_000_000).await;
    let error = desk.get(&server.url("/x")).await.unwrap_err();
    assert_eq!(error.exit_code(), 2, "{error}");
    let server = seller(&desk, 2_000, 1_500_000).await;
    desk.limits.cost_max = farebox_money::Msat::new(3_000_000);
    desk.limits.cost_max_usd = None;
    assert_eq!(desk.get(&server.url("/x")).await.unwrap_err().exit_code(), 2);
    let server = seller(&desk, 2_000, 900_000).await;
    assert_eq!(paid_by(&desk, &server).await, Rail::X402);
    let server = seller(&desk, 500, 2_500_000).await;
    assert_eq!(paid_by(&desk, &server).await, Rail::L402);
}

#[tokio::test]
async fn without_a_wallet_for_it_an_offer_is_passed_over() {
    let desk = Desk::with_tokens();
    let till = Desk::new();
    let server = seller(&till, 1, 10_000).await;
    assert_eq!(paid_by(&desk, &server).await, Rail::X402);
    let server = seller(&till, 900, 1).await;
    assert_eq!(paid_by(&till, &server).await, Rail::L402);
}

#[tokio::test]
async fn a_dry_run_shows_every_offer_and_what_is_wrong_with_it() {
    let desk = rich();
    let server = seller(&desk, 2_000, 10_000).await;
    let quote = desk.quote(&get_request(&server.url("/x")), Mode::DryRun).await.unwrap();
    assert_eq!(quote.price.unwrap().rail, Rail::X402);
    let offers: Vec<_> =
        quote.offers.iter().map(|price| (price.rail, price.refusal.is_some())).collect();
    assert_eq!(offers, [(Rail::X402, false), (Rail::L402, true)]);
}
