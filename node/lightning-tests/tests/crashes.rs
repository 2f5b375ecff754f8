//! A node that is killed loses nothing that was paid.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use lightning_tests::chain::ChainServer;
use lightning_tests::{Node, Share, fund, open_channel, until};
use serde_json::Value;

const ROUNDS: u64 = 5;

/// A payer that has the preimage has paid, whatever became of the payee in the same moment. The
/// channel itself may be closed by such a crash, so that each round has one of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_payer_can_prove_is_in_the_list_of_a_payee_that_was_killed() {
    let chain = ChainServer::start().await;
    let payer = Node::start(&chain, "payer").await;
    let mut payee = Node::start(&chain, "payee").await;
    fund(&chain, &[&payer, &payee]).await;
    let mut paid: Vec<Value> = Vec::new();
    for round in 1..=ROUNDS {
        if payer.usable_channels().await == 0 {
            open_channel(&chain, &payer, &payee, Share::Opener).await;
        }
        let invoice = payee.invoice(round, "before the crash").await;
        let answer = payer.pay(&invoice, None).await.json();
        payee.crash_and_restart().await;
        assert_eq!(answer["type"], "payment_sent", "{answer}");
        paid.push(answer["paymentHash"].clone());
        let listed = until("all payments", async || {
            let list = payee.http.get("/payments/incoming?limit=1000").await.json();
            let list = list.as_array().unwrap().clone();
            (list.len() >= paid.len()).then_some(list)
        })
        .await;
        let mut listed: Vec<Value> = listed.iter().map(|one| one["paymentHash"].clone()).collect();
        // Newest first.
        listed.reverse();
        assert_eq!(listed, paid);
    }
    let list = payee.http.get("/payments/incoming?limit=1000").await.json();
    let received = list.as_array().unwrap().iter().map(|one| one["receivedSat"].as_u64().unwrap());
    assert_eq!(received.sum::<u64>(), (1..=ROUNDS).sum::<u64>());
}
