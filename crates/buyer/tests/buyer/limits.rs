//! What may be spent.

use crate::support::server::Server;
use crate::support::shop::Shop;
use crate::support::wallet::{Draft, TestWallet};
use crate::support::{Desk, get_request};
use farebox_buyer::{BuyError, Mode, Refusal};
use farebox_money::Msat;
use farebox_wire::l402::TokenKind;

async fn shop(wallet: &TestWallet, price: Draft) -> Server {
    let shop = Shop::new(wallet, TokenKind::OneShot, price);
    Server::start(move |seen| shop.sell(seen, "sold")).await
}

#[tokio::test]
async fn the_limit_is_what_the_invoice_may_ask_for() {
    let mut desk = Desk::new();
    let server = shop(&desk.wallet, Draft { amount: Some(Msat::new(5_001)), ..Draft::sats(5) });
    let server = server.await;
    desk.limits.cost_max = Msat::new(5_000);
    let error = desk.get(&server.url("/x")).await.unwrap_err();
    assert!(matches!(error, BuyError::Refused(Refusal::TooExpensive { .. })), "{error}");
    assert_eq!((error.exit_code(), error.code()), (2, "payment_too_expensive"));
    assert_eq!(
        error.to_string(),
        "it costs 5.001 sats, more than the limit of 5 sats; nothing was paid"
    );
    assert_eq!(desk.wallet.pay_calls(), 0);
    assert!(desk.states().is_empty());
    desk.limits.cost_max = Msat::new(5_001);
    desk.get(&server.url("/x")).await.unwrap();
}

#[tokio::test]
async fn a_wallet_that_takes_no_fee_limit_is_used_for_what_its_worst_fee_allows() {
    let wallet = TestWallet::with_fee(Msat::new(11_000), false);
    let mut desk = Desk::with_wallet(wallet);
    let server = shop(&desk.wallet, Draft::sats(5)).await;
    let error = desk.get(&server.url("/x")).await.unwrap_err();
    assert!(matches!(error, BuyError::Refused(Refusal::FeeTooHigh { .. })), "{error}");
    assert_eq!((error.exit_code(), error.code()), (2, "fee_too_high"));
    assert_eq!(desk.wallet.pay_calls(), 0);
    desk.limits.fee_max = Msat::new(11_000);
    let (answer, _) = desk.get(&server.url("/x")).await.unwrap();
    assert_eq!(answer.payment.unwrap().fee, Msat::new(11_000));
}

#[tokio::test]
async fn a_fee_above_the_limit_is_not_kept_secret() {
    let desk = Desk::with_wallet(TestWallet::with_fee(Msat::new(11_000), true));
    let server = shop(&desk.wallet, Draft::sats(5)).await;
    let (_, body) = desk.answer(&get_request(&server.url("/x")), Mode::Pay).await.unwrap();
    assert_eq!(body, "sold");
    let warnings = desk.recorder.warnings();
    assert_eq!(warnings, ["the wallet paid a fee of 11 sats, more than the limit of 10 sats"]);
}
