//! Two who want the same money at the same time: exactly one gets it.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod house;

use farebox_accounts::{AccountError, Claimed, Token, WithdrawalError};
use farebox_ledger::AccountClass;
use farebox_money::{Msat, Sats};
use farebox_wire::lightning::{PaymentHash, Preimage};
use house::invoices::Draft;
use house::node::{FEE, Fate};
use house::{House, claim};
use std::sync::Arc;
use std::time::Duration;

/// Of each kind of race.
const ROUNDS: u64 = 10_000;
/// Races at the same time, which also mix.
const AT_ONCE: u64 = 200;
const AMOUNT_SATS: u64 = 7;
/// With the 5 sats that a routing fee may come to, all of it.
const WITHDRAWN_SATS: u64 = 2;

/// One of the two waits a little, now this one and now that one.
async fn stagger(round: u64, who: u64) {
    let wait = round.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60;
    for _ in 0..wait {
        if wait % 2 == who {
            tokio::task::yield_now().await;
        }
    }
    if wait == 13 + who {
        tokio::time::sleep(Duration::from_micros(200)).await;
    }
}

async fn race_of_claims(house: &House, round: u64) -> Token {
    let preimage = house.paid_topup(AMOUNT_SATS).await;
    let contenders = (0..2).map(|who| {
        let accounts = house.accounts.clone();
        tokio::spawn(async move {
            stagger(round, who).await;
            accounts.claim(claim(preimage, &format!("client-{round}-{who}"))).await
        })
    });
    let mut won = Vec::new();
    for contender in contenders.collect::<Vec<_>>() {
        match contender.await.unwrap() {
            Ok(Claimed { token, balance }) => {
                assert_eq!(balance, Msat::new(AMOUNT_SATS * 1_000));
                won.push(token);
            }
            Err(error) => assert!(matches!(error, AccountError::PaymentAlreadyUsed), "{error}"),
        }
    }
    assert_eq!(won.len(), 1, "round {round}");
    won.pop().unwrap()
}

/// Each wants all that there is; whoever gets it has it taken, or gives it back.
async fn race_of_spends(house: &House, token: &Token, round: u64) {
    let all = Msat::new(AMOUNT_SATS * 1_000);
    let contenders = (0..2).map(|who| {
        let (accounts, token) = (house.accounts.clone(), token.clone());
        tokio::spawn(async move {
            stagger(round, who).await;
            accounts.reserve(&token, "race", all).await
        })
    });
    let mut won = Vec::new();
    for contender in contenders.collect::<Vec<_>>() {
        match contender.await.unwrap() {
            Ok(hold) => won.push(hold),
            Err(AccountError::InsufficientBalance { available, .. }) => {
                assert_eq!(available, Msat::ZERO);
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(won.len(), 1, "round {round}");
    let cost = if round.is_multiple_of(2) { all } else { Msat::ZERO };
    let left = house.accounts.end_hold(won.pop().unwrap(), cost).await.unwrap();
    assert_eq!(left, all.checked_sub(cost).unwrap());
}

/// An invoice that the node will pay, and its hash.
fn payable(house: &House, seed: u64) -> (String, PaymentHash) {
    let draft = (0..)
        .map(|salt: u64| {
            let mut bytes = [2; 32];
            bytes[..8].copy_from_slice(&seed.to_be_bytes());
            bytes[8..16].copy_from_slice(&salt.to_be_bytes());
            Draft { preimage: Preimage::new(bytes), ..Draft::sats(0, WITHDRAWN_SATS) }
        })
        .find(|draft| Fate::of(draft.hash()) == Fate::Paid)
        .unwrap();
    house.node.knows(draft.preimage);
    (draft.sign(), draft.hash())
}

/// Each wants all that can be withdrawn: to two invoices, or both to the same.
async fn race_of_withdrawals(house: &House, token: &Token, round: u64) {
    let first = payable(house, 2 * round);
    let second =
        if round.is_multiple_of(2) { first.clone() } else { payable(house, 2 * round + 1) };
    let contenders = [&first, &second].into_iter().zip(0..).map(|((invoice, _), who)| {
        let (accounts, token, invoice) = (house.accounts.clone(), token.clone(), invoice.clone());
        tokio::spawn(async move {
            stagger(round, who).await;
            accounts.collect(&token, &invoice, Sats::new(WITHDRAWN_SATS)).await
        })
    });
    let mut begun = 0;
    for contender in contenders.collect::<Vec<_>>() {
        match contender.await.unwrap() {
            Ok(withdrawal) => begun += u64::from(!withdrawal.is_repeat),
            Err(AccountError::Withdrawal(
                WithdrawalError::InProgress | WithdrawalError::InsufficientBalance { .. },
            )) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(begun, 1, "round {round}");
    let paid =
        house.node.has_paid(first.1) != (first.1 != second.1 && house.node.has_paid(second.1));
    assert!(paid, "round {round}: one of the two, once");
    let account = house.accounts.authenticate(token).await.unwrap();
    let left = AMOUNT_SATS * 1_000 - WITHDRAWN_SATS * 1_000 - FEE.get();
    assert_eq!(house.accounts.balance(&account).await.unwrap(), Msat::new(left));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_withdrawals_exactly_one_is_paid() {
    let house = Arc::new(House::open().await);
    let lanes: Vec<_> = (0..AT_ONCE)
        .map(|lane| {
            let house = Arc::clone(&house);
            tokio::spawn(async move {
                for round in (lane..ROUNDS).step_by(usize::try_from(AT_ONCE).unwrap()) {
                    let preimage = house.paid_topup(AMOUNT_SATS).await;
                    let client = format!("client-{round}");
                    let token = house.accounts.claim(claim(preimage, &client)).await.unwrap().token;
                    race_of_withdrawals(&house, &token, round).await;
                }
            })
        })
        .collect();
    for lane in lanes {
        lane.await.unwrap();
    }
    let report = house.verify().await;
    assert!(report.is_sound(), "{:?}", report.findings);
    assert_eq!(report.classes[&AccountClass::Inflight].open, 0);
    assert_eq!(report.classes[&AccountClass::Node].credits.get(), house.node.paid_out_msat());
    assert_eq!(house.node.paid_out_msat(), ROUNDS * (WITHDRAWN_SATS * 1_000 + FEE.get()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_claims_and_of_two_spends_exactly_one_wins() {
    let house = Arc::new(House::open().await);
    let lanes: Vec<_> = (0..AT_ONCE)
        .map(|lane| {
            let house = Arc::clone(&house);
            tokio::spawn(async move {
                for round in (lane..ROUNDS).step_by(usize::try_from(AT_ONCE).unwrap()) {
                    let token = race_of_claims(&house, round).await;
                    race_of_spends(&house, &token, round).await;
                }
            })
        })
        .collect();
    for lane in lanes {
        lane.await.unwrap();
    }
    let report = house.verify().await;
    assert!(report.is_sound(), "{:?}", report.findings);
    for class in [AccountClass::Topup, AccountClass::Hold] {
        assert_eq!(report.classes[&class].open, 0, "money was left in {}", class.name());
    }
    let spent = ROUNDS / 2 * AMOUNT_SATS * 1_000;
    assert_eq!(report.classes[&AccountClass::Income].credits, Msat::new(spent));
    assert_eq!(report.classes[&AccountClass::Node].debits, Msat::new(2 * spent));
}
