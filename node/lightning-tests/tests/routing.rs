//! Three nodes in a row: fees, limits for them, and paying at most once.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use lightning_tests::chain::ChainServer;
use lightning_tests::{Node, Share, announced_route_is_known, fund, open_channel, until};
use serde_json::Value;

/// What the node in the middle takes for any payment.
const FEE_MSAT: u64 = 1_000;

async fn three_in_a_row() -> (ChainServer, [Node; 3]) {
    let chain = ChainServer::start().await;
    let nodes = [
        Node::start(&chain, "payer").await,
        Node::start(&chain, "router").await,
        Node::start(&chain, "payee").await,
    ];
    let [payer, router, payee] = &nodes;
    fund(&chain, &[payer, router, payee]).await;
    open_channel(&chain, payer, router, Share::Both).await;
    open_channel(&chain, router, payee, Share::Both).await;
    announced_route_is_known(&chain, &nodes).await;
    (chain, nodes)
}

fn hash_of(answer: &Value) -> String {
    answer["paymentHash"].as_str().unwrap().to_owned()
}

async fn by_hash(node: &Node, direction: &str, hash: &str) -> Value {
    node.http.get(&format!("/payments/{direction}/{hash}")).await.json()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_route_costs_what_it_may_cost_and_an_invoice_is_paid_once() {
    let (_chain, [mut payer, router, payee]) = three_in_a_row().await;
    let before = (payer.balance_msat().await, payee.balance_msat().await);
    let earned = router.balance_msat().await;
    let invoice = payee.invoice(21_000, "a meal").await;

    // A limit below the fee: nothing is sent.
    let refused = payer.pay(&invoice, Some(FEE_MSAT - 1)).await.json();
    assert_eq!(refused["type"], "payment_failed", "{refused}");
    assert!(refused["reason"].as_str().unwrap().contains("fee limit"), "{refused}");
    let refused = payer.pay(&invoice, Some(0)).await.json();
    assert_eq!(refused["type"], "payment_failed", "{refused}");
    let hash = hash_of(&refused);
    assert_eq!(payer.balance_msat().await, before.0);
    let failed = by_hash(&payer, "outgoingbyhash", &hash).await;
    assert_eq!((&failed["isPaid"], failed["completedAt"].is_u64()), (&false.into(), true));
    assert_eq!(payer.pay(&invoice, None).await.status, 200, "tried below");

    // Without a limit of its own it was paid, for the fee of the node in the middle.
    let paid = by_hash(&payer, "outgoingbyhash", &hash).await;
    assert_eq!(paid["isPaid"], true, "{paid}");
    assert_eq!(paid["fees"], FEE_MSAT);
    assert_eq!(paid["sent"], 21_001);
    until("the payee's record", async || {
        (by_hash(&payee, "incoming", &hash).await["isPaid"] == true).then_some(())
    })
    .await;
    payer.balance_becomes(before.0 - 21_000_000 - FEE_MSAT).await;
    payee.balance_becomes(before.1 + 21_000_000).await;
    router.balance_becomes(earned + FEE_MSAT).await;

    // Paying again says so, and sends nothing.
    let again = payer.pay(&invoice, Some(5_000)).await.json();
    assert_eq!(again["type"], "payment_failed");
    assert!(again["reason"].as_str().unwrap().contains("already been paid"), "{again}");
    payer.balance_becomes(before.0 - 21_000_000 - FEE_MSAT).await;

    // The history outlives a crash, and so does the channel.
    let list = "/payments/outgoing?limit=1000&all=true";
    let history = payer.http.get(list).await.json();
    payer.crash_and_restart().await;
    assert_eq!(payer.http.get(list).await.json(), history);
    let again = payer.pay(&invoice, None).await.json();
    assert!(again["reason"].as_str().unwrap().contains("already been paid"), "{again}");
    // What the payer knew of other channels, it hears from its peer again.
    let invoice = payee.invoice(7, "after the crash").await;
    let paid = until("a payment after the crash", async || {
        let answer = payer.pay(&invoice, Some(FEE_MSAT)).await.json();
        (answer["type"] == "payment_sent").then_some(answer)
    })
    .await;
    assert_eq!(paid["routingFeeMsat"], FEE_MSAT);
    assert_eq!(paid["routingFeeSat"], 1);
    assert_eq!(paid["recipientAmountSat"], 7);
    let by_id = by_hash(&payer, "outgoing", paid["paymentId"].as_str().unwrap()).await;
    assert_eq!(by_id["preimage"], paid["paymentPreimage"]);
    assert!(payer.stop().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_under_way_when_the_payer_crashes_is_made_once_and_found_again() {
    let (_chain, [mut payer, _router, payee]) = three_in_a_row().await;
    let before = (payer.balance_msat().await, payee.balance_msat().await);
    let preimage = "07".repeat(32);
    let hash = sha256_hex(&[7; 32]);
    let form = [
        ("paymentHash", hash.as_str()),
        ("amountSat", "5000"),
        ("description", "held while the payer crashes"),
    ];
    let invoice = payee.http.post("/createholdinvoice", &form).await.json();
    let invoice = invoice["serialized"].as_str().unwrap().to_owned();
    let (http, form_text) = (payer.http.clone(), invoice.clone());
    let paying = tokio::spawn(async move {
        let request = http.request(reqwest::Method::POST, "/payinvoice");
        // The node is killed meanwhile: there is no answer.
        request.form(&[("invoice", form_text.as_str())]).send().await.is_ok()
    });
    until("the payment to arrive", async || {
        (by_hash(&payee, "incoming", &hash).await["isHeld"] == true).then_some(())
    })
    .await;
    payer.crash_and_restart().await;
    assert!(!paying.await.unwrap());

    // It is neither lost nor taken for failed, and is not sent again.
    let pending = by_hash(&payer, "outgoingbyhash", &hash).await;
    assert_eq!((&pending["isPaid"], &pending["completedAt"]), (&false.into(), &Value::Null));
    let again = payer.pay(&invoice, None).await.json();
    assert!(again["reason"].as_str().unwrap().contains("in progress"), "{again}");

    let settled = payee.http.post("/settleholdinvoice", &[("preimage", &preimage)]).await.json();
    assert_eq!(settled["isPaid"], true, "{settled}");
    let paid = until("the payer to hear of it", async || {
        let payment = by_hash(&payer, "outgoingbyhash", &hash).await;
        (payment["isPaid"] == true).then_some(payment)
    })
    .await;
    assert_eq!(paid["preimage"], preimage);
    assert_eq!(paid["fees"], FEE_MSAT);
    payer.balance_becomes(before.0 - 5_000_000 - FEE_MSAT).await;
    payee.balance_becomes(before.1 + 5_000_000).await;
}

fn sha256_hex(bytes: &[u8]) -> String {
    use bitcoin::hashes::{Hash, sha256};
    sha256::Hash::hash(bytes).to_string()
}
