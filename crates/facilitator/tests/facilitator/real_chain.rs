//! Against anvil.

use crate::anvil::{Anvil, random_key};
use crate::house::{House, is_settled, options, pay, terms};
use farebox_evm::U256;
use farebox_facilitator::{Refusal, Settlement};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

const PRICE: u64 = 10_000;

#[tokio::test]
async fn one_payment_is_settled_once() {
    let Some(chain) = Anvil::get() else { return };
    let database = farebox_testing::database();
    let (payer, pay_to) = (chain.payer(PRICE * 2).await, random_key().address());
    let house = House::open(&database, chain.rpc(), vec![chain.key().await], options(pay_to)).await;
    let (payment, terms) = (pay(&payer, pay_to, PRICE), terms(pay_to, PRICE));

    house.engine.verify(&payment, &terms).await.unwrap();
    let first = house.engine.settle(&payment, &terms).await.unwrap();
    let Settlement::Settled { transaction, is_repeat: false } = first else { panic!("{first:?}") };
    assert_eq!(chain.balance(pay_to).await, U256::from(PRICE));

    let again = house.engine.settle(&payment, &terms).await.unwrap();
    assert_eq!(again, Settlement::Settled { transaction, is_repeat: true });
    assert_eq!(house.engine.verify(&payment, &terms).await, Err(Refusal::NonceUsed));
    assert_eq!(chain.balance(pay_to).await, U256::from(PRICE));
}

#[tokio::test]
async fn a_hundred_payments_by_one_key_and_none_is_lost() {
    let Some(chain) = Anvil::get() else { return };
    let database = farebox_testing::database();
    let (payer, pay_to) = (chain.payer(PRICE * 100).await, random_key().address());
    let house = House::open(&database, chain.rpc(), vec![chain.key().await], options(pay_to)).await;
    let (turns, payer) = (Arc::new(Semaphore::new(10)), Arc::new(payer));
    let mut settling = JoinSet::new();
    for _ in 0..100 {
        let (turns, payer) = (Arc::clone(&turns), Arc::clone(&payer));
        let engine = house.engine.clone();
        settling.spawn(async move {
            let _turn = turns.acquire().await;
            engine.settle(&pay(&payer, pay_to, PRICE), &terms(pay_to, PRICE)).await
        });
    }
    for outcome in settling.join_all().await {
        let settlement = outcome.unwrap();
        assert!(is_settled(&settlement), "{settlement:?}");
    }
    assert_eq!(chain.balance(pay_to).await, U256::from(PRICE * 100));
}
