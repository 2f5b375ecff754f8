//! Payments in tokens: x402 of both versions, against sellers that misbehave on command.

use crate::support::server::{Reply, Seen, Server};
use crate::support::token_shop::{
    self as shop, Chain, asks_v1, asks_v2, payment_header, receipt, refuse, requirements, verified,
};
use crate::support::{Desk, get_request};
use farebox_buyer::{Answer, BuyError, Charge, Mode, PaymentId};
use farebox_money::MicroUsd;
use farebox_wire::evm::TransferAuthorization;
use serde_json::json;
use std::collections::HashSet;
use std::sync::Mutex;

/// A seller whose answer to the `n`th payment is `reply`; before that it asks for a cent. It says
/// nothing of what it settles: that is for `reply`.
async fn seller(
    reply: impl Fn(usize, &TransferAuthorization) -> Reply + Send + Sync + 'static,
) -> Server {
    let shown = Mutex::new(0);
    Server::start(move |seen| {
        let asked = requirements();
        let Some(authorization) = verified(seen, &asked) else { return asks_v2(&[asked]) };
        let mut shown = shown.lock().unwrap();
        *shown += 1;
        reply(*shown, &authorization)
    })
    .await
}

fn sold(authorization: &TransferAuthorization) -> Reply {
    Reply::ok("sold").header("payment-response", receipt(authorization).to_header())
}

/// Every different payment that a seller was shown.
fn payments(server: &Server) -> HashSet<String> {
    server.seen().iter().filter_map(payment_header).map(str::to_owned).collect()
}

/// How often a seller was shown a payment.
fn shown(server: &Server) -> usize {
    server.seen().iter().filter_map(payment_header).count()
}

#[tokio::test]
async fn a_seller_of_version_2_is_paid_once_and_its_receipt_kept() {
    let (desk, chain) = (Desk::with_tokens(), Chain::default());
    let till = chain.clone();
    let server = Server::start(move |seen| shop::sell(seen, &till)).await;
    let (answer, body) = desk.get(&server.url("/x")).await.unwrap();
    assert_eq!(body, "sold");
    let payment = answer.payment.unwrap();
    let charge = Charge::Token {
        asset: "usdc@eip155:84532".into(),
        units: 10_000,
        worth: Some(MicroUsd::new(10_000)),
    };
    assert_eq!((payment.charge, payment.scheme, payment.resumed), (charge, "x402", false));
    let transaction = format!("0x{}", "ab".repeat(32));
    assert_eq!(payment.transaction.as_deref(), Some(transaction.as_str()));
    assert!(matches!(payment.payment, PaymentId::Authorization(_)));
    assert_eq!((chain.count(), chain.total()), (1, 10_000));
    assert_eq!((desk.transfers(), desk.spends()), (vec!["delivered".into()], vec!["spent".into()]));
    assert_eq!(desk.recorder.warnings(), [""; 0]);
    let header = server.seen()[0].header("accept-payment").map(str::to_owned);
    assert_eq!(header.as_deref(), Some("evm/charge"));
    let kept: String = desk
        .records()
        .query_row("SELECT entry FROM receipt WHERE event = 'paid'", [], |row| row.get(0))
        .unwrap();
    assert!(kept.contains(&transaction), "{kept}");
    desk.get(&server.url("/x")).await.unwrap();
    assert_eq!(chain.count(), 2, "what was delivered is bought anew");
}

#[tokio::test]
async fn a_seller_of_version_1_is_paid_in_its_own_header() {
    let (desk, chain) = (Desk::with_tokens(), Chain::default());
    let till = chain.clone();
    let server = Server::start(move |seen| {
        let asked = requirements();
        let Some(paid) = verified(seen, &asked) else { return asks_v1(&[asked]) };
        assert!(seen.header("x-payment").is_some());
        till.settle(paid);
        let mut receipt = receipt(&paid);
        receipt.network = "base-sepolia".into();
        Reply::ok("sold").header("x-payment-response", receipt.to_header())
    });
    let server = server.await;
    assert_eq!(desk.get(&server.url("/x")).await.unwrap().1, "sold");
    assert_eq!((chain.count(), desk.recorder.warnings().len()), (1, 0));
}

#[tokio::test]
async fn the_same_payment_is_shown_again_after_whatever_is_no_answer() {
    let lost = Reply::none();
    let busy = |status| Reply::new(status, "later");
    for (name, first) in [
        ("lost", lost),
        ("cut off", Reply::ok("sold and more").cut_at(3)),
        ("500", busy(500)),
        ("502", busy(502)),
        ("503", busy(503).header("retry-after", "0")),
        ("409", busy(409)),
        ("425", busy(425)),
        ("pending", refuse("settlement_pending")),
        ("no reason", asks_v2(&[requirements()])),
        ("another price", asks_v2(&[with("amount", json!("1"))])),
    ] {
        let (desk, chain) = (Desk::with_tokens(), Chain::default());
        let till = chain.clone();
        let server = seller(move |nth, paid| {
            till.settle(*paid);
            if nth == 1 { first.clone() } else { sold(paid) }
        });
        let server = server.await;
        let (_, body) = desk.get(&server.url("/x")).await.unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(body, "sold", "{name}");
        assert_eq!((shown(&server), payments(&server).len()), (2, 1), "{name}");
        assert_eq!((chain.count(), desk.transfers()), (1, vec!["delivered".into()]), "{name}");
    }
}

fn with(field: &str, value: serde_json::Value) -> serde_json::Value {
    let mut changed = requirements();
    changed[field] = value;
    changed
}

#[tokio::test]
async fn a_refused_payment_ends_the_run_and_stays_reserved_and_the_next_run_shows_it_again() {
    let desk = Desk::with_tokens();
    let server = seller(|nth, paid| match nth {
        1 | 2 => refuse("insufficient_funds"),
        _ => sold(paid),
    });
    let server = server.await;
    for run in 1..=2 {
        let error = desk.get(&server.url("/x")).await.unwrap_err();
        assert!(matches!(error, BuyError::TransferRefused { .. }), "{error}");
        assert_eq!((error.exit_code(), error.code()), (3, "payment_refused"));
        assert!(error.to_string().contains("insufficient_funds"), "{error}");
        assert!(error.to_string().contains("can still be taken until"), "{error}");
        assert_eq!(shown(&server), run);
        assert_eq!(
            (desk.transfers(), desk.spends()),
            (vec!["signed".into()], vec!["reserved".into()])
        );
    }
    let (answer, _) = desk.get(&server.url("/x")).await.unwrap();
    assert!(answer.payment.unwrap().resumed);
    assert_eq!(payments(&server).len(), 1);
    assert_eq!(desk.spends(), ["spent"]);
}

#[tokio::test]
async fn no_other_rail_is_tried_once_a_payment_was_shown() {
    let desk = Desk::with_tokens();
    let asked = [requirements(), with("amount", json!("20000"))];
    let server = Server::start(move |seen| match payment_header(seen) {
        Some(_) => refuse("invalid_exact_evm_payload_signature"),
        None => asks_v2(&asked),
    });
    let server = server.await;
    desk.get(&server.url("/x")).await.unwrap_err();
    assert_eq!((shown(&server), desk.transfers().len()), (1, 1));
}

#[tokio::test]
async fn a_payment_that_its_seller_says_was_used_is_never_replaced_by_itself() {
    let (desk, chain) = (Desk::with_tokens(), Chain::default());
    let till = chain.clone();
    let server = seller(move |_, paid| {
        if till.settle(*paid) {
            Reply::none()
        } else {
            refuse("invalid_exact_evm_nonce_already_used")
        }
    });
    let server = server.await;
    for _ in 0..2 {
        let error = desk.get(&server.url("/x")).await.unwrap_err();
        assert!(matches!(error, BuyError::TransferRefused { .. }), "{error}");
        assert!(error.to_string().contains("the money has moved"), "{error}");
        assert_eq!(
            (desk.transfers(), desk.spends()),
            (vec!["settled".into()], vec!["spent".into()])
        );
        expire(&desk);
    }
    assert_eq!((chain.count(), payments(&server).len()), (1, 1));
    let again = desk.answer(&get_request(&server.url("/x")), Mode::BuyAgain).await;
    again.unwrap_err();
    assert_eq!((chain.count(), desk.transfers()[0].as_str()), (2, "abandoned"));
}

#[tokio::test]
async fn an_error_of_the_request_itself_ends_the_run() {
    let desk = Desk::with_tokens();
    let server = seller(|_, _| Reply::new(404, r#"{"error":"no such city"}"#)).await;
    let error = desk.get(&server.url("/x")).await.unwrap_err();
    assert!(matches!(error, BuyError::TransferNotDelivered { status: 404, .. }), "{error}");
    assert_eq!((error.exit_code(), shown(&server)), (5, 1));
    assert_eq!(desk.spends(), ["reserved"]);
}

#[tokio::test]
async fn a_seller_that_fails_for_good_is_left_after_a_few_attempts() {
    let desk = Desk::with_tokens();
    let server = seller(|_, _| Reply::new(500, "oops")).await;
    let error = desk.get(&server.url("/x")).await.unwrap_err();
    assert_eq!((error.exit_code(), error.code()), (5, "payment_not_delivered"), "{error}");
    assert_eq!((shown(&server), payments(&server).len()), (3, 1));
}

/// Whether a run ended with this answer, and what it warned of.
async fn warned(change: fn(&mut farebox_wire::x402::SettleResponse)) -> (Answer, Vec<String>) {
    let desk = Desk::with_tokens();
    let server = seller(move |_, paid| {
        let mut lies = receipt(paid);
        change(&mut lies);
        Reply::ok("sold").header("payment-response", lies.to_header())
    });
    let server = server.await;
    let (answer, _) = desk.get(&server.url("/x")).await.unwrap();
    (answer, desk.recorder.warnings())
}

#[tokio::test]
async fn a_receipt_that_lies_is_warned_of() {
    type Change = fn(&mut farebox_wire::x402::SettleResponse);
    let cases: [(&str, Change); 5] = [
        ("network eip155:1", |receipt| receipt.network = "eip155:1".into()),
        ("payer 0x209693", |receipt| receipt.payer = Some(shop::PAYEE.into())),
        ("amount 9", |receipt| receipt.amount = Some("9".into())),
        ("no transaction", |receipt| receipt.transaction.clear()),
        ("network nonsense", |receipt| receipt.network = "nonsense".into()),
    ];
    for (expected, change) in cases {
        let (_, warnings) = warned(change).await;
        assert_eq!(warnings.len(), 1, "{expected}: {warnings:?}");
        assert!(warnings[0].contains(expected), "{expected}: {warnings:?}");
    }
    let desk = Desk::with_tokens();
    let server = seller(|_, _| Reply::ok("sold").header("payment-response", "nonsense")).await;
    desk.get(&server.url("/x")).await.unwrap();
    assert_eq!(desk.recorder.warnings(), ["the seller's receipt cannot be read"]);
}

/// Makes the last signature one that ended long ago.
fn expire(desk: &Desk) {
    desk.records().execute("UPDATE transfer SET valid_before = 1000", []).unwrap();
}

#[tokio::test]
async fn without_a_node_an_expired_payment_that_is_refused_counts_as_spent_and_is_replaced() {
    let desk = Desk::with_tokens();
    let server = seller(|nth, paid| match nth {
        1 | 2 => refuse("invalid_exact_evm_payload_authorization_valid_before"),
        _ => sold(paid),
    });
    let server = server.await;
    desk.get(&server.url("/x")).await.unwrap_err();
    expire(&desk);
    let (answer, _) = desk.get(&server.url("/x")).await.unwrap();
    assert!(!answer.payment.unwrap().resumed);
    assert_eq!(payments(&server).len(), 2);
    assert_eq!(desk.transfers(), ["abandoned", "delivered"]);
    assert_eq!(desk.spends(), ["spent", "spent"]);
}

#[tokio::test]
async fn an_expired_payment_whose_seller_cannot_be_reached_is_not_replaced() {
    let desk = Desk::with_tokens();
    let server = seller(|nth, paid| if nth == 1 { refuse("x") } else { sold(paid) }).await;
    let server_url = server.url("/x");
    desk.get(&server_url).await.unwrap();
    let gone = seller(|_, _| Reply::none()).await;
    let url = gone.url("/x");
    desk.get(&url).await.unwrap_err();
    expire(&desk);
    let error = desk.get(&url).await.unwrap_err();
    assert!(matches!(error, BuyError::TransferAnswerLost { .. }), "{error}");
    assert_eq!((error.exit_code(), payments(&gone).len()), (4, 1));
}

/// A node whose newest block is of `time` and that says whether every nonce `is_used`.
async fn node(time: u64, is_used: bool) -> Server {
    Server::start(move |seen: &Seen| {
        let call: serde_json::Value = serde_json::from_slice(&seen.body).unwrap();
        let result = match call["method"].as_str().unwrap() {
            "eth_chainId" => json!("0x14a34"),
            "eth_getBlockByNumber" => json!({
                "number": "0x10", "hash": format!("0x{}", "00".repeat(32)),
                "timestamp": format!("{time:#x}"),
            }),
            "eth_call" => json!(format!("0x{:064x}", u8::from(is_used))),
            other => panic!("{other}"),
        };
        let answer = json!({"jsonrpc": "2.0", "id": call["id"], "result": result});
        Reply::ok(answer.to_string()).header("content-type", "application/json")
    })
    .await
}

#[tokio::test]
async fn with_a_node_only_the_chain_decides_whether_a_payment_is_dead() {
    let late = shop::now_s() + 1_000;
    for (name, time, is_used, expected) in [
        ("unused and past", late, false, &["dead", "delivered"][..]),
        ("unused, but the node is behind", 1_010, false, &["signed"]),
        ("used", late, true, &["settled"]),
    ] {
        let desk = Desk::with_tokens();
        // A dead payment is not shown again, so that the second one is another.
        let refusals = if expected[0] == "dead" { 1 } else { 2 };
        let refuses = move |nth| nth <= refusals;
        let server = seller(move |nth, paid| match refuses(nth) {
            true => refuse("insufficient_funds"),
            false => sold(paid),
        });
        let server = server.await;
        desk.get(&server.url("/x")).await.unwrap_err();
        expire(&desk);
        let node = node(time, is_used).await;
        let ended = desk.get_with_node(&server.url("/x"), &node.origin).await;
        assert_eq!(ended.is_ok(), expected.len() == 2, "{name}: {ended:?}");
        assert_eq!(desk.transfers(), expected, "{name}");
        let spent = if expected[0] == "dead" { "released" } else { "spent" };
        let spent = if expected[0] == "signed" { "reserved" } else { spent };
        assert_eq!(desk.spends()[0], spent, "{name}");
        assert_eq!(payments(&server).len(), expected.len(), "{name}");
    }
}

#[tokio::test]
async fn with_a_node_that_does_not_answer_nothing_is_replaced() {
    let desk = Desk::with_tokens();
    let server = seller(|_, _| refuse("insufficient_funds")).await;
    desk.get(&server.url("/x")).await.unwrap_err();
    expire(&desk);
    let error = desk.get_with_node(&server.url("/x"), "http://127.0.0.1:1").await.unwrap_err();
    assert!(matches!(error, BuyError::TransferUnknown { .. }), "{error}");
    assert_eq!((error.exit_code(), payments(&server).len()), (3, 1));
    assert_eq!(desk.transfers(), ["signed"]);
}

#[tokio::test]
async fn a_dry_run_and_a_look_show_the_price_and_sign_nothing() {
    let desk = Desk::with_tokens();
    let server = seller(|_, _| panic!("a payment was shown")).await;
    let request = get_request(&server.url("/x"));
    for mode in [Mode::DryRun, Mode::NoPay] {
        let quote = desk.quote(&request, mode).await.unwrap();
        let price = quote.price.unwrap();
        assert_eq!((price.schemes, price.refusal), (vec!["x402"], None), "{mode:?}");
        assert_eq!((price.payee.as_str(), quote.offers.len()), (shop::PAYEE, 1));
    }
    assert!(desk.transfers().is_empty() && desk.spends().is_empty());
    assert_eq!(
        server.seen()[1].header("accept-payment"),
        None,
        "who does not pay asks for nothing"
    );
}
