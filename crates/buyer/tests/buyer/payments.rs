//! From intent to proof: every outcome that a wallet can have, and what the next run does.

use crate::support::server::Server;
use crate::support::shop::Shop;
use crate::support::wallet::{Draft, Fault};
use crate::support::{Desk, get_request};
use farebox_buyer::{BuyError, Mode};
use farebox_money::Msat;
use farebox_wire::l402::TokenKind;

/// A desk and a shop whose one-shot answers cost 5 sats.
async fn five_sats() -> (Desk, Server) {
    let desk = Desk::new();
    let shop = Shop::new(&desk.wallet, TokenKind::OneShot, Draft::sats(5));
    let server = Server::start(move |seen| shop.sell(seen, "sold")).await;
    (desk, server)
}

#[tokio::test]
async fn steps_come_in_the_order_that_loses_no_money() {
    let (desk, server) = five_sats().await;
    desk.get(&server.url("/x")).await.unwrap();
    let expected = [
        "Requesting",
        "Answered",
        "PriceRead",
        "Challenged",
        "IntentPersisted",
        "Paying",
        "PaidUnrecorded",
        "PaidRecorded",
        "Resending",
        "Requesting",
        "Answered",
        "AnswerHead",
        "Progress",
        "Written",
        "Delivered",
    ];
    assert_eq!(desk.recorder.names(), expected);
}

#[tokio::test]
async fn a_lost_reply_is_looked_up_and_not_paid_again() {
    let (desk, server) = five_sats().await;
    desk.wallet.set(Fault::LostReply);
    assert_eq!(desk.get(&server.url("/x")).await.unwrap().1, "sold");
    assert_eq!(desk.wallet.payments().len(), 1);
    assert_eq!(desk.wallet.pay_calls(), 1);
    assert_eq!(desk.recorder.count("PaymentPending"), 1);
}

#[tokio::test]
async fn a_payment_that_stays_under_way_is_finished_by_the_next_run() {
    let (desk, server) = five_sats().await;
    desk.wallet.set(Fault::Holds);
    let error = desk.get(&server.url("/x")).await.unwrap_err();
    assert!(matches!(error, BuyError::PaymentUnderWay { .. }), "{error}");
    assert_eq!((error.exit_code(), error.code()), (3, "payment_pending"));
    assert!(error.to_string().contains("payment hash"), "{error}");
    assert!(error.hint().unwrap().contains("same command again"));
    assert_eq!(desk.states(), ["intended"]);

    let error = desk.get(&server.url("/x")).await.unwrap_err();
    assert!(matches!(error, BuyError::PaymentUnderWay { .. }), "{error}");
    assert_eq!(desk.wallet.pay_calls(), 1, "a payment under way is looked up only");

    desk.wallet.set(Fault::None);
    let (answer, body) = desk.get(&server.url("/x")).await.unwrap();
    assert_eq!(body, "sold");
    assert!(answer.payment.unwrap().resumed);
    assert_eq!((desk.wallet.payments().len(), desk.wallet.pay_calls()), (1, 1));
    assert_eq!(server.seen().len(), 2, "no second challenge was asked for");
    assert_eq!(desk.states(), ["delivered"]);
}

#[tokio::test]
async fn a_failed_payment_ends_its_purchase_and_the_next_run_buys_anew() {
    let (desk, server) = five_sats().await;
    desk.wallet.set(Fault::Fails);
    let error = desk.get(&server.url("/x")).await.unwrap_err();
    assert!(matches!(error, BuyError::PaymentFailed { .. }), "{error}");
    assert_eq!((error.exit_code(), error.code()), (3, "payment_failed"));
    assert!(error.to_string().contains("no way to the payee"), "{error}");
    desk.wallet.set(Fault::None);
    desk.get(&server.url("/x")).await.unwrap();
    assert_eq!(desk.wallet.payments().len(), 1);
    assert_eq!(desk.states(), ["failed", "delivered"]);
}

#[tokio::test]
async fn an_unreachable_wallet_costs_nothing_and_leaves_nothing_open() {
    let (desk, server) = five_sats().await;
    desk.wallet.set(Fault::Unreachable);
    let error = desk.get(&server.url("/x")).await.unwrap_err();
    assert!(matches!(error, BuyError::Wallet(_)), "{error}");
    assert_eq!((error.exit_code(), error.code()), (4, "wallet_unreachable"));
    assert_eq!(desk.states(), ["failed"]);
}

#[tokio::test]
async fn the_invoice_of_a_failed_payment_can_be_offered_again() {
    let desk = Desk::new();
    let shop = Shop::new(&desk.wallet, TokenKind::OneShot, Draft::sats(5));
    let pooled = std::sync::OnceLock::new();
    let server = Server::start(move |seen| match shop.proof(seen) {
        Some(_) => crate::support::server::Reply::ok("sold"),
        None => pooled.get_or_init(|| shop.challenge(seen)).clone(),
    });
    let server = server.await;
    desk.wallet.set(Fault::Unreachable);
    desk.get(&server.url("/x")).await.unwrap_err();
    desk.wallet.set(Fault::None);
    desk.get(&server.url("/x")).await.unwrap();
    assert_eq!(desk.wallet.payments().len(), 1);
    assert_eq!(desk.states(), ["delivered"]);
}

#[tokio::test]
async fn a_request_that_never_reached_the_wallet_is_made_again_for_the_same_invoice() {
    let (desk, server) = five_sats().await;
    desk.wallet.set(Fault::Swallowed);
    let error = desk.get(&server.url("/x")).await.unwrap_err();
    assert!(matches!(error, BuyError::PaymentUnderWay { .. }), "{error}");
    assert_eq!(desk.states(), ["intended"]);
    desk.wallet.set(Fault::None);
    desk.get(&server.url("/x")).await.unwrap();
    assert_eq!(desk.wallet.payments().len(), 1);
    assert_eq!(desk.states(), ["delivered"], "the same purchase");
}

#[tokio::test]
async fn a_payment_that_could_not_be_asked_for_again_may_still_have_been_made() {
    let (desk, server) = five_sats().await;
    desk.wallet.set(Fault::Swallowed);
    desk.get(&server.url("/x")).await.unwrap_err();
    // The wallet knows nothing of the first request yet, and takes no second one.
    desk.wallet.set(Fault::Unreachable);
    let error = desk.get(&server.url("/x")).await.unwrap_err();
    assert!(matches!(error, BuyError::PaymentUnderWay { reason: Some(_), .. }), "{error}");
    assert_eq!(desk.states(), ["intended"], "another invoice could be paid beside this one");
}

#[tokio::test]
async fn an_unreachable_wallet_says_nothing_of_an_earlier_attempt() {
    let (desk, server) = five_sats().await;
    desk.wallet.set(Fault::LostReply);
    let reachable = desk.wallet.clone();
    let breaks = tokio::spawn(async move {
        while reachable.pay_calls() == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        reachable.set(Fault::Gone);
    });
    let error = desk.get(&server.url("/x")).await.unwrap_err();
    breaks.await.unwrap();
    assert!(matches!(error, BuyError::PaymentUnderWay { reason: Some(_), .. }), "{error}");
    assert_eq!(desk.states(), ["intended"]);
    desk.wallet.set(Fault::None);
    desk.get(&server.url("/x")).await.unwrap();
    assert_eq!(desk.wallet.payments().len(), 1);
}

#[tokio::test]
async fn an_intent_whose_invoice_expired_untried_gives_way_to_a_new_purchase() {
    let (desk, server) = five_sats().await;
    desk.wallet.set(Fault::Swallowed);
    desk.get(&server.url("/x")).await.unwrap_err();
    desk.wallet.set(Fault::None);
    let expired = Draft { created_s_ago: 3_600, ..Draft::sats(5) };
    let (invoice, hash) = desk.wallet.invoice(expired);
    let sql = "UPDATE purchase SET invoice = ?1, payment_hash = ?2";
    let changed = (invoice, hash.as_bytes().to_vec());
    desk.records().execute(sql, changed).unwrap();
    desk.records().execute("UPDATE spend SET payment_key = ?1", [hash.to_string()]).unwrap();
    desk.get(&server.url("/x")).await.unwrap();
    assert_eq!(desk.states(), ["abandoned", "delivered"]);
    assert_eq!(desk.wallet.payments().len(), 1);
}

#[tokio::test]
async fn a_preimage_that_proves_nothing_is_not_shown_to_the_seller_and_not_paid_again() {
    let (desk, server) = five_sats().await;
    desk.wallet.set(Fault::Lies);
    for _ in 0..2 {
        let error = desk.get(&server.url("/x")).await.unwrap_err();
        assert!(matches!(error, BuyError::FalsePreimage { .. }), "{error}");
        assert_eq!(error.exit_code(), 3);
    }
    assert_eq!((server.proofs(), desk.wallet.pay_calls()), (0, 1));
    assert_eq!(desk.states(), ["intended"]);
}

#[tokio::test]
async fn a_purchase_behind_a_false_proof_can_be_given_up() {
    let (desk, server) = five_sats().await;
    desk.wallet.set(Fault::Lies);
    desk.get(&server.url("/x")).await.unwrap_err();
    desk.wallet.set(Fault::None);
    desk.wallet.set(Fault::Lies);
    let request = get_request(&server.url("/x"));
    let error = desk.answer(&request, Mode::BuyAgain).await.unwrap_err();
    assert!(matches!(error, BuyError::FalsePreimage { .. }), "of the new purchase: {error}");
    assert_eq!(desk.states(), ["abandoned", "intended"]);
}

#[tokio::test]
async fn the_limits_of_this_run_count_for_what_an_earlier_one_chose() {
    let (mut desk, server) = five_sats().await;
    desk.wallet.set(Fault::Swallowed);
    desk.get(&server.url("/x")).await.unwrap_err();
    desk.wallet.set(Fault::None);
    let calls = desk.wallet.pay_calls();
    desk.limits.cost_max = Msat::new(4_999);
    let error = desk.get(&server.url("/x")).await.unwrap_err();
    assert_eq!((error.exit_code(), error.code()), (2, "payment_too_expensive"), "{error}");
    assert_eq!((desk.wallet.pay_calls(), desk.wallet.payments().len()), (calls, 0));
    assert_eq!(desk.states(), ["intended"]);
    desk.limits.cost_max = Msat::new(5_000);
    assert_eq!(desk.get(&server.url("/x")).await.unwrap().1, "sold");
    assert_eq!(desk.wallet.payments().len(), 1);
}

#[tokio::test]
async fn a_payment_begun_with_one_wallet_is_not_continued_with_another() {
    let (mut desk, server) = five_sats().await;
    desk.wallet.set(Fault::Swallowed);
    desk.get(&server.url("/x")).await.unwrap_err();
    desk.wallet.set(Fault::None);
    let calls = desk.wallet.pay_calls();
    desk.buyer = desk.reopened("another");
    let error = desk.get(&server.url("/x")).await.unwrap_err();
    assert!(matches!(&error, BuyError::OtherWallet { began, .. } if began == "test"), "{error}");
    assert_eq!(desk.wallet.pay_calls(), calls);
    let (_, body) = desk.answer(&get_request(&server.url("/x")), Mode::BuyAgain).await.unwrap();
    assert_eq!(body, "sold");
    assert_eq!(desk.states(), ["abandoned", "delivered"]);
}

#[tokio::test]
async fn buying_again_does_not_give_up_a_payment_that_is_under_way() {
    let (desk, server) = five_sats().await;
    desk.wallet.set(Fault::Holds);
    desk.get(&server.url("/x")).await.unwrap_err();
    let request = get_request(&server.url("/x"));
    let error = desk.answer(&request, Mode::BuyAgain).await.unwrap_err();
    assert!(matches!(error, BuyError::PaymentUnderWay { .. }), "{error}");
    assert_eq!(desk.states(), ["intended"]);
}
