//! Transfers that the payer sent on Tempo, as a node of the chain reports them.

use crate::shop::{Answer, START};
use crate::support::stall::{REALM, challenge_of};
use crate::support::{Stall, answered};
use axum::routing::post;
use axum::{Json, Router};
use farebox_evm::{Rpc, RpcOptions};
use farebox_paywall::TempoRail;
use farebox_wire::evm::{Address, AssetId, B256, ChainId};
use farebox_wire::mpp::methods::tempo::{TempoCharge, TempoPayload};
use farebox_wire::mpp::{Challenge, Credential, Receipt, attribution::attribution_memo};
use http::{StatusCode, header};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

const TRANSFER_WITH_MEMO: &str =
    "0x57bc7354aa85aed339e000bccffabbc529466af35f0772c8f8ee1145927de7f0";

/// A node with the receipts that the test puts there; none is `null`.
#[derive(Default)]
struct Node {
    receipts: Mutex<HashMap<String, Value>>,
}

impl Node {
    async fn start(self: Arc<Self>) -> url::Url {
        let answer = move |Json(call): Json<Value>| async move {
            assert_eq!(call["method"], "eth_getTransactionReceipt");
            let hash = call["params"][0].as_str().unwrap();
            let result = self.receipts.lock().unwrap().get(hash).cloned();
            Json(json!({ "jsonrpc": "2.0", "id": call["id"], "result": result }))
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let router = Router::new().route("/", post(answer));
        tokio::spawn(async move { axum::serve(listener, router).await });
        url
    }

    fn mine(&self, number: u8, status: &str, transfers: &[Transfer]) -> B256 {
        let hash = B256::repeat_byte(number);
        let logs: Vec<_> = transfers.iter().map(|transfer| transfer.log(hash)).collect();
        let receipt = json!({
            "transactionHash": hash, "blockNumber": "0x10", "from": Address::repeat_byte(1),
            "to": token().address, "status": status, "logs": logs, "gasUsed": "0x5208",
        });
        self.receipts.lock().unwrap().insert(hash.to_string(), receipt);
        hash
    }
}

#[derive(Clone)]
struct Transfer {
    token: Address,
    to: Address,
    units: u64,
    memo: B256,
    index: u64,
}

impl Transfer {
    fn log(&self, hash: B256) -> Value {
        let word = |address: Address| B256::left_padding_from(address.as_slice());
        json!({
            "address": self.token,
            "topics": [TRANSFER_WITH_MEMO, word(Address::repeat_byte(1)), word(self.to), self.memo],
            "data": format!("0x{:064x}", self.units),
            "logIndex": format!("{:#x}", self.index),
            "transactionHash": hash, "blockNumber": "0x10",
        })
    }
}

fn token() -> AssetId {
    AssetId { chain: ChainId::new(42_431), address: Address::repeat_byte(0x20) }
}

fn payee() -> Address {
    Address::repeat_byte(0x99)
}

struct Market {
    stall: Stall,
    node: Arc<Node>,
}

impl Market {
    async fn open() -> Self {
        let node = Arc::new(Node::default());
        let url = Arc::clone(&node).start().await;
        let rpc = Rpc::new(url, RpcOptions::default()).unwrap();
        let rail = TempoRail { token: token(), decimals: 6, pay_to: payee(), rpc };
        Self { stall: Stall::open_by(move |rails| rails.with_tempo(rail.clone())).await, node }
    }

    async fn offered(&self, uri: &str) -> Challenge {
        challenge_of(&self.stall.get(uri, None).await, "tempo")
    }

    async fn show(&self, uri: &str, challenge: &Challenge, hash: B256) -> Answer {
        let payload = TempoPayload::Hash(hash).payload();
        let credential = Credential { challenge: challenge.clone(), source: None, payload };
        self.stall.get(uri, Some(&credential.render().unwrap())).await
    }
}

/// The transfer that a challenge asks for.
fn transfer(challenge: &Challenge) -> Transfer {
    let charge = TempoCharge::decode(&challenge.request).unwrap();
    assert_eq!((charge.recipient, charge.currency), (payee(), token().address));
    Transfer {
        token: charge.currency,
        to: charge.recipient,
        units: charge.amount.to(),
        memo: attribution_memo(&challenge.id, REALM, Some("a test")),
        index: 0,
    }
}

fn reason(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::PAYMENT_REQUIRED, "{}", answer.text());
    answer.json()["detail"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_transfer_with_the_memo_of_its_challenge_buys_one_answer() {
    let market = Market::open().await;
    let challenge = market.offered("/dish?a").await;
    let hash = market.node.mine(1, "0x1", &[transfer(&challenge)]);
    let answer = market.show("/dish?a", &challenge, hash).await;
    assert_eq!(answered(&answer).text(), "dish a");
    let receipt = Receipt::parse(answer.headers["payment-receipt"].to_str().unwrap()).unwrap();
    assert_eq!((receipt.method.as_str(), receipt.chain_id), ("tempo", Some(42_431)));
    assert_eq!(receipt.reference, hash.to_string());
    answered(&market.show("/dish?a", &challenge, hash).await);
    assert!(reason(&market.show("/dish?b", &challenge, hash).await).contains("used already"));
    let fresh = market.offered("/dish?a").await;
    let refused = reason(&market.show("/dish?a", &fresh, hash).await);
    assert!(refused.contains("no_such_transfer"), "{refused}");
    assert_eq!(market.stall.served(), 1);
}

#[tokio::test]
async fn what_is_not_the_transfer_that_was_asked_for_buys_nothing() {
    let market = Market::open().await;
    let challenge = market.offered("/dish").await;
    let other = market.offered("/dish").await;
    let good = transfer(&challenge);
    let wrong = [
        Transfer { memo: B256::ZERO, ..good.clone() },
        Transfer { memo: transfer(&other).memo, ..good.clone() },
        Transfer {
            memo: attribution_memo(&challenge.id, "evil.example.com", None),
            ..good.clone()
        },
        Transfer { to: Address::repeat_byte(0x98), ..good.clone() },
        Transfer { units: good.units - 1, ..good.clone() },
        Transfer { token: Address::repeat_byte(0x21), ..good.clone() },
    ];
    for (number, transfer) in (1..).zip(wrong.clone()) {
        let hash = market.node.mine(number, "0x1", &[transfer]);
        let refused = reason(&market.show("/dish", &challenge, hash).await);
        assert!(refused.contains("no_such_transfer"), "{number}: {refused}");
    }
    let together = market.node.mine(20, "0x1", &wrong);
    assert!(reason(&market.show("/dish", &challenge, together).await).contains("no_such"));
    let reverted = market.node.mine(21, "0x0", std::slice::from_ref(&good));
    assert!(reason(&market.show("/dish", &challenge, reverted).await).contains("no_such"));
    assert_eq!(market.stall.served(), 0);
    let hash = market.node.mine(22, "0x1", &[wrong[0].clone(), Transfer { index: 1, ..good }]);
    answered(&market.show("/dish", &challenge, hash).await);
}

#[tokio::test]
async fn a_transfer_that_is_in_no_block_yet_is_waited_for() {
    let market = Market::open().await;
    let challenge = market.offered("/dish").await;
    let pending = market.show("/dish", &challenge, B256::repeat_byte(1)).await;
    assert_eq!(pending.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(pending.code(), "settlement_pending");
    assert!(!pending.headers.contains_key(header::WWW_AUTHENTICATE));
    // It is mined long after the challenge has expired.
    market.stall.clock.store(START + 3_600, Ordering::SeqCst);
    let hash = market.node.mine(1, "0x1", &[transfer(&challenge)]);
    answered(&market.show("/dish", &challenge, hash).await);
}

#[tokio::test]
async fn two_transfers_in_one_transaction_buy_two_answers() {
    let market = Market::open().await;
    let (a, b) = (market.offered("/dish?a").await, market.offered("/dish?b").await);
    let both = [transfer(&a), Transfer { index: 1, ..transfer(&b) }];
    let hash = market.node.mine(1, "0x1", &both);
    answered(&market.show("/dish?a", &a, hash).await);
    answered(&market.show("/dish?b", &b, hash).await);
    assert!(reason(&market.show("/dish?c", &a, hash).await).contains("used already"));
    assert!(reason(&market.show("/dish?c", &b, hash).await).contains("used already"));
    assert_eq!((market.stall.served(), market.stall.redemption_rows().await), (2, 2));
}

#[tokio::test]
async fn a_transfer_whose_handler_failed_stays_good() {
    let market = Market::open().await;
    let challenge = market.offered("/dish").await;
    let hash = market.node.mine(1, "0x1", &[transfer(&challenge)]);
    market.stall.kitchen.fails.store(true, Ordering::SeqCst);
    let failed = market.show("/dish?a", &challenge, hash).await;
    assert_eq!(failed.status, StatusCode::BAD_GATEWAY);
    market.stall.kitchen.fails.store(false, Ordering::SeqCst);
    answered(&market.show("/dish?a", &challenge, hash).await);
}
