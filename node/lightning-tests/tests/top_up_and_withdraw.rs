//! A server with real Lightning behind it: money goes in, is spent, and what is left goes out.
//! Every millisatoshi is where the books and both nodes say it is.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use bitcoin::hashes::{Hash, sha256};
use lightning_tests::chain::ChainServer;
use lightning_tests::{
    Answer, Node, Seller, Share, announced_route_is_known, fund, open_channel, until,
};
use reqwest::Method;
use serde_json::{Value, json};

const TOP_UP_SATS: u64 = 1_000;
const EXPORT_SATS: u64 = 300;
const WITHDRAWN_SATS: u64 = 650;
/// What a node on the way takes.
const HOP_FEE_MSAT: u64 = 1_000;

/// A user, perhaps a node on the way, and a seller, with a server in front.
struct Shop {
    _chain: ChainServer,
    nodes: Vec<Node>,
    server: Seller,
    /// What user and seller could send before anything was sold.
    before_msat: (u64, u64),
    /// What a payment between the two costs.
    fee_msat: u64,
}

impl Shop {
    async fn open(names: &[&str]) -> Self {
        let chain = ChainServer::start().await;
        let mut nodes = Vec::new();
        for name in names {
            nodes.push(Node::start(&chain, name).await);
        }
        fund(&chain, &nodes.iter().collect::<Vec<_>>()).await;
        for pair in nodes.windows(2) {
            open_channel(&chain, &pair[0], &pair[1], Share::Both).await;
        }
        announced_route_is_known(&chain, &nodes).await;
        // Payments go both ways here.
        nodes.reverse();
        announced_route_is_known(&chain, &nodes).await;
        nodes.reverse();
        let (user, seller) = (&nodes[0], nodes.last().unwrap());
        let before_msat = (user.balance_msat().await, seller.balance_msat().await);
        let server = Seller::start(seller, EXPORT_SATS);
        let fee_msat = HOP_FEE_MSAT * (nodes.len() as u64 - 2);
        Self { _chain: chain, nodes, server, before_msat, fee_msat }
    }

    fn user(&self) -> &Node {
        &self.nodes[0]
    }

    fn seller(&self) -> &Node {
        self.nodes.last().unwrap()
    }

    async fn ask(&self, path: &str, body: &Value, token: Option<&str>) -> Answer {
        let request = self.server.http.request(Method::POST, path).json(body);
        let request = match token {
            Some(token) => request.header("X-Token", token),
            None => request,
        };
        self.server.http.send(request).await
    }

    async fn read(&self, path: &str, token: &str) -> Answer {
        let request = self.server.http.request(Method::GET, path).header("X-Token", token);
        self.server.http.send(request).await
    }

    /// Buys a token and pays for it over Lightning.
    async fn top_up(&self) -> String {
        let asked = self.ask("/api/v1/topup", &json!({"amount_sats": TOP_UP_SATS}), None).await;
        assert_eq!(asked.status, 402, "{}", asked.text);
        let asked: Value = serde_json::from_str(&asked.text).unwrap();
        let paid = self.user().pay(asked["invoice"].as_str().unwrap(), None).await.json();
        assert_eq!(paid["type"], "payment_sent", "{paid}");
        assert_eq!(paid["routingFeeMsat"], self.fee_msat);
        let preimage = paid["paymentPreimage"].as_str().unwrap();
        assert_eq!(sha256_hex(preimage), asked["payment_hash"].as_str().unwrap());
        let claimed = until("the token", async || {
            let body = json!({"preimage": preimage});
            let answer = self.ask("/api/v1/topup/claim", &body, None).await;
            // The user has the preimage a moment before the seller's node reports the payment.
            (answer.status != 409).then_some(answer)
        })
        .await
        .json();
        assert_eq!(claimed["balance_sats"], TOP_UP_SATS);
        claimed["token"].as_str().unwrap().to_owned()
    }

    async fn spend(&self, token: &str) {
        let bought = self.read("/api/v1/export.csv", token).await;
        assert_eq!(bought.status, 200, "{}", bought.text);
        assert_eq!(self.balance_msat(token).await, (TOP_UP_SATS - EXPORT_SATS) * 1_000);
    }

    async fn balance_msat(&self, token: &str) -> u64 {
        let shown = self.read("/api/v1/balance", token).await.json();
        shown["balance_msat"].as_u64().unwrap()
    }

    /// Withdraws over Lightning and says what routing cost, in millisatoshis.
    async fn withdraw(&self, token: &str) -> u64 {
        let invoice = self.user().invoice(WITHDRAWN_SATS, "earned").await;
        let body = json!({"invoice": invoice, "amount_sats": WITHDRAWN_SATS});
        let paid = self.ask("/api/v1/ai-for-hire/collect", &body, Some(token)).await.json();
        assert_eq!(
            (&paid["status"], &paid["amount_sats"]),
            (&json!("paid"), &WITHDRAWN_SATS.into())
        );
        assert!(!paid["withdrawal_id"].is_null(), "{paid}");
        let payment = &paid["payment"];
        assert_eq!(payment["recipientAmountSat"], WITHDRAWN_SATS);
        let preimage = payment["paymentPreimage"].as_str().unwrap();
        assert_eq!(sha256_hex(preimage), payment["paymentHash"].as_str().unwrap());
        let path = format!("/payments/outgoingbyhash/{}", payment["paymentHash"].as_str().unwrap());
        let known = self.seller().http.get(&path).await.json();
        assert_eq!((&known["isPaid"], &known["preimage"]), (&true.into(), &preimage.into()));
        assert!(payment["paymentId"].is_string(), "{payment}");
        let fee_msat = known["fees"].as_u64().unwrap();
        assert_eq!(payment["routingFeeSat"], fee_msat / 1_000);
        assert_eq!(paid["fee_sats"], fee_msat.div_ceil(1_000));
        // The same invoice again is answered as before, and not paid again.
        let again = self.ask("/api/v1/ai-for-hire/collect", &body, Some(token)).await.json();
        assert_eq!(again["payment"]["paymentPreimage"], preimage);
        fee_msat
    }

    /// The books are sound, and what they say of the node is what the node's channels and its
    /// lists of payments say.
    async fn reconciles(&self, user_msat: i64, seller_msat: i64) {
        let moved = |before: u64, by: i64| before.checked_add_signed(by).unwrap();
        self.user().balance_becomes(moved(self.before_msat.0, user_msat)).await;
        self.seller().balance_becomes(moved(self.before_msat.1, seller_msat)).await;
        let node = &self.server.books()["classes"]["node"];
        let amount = |name: &str| node[name].as_i64().unwrap();
        assert_eq!(amount("debits_msat") - amount("credits_msat"), seller_msat, "{node}");
        assert_eq!(self.listed_msat().await, seller_msat);
    }

    /// What the seller's node lists as received, less what it lists as sent with fees, since the
    /// server runs: the satoshis that tried the route are left out.
    async fn listed_msat(&self) -> i64 {
        let list = async |direction: &str| -> Vec<Value> {
            let path = format!("/payments/{direction}?limit=1000");
            let list = self.seller().http.get(&path).await.json();
            list.as_array().unwrap().clone()
        };
        let sum = |amounts: Vec<u64>| i64::try_from(amounts.iter().sum::<u64>()).unwrap();
        let received = list("incoming").await.into_iter();
        let received = received.map(|payment| payment["receivedSat"].as_u64().unwrap() * 1_000);
        let sent = list("outgoing").await.into_iter().map(|payment| {
            let fee_msat = payment["fees"].as_u64().unwrap();
            let sent_sat = payment["sent"].as_u64().unwrap();
            // The satoshis include the fee, rounded down.
            (sent_sat - fee_msat / 1_000) * 1_000 + fee_msat
        });
        let (tried, tried_fee) = (1_000, self.fee_msat);
        let trials = i64::try_from(tried).unwrap() - i64::try_from(tried + tried_fee).unwrap();
        sum(received.collect()) - sum(sent.collect()) - trials
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_answer_is_bought_from_the_command_line() {
    let shop = Shop::open(&["user", "router", "seller"]).await;
    let bought = shop.server.sell("/api/v1/export.csv", shop.user(), 10);
    let errors = String::from_utf8_lossy(&bought.stderr).into_owned();
    assert!(bought.status.success(), "{errors}");
    assert!(!bought.stdout.is_empty(), "the export");
    let fee = i64::try_from(shop.fee_msat).unwrap();
    shop.reconciles(-msat(EXPORT_SATS) - fee, msat(EXPORT_SATS)).await;
}

fn sha256_hex(preimage: &str) -> String {
    sha256::Hash::hash(&hex::decode(preimage).unwrap()).to_string()
}

fn msat(sats: u64) -> i64 {
    i64::try_from(sats * 1_000).unwrap()
}

async fn money_in(names: &[&str]) {
    let shop = Shop::open(names).await;
    let token = shop.top_up().await;
    shop.spend(&token).await;
    let fee = i64::try_from(shop.fee_msat).unwrap();
    shop.reconciles(-msat(TOP_UP_SATS) - fee, msat(TOP_UP_SATS)).await;
}

async fn money_in_and_out(names: &[&str]) {
    let shop = Shop::open(names).await;
    let token = shop.top_up().await;
    shop.spend(&token).await;
    let fee_msat = shop.withdraw(&token).await;
    assert_eq!(fee_msat, shop.fee_msat);
    let left_sats = TOP_UP_SATS - EXPORT_SATS - WITHDRAWN_SATS;
    assert_eq!(shop.balance_msat(&token).await, left_sats * 1_000 - fee_msat);
    let fee = i64::try_from(fee_msat).unwrap();
    let user = msat(WITHDRAWN_SATS) - msat(TOP_UP_SATS) - fee;
    shop.reconciles(user, msat(TOP_UP_SATS) - msat(WITHDRAWN_SATS) - fee).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_top_up_is_paid_claimed_and_spent() {
    money_in(&["user", "seller"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_top_up_comes_through_a_third_node() {
    money_in(&["user", "router", "seller"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_left_is_withdrawn() {
    money_in_and_out(&["user", "seller"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_left_is_withdrawn_through_a_third_node() {
    money_in_and_out(&["user", "router", "seller"]).await;
}
