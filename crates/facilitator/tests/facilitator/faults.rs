//! A node that misbehaves: what is called settled moved once, what is called failed never.

use crate::house::options;
use crate::house::{SEND, Shop, is_settled, quick, shop};
use farebox_evm::Address;
use farebox_facilitator::{EngineOptions, Failure, Refusal, Settlement};
use farebox_testing::evm_node::Fault;
use farebox_wire::evm::TransferAuthorization;
use std::time::Duration;

#[tokio::test]
async fn whatever_a_node_answers_to_a_transaction_it_is_settled_once() {
    let faults = [
        Fault::SilentAfter,
        Fault::SilentBefore,
        Fault::GarbageAfter,
        Fault::GarbageBefore,
        Fault::HugeAfter,
        Fault::StatusAfter(502),
        Fault::StatusAfter(500),
        Fault::Refuse("nonce too low"),
        Fault::Refuse("replacement transaction underpriced"),
        Fault::Refuse("transaction underpriced"),
    ];
    let shop = shop(options).await;
    for (count, fault) in (1_u64..).zip(faults) {
        shop.node.plan(SEND, fault.clone());
        let settlement = shop.settle(&shop.pay()).await.unwrap();
        assert!(is_settled(&settlement), "{fault:?}: {settlement:?}");
        assert_eq!(shop.paid(), count, "{fault:?}");
    }
}

#[tokio::test]
async fn a_transaction_whose_every_answer_was_lost_is_settled_once() {
    let shop = shop(quick).await;
    let faults = [Fault::SilentAfter, Fault::GarbageAfter, Fault::GarbageBefore];
    for (count, lost) in (1..).zip(faults) {
        let payment = shop.pay();
        for _ in 0..3 {
            shop.node.plan(SEND, lost.clone());
        }
        assert!(is_settled(&shop.settle_to_the_end(&payment).await), "{lost:?}");
        assert_eq!(shop.paid(), count);
        let mined = u64::try_from(shop.node.ledger().mined.len()).unwrap();
        assert_eq!(mined, count);
    }
}

#[tokio::test]
async fn a_certain_refusal_leaves_the_payment_free_for_another() {
    let shop = shop(options).await;
    let payment = shop.pay();
    for fault in ["insufficient funds for gas * price + value", "exceeds block gas limit"] {
        shop.node.plan(SEND, Fault::Refuse(fault));
        let refused = shop.settle(&payment).await;
        assert!(matches!(refused, Err(Refusal::Unavailable(_))), "{refused:?}");
        assert_eq!(shop.house.engine.outcome(payment.id()).await.unwrap(), None);
    }
    assert!(is_settled(&shop.settle(&payment).await.unwrap()));
    assert_eq!(shop.paid(), 1);
}

#[tokio::test]
async fn no_receipt_is_pending_with_the_transaction_and_never_failed() {
    let shop = shop(quick).await;
    let payment = shop.pay();
    shop.node.faults().hides_receipts = true;
    let pending = shop.settle(&payment).await.unwrap();
    let Settlement::Pending { transaction: Some(sent) } = pending else { panic!("{pending:?}") };
    assert_eq!(shop.settle(&payment).await.unwrap(), pending, "asked again");
    assert_eq!(shop.verify(&payment).await, Err(Refusal::InFlight));
    shop.node.faults().hides_receipts = false;
    let settled = shop.settle_to_the_end(&payment).await;
    assert_eq!(settled, Settlement::Settled { transaction: sent, is_repeat: false });
    assert_eq!(shop.paid(), 1);
}

#[tokio::test]
async fn a_reverted_transfer_is_failed_and_stays_so() {
    let shop = shop(quick).await;
    let payment = shop.pay();
    shop.node.ledger().reverts = 1;
    let failed = shop.settle_to_the_end(&payment).await;
    let Settlement::Failed { failure: Failure::Reverted, transaction: Some(_) } = failed else {
        panic!("{failed:?}")
    };
    assert_eq!(shop.settle(&payment).await.unwrap(), failed);
    assert_eq!(shop.paid(), 0);
    assert_eq!(shop.node.ledger().mined.len(), 1);
}

#[tokio::test]
async fn a_transfer_to_somebody_else_is_never_settled() {
    let shop = shop(quick).await;
    let payment = shop.pay();
    shop.node.ledger().diverts_to = Some(Address::repeat_byte(7));
    let failed = shop.settle_to_the_end(&payment).await;
    assert!(matches!(failed, Settlement::Failed { failure: Failure::UsedElsewhere, .. }));
    assert_eq!(shop.paid(), 0);
}

/// Has the payer's nonce used by a stranger while our transaction waits.
async fn overtaken(change: impl FnOnce(&mut TransferAuthorization)) -> (Shop, Settlement) {
    let shop = shop(quick).await;
    let payment = shop.pay();
    shop.node.ledger().mines_at_once = false;
    let pending = shop.settle(&payment).await.unwrap();
    assert!(matches!(pending, Settlement::Pending { transaction: Some(_) }), "{pending:?}");
    let mut other = payment.authorization;
    change(&mut other);
    shop.node.ledger().use_elsewhere(&other);
    shop.node.ledger().mine();
    let end = shop.settle_to_the_end(&payment).await;
    (shop, end)
}

#[tokio::test]
async fn a_stranger_may_carry_the_payment_out() {
    let (shop, end) = overtaken(|_| {}).await;
    let Settlement::Settled { transaction, .. } = end else { panic!("{end:?}") };
    let carried_out = shop.node.ledger().mined[0].transaction.hash;
    assert_eq!((transaction, shop.paid()), (carried_out, 1));
}

#[tokio::test]
async fn a_payer_who_uses_the_nonce_otherwise_has_not_paid() {
    let (shop, end) = overtaken(|other| other.to = Address::repeat_byte(7)).await;
    assert!(matches!(end, Settlement::Failed { failure: Failure::UsedElsewhere, .. }), "{end:?}");
    assert_eq!(shop.paid(), 0);
}

#[tokio::test]
async fn a_transaction_that_the_node_forgot_is_sent_again() {
    let shop = shop(quick).await;
    let payment = shop.pay();
    shop.node.faults().forgets_transactions = true;
    assert!(matches!(shop.settle(&payment).await, Ok(Settlement::Pending { .. })));
    shop.node.faults().forgets_transactions = false;
    assert!(is_settled(&shop.settle_to_the_end(&payment).await));
    assert_eq!(shop.paid(), 1);
}

#[tokio::test]
async fn what_was_never_mined_fails_when_its_time_is_over_and_not_before() {
    let shop = shop(quick).await;
    let payment = shop.pay();
    shop.node.ledger().mines_at_once = false;
    assert!(matches!(shop.settle(&payment).await, Ok(Settlement::Pending { .. })));
    // Another transaction takes its number, and its time is long over.
    shop.node.ledger().ahead_s = 10_000;
    shop.node.ledger().mine();
    let end = shop.settle_to_the_end(&payment).await;
    assert!(matches!(end, Settlement::Failed { .. }), "{end:?}");
    assert_eq!(shop.paid(), 0);
}

#[tokio::test]
async fn a_transaction_that_is_stuck_is_replaced_by_a_dearer_one() {
    let dear = |pay_to| EngineOptions { replace_after: Duration::from_millis(10), ..quick(pay_to) };
    let shop = shop(dear).await;
    let payment = shop.pay();
    shop.node.ledger().mines_at_once = false;
    assert!(matches!(shop.settle(&payment).await, Ok(Settlement::Pending { .. })));
    let first = shop.node.ledger().waiting.values().next().unwrap().hash;
    shop.node.ledger().base_fee = 20_000_000_000;
    shop.node.ledger().mines_at_once = true;
    let end = shop.settle_to_the_end(&payment).await;
    let Settlement::Settled { transaction, .. } = end else { panic!("{end:?}") };
    assert_ne!(transaction, first);
    assert_eq!(shop.paid(), 1);
    // The next one is not behind a gap.
    assert!(is_settled(&shop.settle(&shop.pay()).await.unwrap()));
}

#[tokio::test]
async fn a_payment_counts_when_it_is_as_deep_as_asked() {
    let deep = |pay_to| EngineOptions { confirmations: 3, ..quick(pay_to) };
    let shop = shop(deep).await;
    let payment = shop.pay();
    assert!(matches!(shop.settle(&payment).await, Ok(Settlement::Pending { .. })));
    assert_eq!(shop.paid(), 1);
    shop.node.ledger().mine();
    assert!(matches!(shop.settle(&payment).await, Ok(Settlement::Pending { .. })));
    shop.node.ledger().mine();
    assert!(is_settled(&shop.settle_to_the_end(&payment).await));
}
