//! Many payments at once, by one key.

use crate::house::{is_settled, options, quick, shop, terms};
use farebox_facilitator::{Refusal, Settlement};
use std::time::Duration;

#[tokio::test]
async fn twenty_copies_of_a_payment_are_one_transaction() {
    let shop = shop(options).await;
    let payment = shop.pay();
    let mut settling = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (engine, payment, terms) = (shop.house.engine.clone(), payment.clone(), shop.terms());
        settling.spawn(async move { engine.settle(&payment, &terms).await });
    }
    let outcomes: Vec<_> = settling.join_all().await.into_iter().map(Result::unwrap).collect();
    assert!(outcomes.iter().all(is_settled), "{outcomes:?}");
    let first =
        |outcome: &&Settlement| matches!(outcome, Settlement::Settled { is_repeat: false, .. });
    assert_eq!(outcomes.iter().filter(first).count(), 1);
    assert_eq!((shop.paid(), shop.node.ledger().mined.len()), (1, 1));
}

#[tokio::test]
async fn a_hundred_payments_through_a_faulty_node_and_none_is_lost() {
    let seed = fastrand::u64(..);
    eprintln!("seed {seed}");
    let shop = shop(options).await;
    shop.node.faults().random = Some((fastrand::Rng::with_seed(seed), 6));
    let turns = std::sync::Arc::new(tokio::sync::Semaphore::new(10));
    let mut settling = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (turns, engine) = (turns.clone(), shop.house.engine.clone());
        let (payment, terms) = (shop.pay(), shop.terms());
        settling.spawn(async move {
            let _turn = turns.acquire().await;
            loop {
                match engine.settle(&payment, &terms).await {
                    Ok(Settlement::Pending { .. }) | Err(Refusal::Unavailable(_)) => {}
                    end => return end,
                }
            }
        });
    }
    for end in settling.join_all().await {
        assert!(is_settled(&end.clone().unwrap()), "seed {seed}: {end:?}");
    }
    assert_eq!(shop.paid(), 100, "seed {seed}");
}

#[tokio::test]
async fn fifty_that_wait_do_not_ask_fifty_times() {
    let shop = shop(quick).await;
    shop.node.ledger().mines_at_once = false;
    let mut settling = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (engine, payment) = (shop.house.engine.clone(), shop.pay());
        let terms = terms(shop.pay_to, 1);
        settling.spawn(async move { engine.settle(&payment, &terms).await });
    }
    settling.join_all().await;
    let (requests, receipts) = (shop.node.requests(), shop.node.count("eth_getTransactionReceipt"));
    tokio::time::sleep(Duration::from_millis(500)).await;
    let asked = shop.node.count("eth_getTransactionReceipt") - receipts;
    let sent = shop.node.requests() - requests;
    assert!(asked <= 50 * sent / 2, "{asked} receipts in {sent} requests");
}
