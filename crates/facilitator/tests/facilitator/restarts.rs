//! Processes that die: the next one brings their payments to the right end, on both databases.

use crate::anvil::random_key;
use crate::house::{House, Shop, is_settled, kill, node_rpc, quick};
use farebox_testing::evm_node::Fault;
use std::time::Duration;

/// Kills the process at some moment; the next one brings the payment to its end.
async fn restart(cut_off: impl AsyncFn(&Shop)) {
    for database in farebox_testing::databases() {
        let mut shop = Shop::open(database, quick).await;
        let payment = shop.pay();
        cut_off(&shop).await;
        let engine = shop.house.engine.clone();
        let (copy, terms) = (payment.clone(), shop.terms());
        let asked = tokio::spawn(async move { engine.settle(&copy, &terms).await });
        tokio::time::sleep(Duration::from_millis(150)).await;
        asked.abort();
        kill(shop.house).await;
        {
            let mut faults = shop.node.faults();
            (faults.hides_receipts, faults.forgets_transactions) = (false, false);
            faults.planned.clear();
            shop.node.ledger().mines_at_once = true;
            shop.node.ledger().mine();
        }
        let keys = vec![random_key()];
        let rpc = node_rpc(&shop.node);
        shop.house = House::open(&shop.database, rpc, keys, quick(shop.pay_to)).await;
        // Another key: the first one's transaction can only come by the node's hand, or ours.
        let end = shop.settle_to_the_end(&payment).await;
        assert!(is_settled(&end), "{end:?}");
        assert_eq!(shop.paid(), 1);
    }
}

#[tokio::test]
async fn a_process_that_died_after_sending_has_lost_nothing() {
    restart(async |shop| shop.node.faults().hides_receipts = true).await;
}

#[tokio::test]
async fn a_process_that_died_while_its_transaction_waited_has_lost_nothing() {
    restart(async |shop| shop.node.ledger().mines_at_once = false).await;
}

#[tokio::test]
async fn a_process_that_died_before_the_node_had_the_transaction_has_lost_nothing() {
    restart(async |shop| shop.node.faults().forgets_transactions = true).await;
}

#[tokio::test]
async fn a_process_that_died_before_it_signed_has_lost_nothing() {
    restart(async |shop| {
        for _ in 0..10 {
            shop.node.plan("eth_maxPriorityFeePerGas", Fault::SilentBefore);
        }
    })
    .await;
}

#[tokio::test]
async fn a_transaction_that_waits_is_not_followed_by_another_after_a_restart() {
    for database in farebox_testing::databases() {
        let mut shop = Shop::open(database, quick).await;
        let payment = shop.pay();
        shop.node.ledger().mines_at_once = false;
        let pending = shop.settle(&payment).await.unwrap();
        kill(shop.house).await;
        let rpc = node_rpc(&shop.node);
        let keys = vec![random_key()];
        shop.house = House::open(&shop.database, rpc, keys, quick(shop.pay_to)).await;
        assert_eq!(shop.settle(&payment).await.unwrap(), pending);
        assert_eq!(shop.settle(&payment).await.unwrap(), pending);
        shop.node.ledger().mine();
        assert!(is_settled(&shop.settle_to_the_end(&payment).await));
        assert_eq!((shop.paid(), shop.node.ledger().mined.len()), (1, 1));
    }
}
