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
use std::time::Duration;

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
        let invoice = payee.invoice(round, "before the crash").await;
        until("a channel that can be used", async || {
            // A crash may have closed the last one; its payer knows once that is in the chain.
            if chain.waiting() > 0 {
                chain.mine(1);
            }
            if !has_channels(&payer).await {
                open_channel(&chain, &payer, &payee, Share::Opener).await;
            }
            (payer.usable_channels().await > 0).then_some(())
        })
        .await;
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

async fn has_channels(node: &Node) -> bool {
    let channels = node.http.get("/listchannels").await.json();
    !channels.as_array().unwrap().is_empty()
}

/// Moments after a payment was asked for, in milliseconds.
const MOMENTS_MS: [u64; 8] = [0, 3, 6, 10, 15, 25, 50, 100];

/// Whenever a payer is killed, what may have been sent stays under way until it is known, and only
/// what has failed for certain is sent again. A crash that closes the channel ends the rounds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payer_that_is_killed_while_it_pays_knows_what_became_of_it() {
    let chain = ChainServer::start().await;
    let mut payer = Node::start(&chain, "payer").await;
    let payee = Node::start(&chain, "payee").await;
    fund(&chain, &[&payer, &payee]).await;
    open_channel(&chain, &payer, &payee, Share::Opener).await;
    for moment in MOMENTS_MS {
        let invoice = payee.invoice(1_000 + moment, "in the middle of it").await;
        let (http, paid) = (payer.http.clone(), invoice.clone());
        let paying = tokio::spawn(async move {
            let request = http.request(reqwest::Method::POST, "/payinvoice");
            let _ = request.form(&[("invoice", paid.as_str())]).send().await;
        });
        tokio::time::sleep(Duration::from_millis(moment)).await;
        payer.crash_and_restart().await;
        paying.await.unwrap();
        let end = until("the end of the payment", async || {
            if chain.waiting() > 0 {
                chain.mine(1);
            }
            if !has_channels(&payer).await {
                return Some(None);
            }
            let answer = payer.pay(&invoice, None).await.json();
            let reason = answer["reason"].as_str().unwrap_or_default();
            reason.contains("already been paid").then_some(Some(answer["paymentHash"].clone()))
        })
        .await;
        let Some(hash) = end else { break };
        let hash = hash.as_str().unwrap();
        let sent = payer.http.get(&format!("/payments/outgoingbyhash/{hash}")).await.json();
        let received = payee.http.get(&format!("/payments/incoming/{hash}")).await.json();
        assert_eq!((&sent["isPaid"], &received["isPaid"]), (&true.into(), &true.into()));
        assert_eq!(sent["sent"], 1_000 + moment);
        assert_eq!(received["receivedSat"], 1_000 + moment);
        assert_eq!(sent["preimage"], received["preimage"]);
    }
}
