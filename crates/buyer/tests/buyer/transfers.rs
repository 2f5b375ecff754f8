//! Payments in tokens: x402 of both versions, against sellers of every kind.

use crate::support::server::{Reply, Server};
use crate::support::token_shop::{self as shop, Chain, asks_v1, refuse, requirements, verified};
use crate::support::{Desk, get_request};
use farebox_buyer::{BuyError, Charge, Mode, PaymentId};
use farebox_money::MicroUsd;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

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
}
