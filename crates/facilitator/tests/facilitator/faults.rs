//! A node that misbehaves: what is called settled moved once, what is called failed never.

use crate::anvil::random_key;
use crate::house::{House, Shop, domain, is_settled, kill, node_rpc, options, quick, shop, terms};
use farebox_evm::{Address, Bytes, U256};
use farebox_facilitator::{
    AmountRule, EngineOptions, Failure, Recipients, Refusal, Settlement, Terms,
};
use farebox_testing::evm_node::Fault;
use farebox_wire::evm::{Signature, TransferAuthorization};
use std::time::Duration;

const SEND: &str = "eth_sendRawTransaction";

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
    assert_eq!(settled, Settlement::Settled { transaction: sent, is_repeat: true });
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
async fn gas_that_is_too_dear_is_not_paid() {
    let shop = shop(options).await;
    let payment = shop.pay();
    shop.node.ledger().base_fee = 60_000_000_000;
    let refused = shop.settle(&payment).await;
    assert!(matches!(refused, Err(Refusal::Unavailable(_))), "{refused:?}");
    assert_eq!(shop.node.count(SEND), 0);
}

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
async fn another_authorization_of_the_same_nonce_is_refused() {
    let shop = shop(options).await;
    let payment = shop.pay();
    shop.settle(&payment).await.unwrap();
    let mut other = payment.clone();
    other.authorization.valid_before += U256::from(1);
    other.signature = other.authorization.sign(&domain(), &shop.payer);
    assert_eq!(shop.settle(&other).await, Err(Refusal::NonceUsed));
    let mut unsigned = payment;
    unsigned.signature = Signature::new(vec![1; 65]).unwrap();
    assert_eq!(shop.settle(&unsigned).await, Err(Refusal::NonceUsed));
}

#[tokio::test]
async fn a_contract_decides_on_its_signatures_and_its_key_does_not() {
    let shop = shop(options).await;
    let account = shop.payer.address();
    let mut payment = shop.pay();
    shop.node.ledger().contracts.insert(account, Bytes::from_static(b"open sesame"));
    let refused = shop.settle(&payment).await;
    assert!(matches!(refused, Err(Refusal::Signature(_))), "{refused:?}");
    payment.signature = Signature::new(b"open sesame".to_vec()).unwrap();
    shop.verify(&payment).await.unwrap();
    assert!(is_settled(&shop.settle(&payment).await.unwrap()));
    assert_eq!(shop.paid(), 1);
}

#[tokio::test]
async fn what_may_not_be_settled_is_refused_before_any_gas() {
    let shop = shop(options).await;
    let good = shop.pay();
    let signed = |change: &dyn Fn(&mut TransferAuthorization)| {
        let mut payment = good.clone();
        change(&mut payment.authorization);
        payment.signature = payment.authorization.sign(&domain(), &shop.payer);
        payment
    };
    let own = shop.terms();
    let strangers = Terms { pay_to: Address::repeat_byte(9), ..own };
    let dearer = Terms { amount: AmountRule::AtLeast(U256::from(2)), ..own };
    let mut forged = good.clone();
    forged.signature = forged.authorization.sign(&domain(), &random_key());
    let mut other_token = good.clone();
    other_token.asset.address = Address::repeat_byte(3);
    let cases = [
        (signed(&|a| a.to = Address::repeat_byte(9)), own, "PayTo"),
        (signed(&|a| a.to = Address::repeat_byte(9)), strangers, "Recipient"),
        (signed(&|a| a.value = U256::from(2)), own, "Amount"),
        (signed(&|a| a.value = U256::ZERO), own, "Amount"),
        (good.clone(), dearer, "Amount"),
        (signed(&|a| a.valid_after = a.valid_before - U256::from(1)), own, "TooEarly"),
        (signed(&|a| a.valid_before = U256::from(1_000)), own, "TooLate"),
        (forged, own, "Signature"),
        (other_token, own, "Asset"),
    ];
    for (payment, terms, name) in cases {
        for refusal in [
            shop.house.engine.verify(&payment, &terms).await.unwrap_err(),
            shop.house.engine.settle(&payment, &terms).await.unwrap_err(),
        ] {
            assert!(format!("{refusal:?}").starts_with(name), "{name}: {refusal:?}");
        }
    }
    shop.node.ledger().balances.clear();
    assert_eq!(shop.settle(&good).await, Err(Refusal::Balance));
    assert_eq!(shop.node.count(SEND), 0);
}

#[tokio::test]
async fn a_node_of_another_chain_gets_nothing() {
    let other = |pay_to| EngineOptions { recipients: Recipients::Anybody, ..options(pay_to) };
    let shop = shop(other).await;
    shop.node.ledger().domain.id.chain = farebox_wire::evm::ChainId::new(8_453);
    assert!(matches!(shop.settle(&shop.pay()).await, Err(Refusal::Unavailable(_))));
    assert_eq!(shop.node.count(SEND), 0);
}

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
