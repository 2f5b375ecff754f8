//! Two who want the same money at the same time: exactly one gets it.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod house;

use farebox_accounts::{AccountError, Claimed, Token};
use farebox_ledger::AccountClass;
use farebox_money::Msat;
use house::{House, claim};
use std::sync::Arc;
use std::time::Duration;

/// Of each kind of race.
const ROUNDS: u64 = 10_000;
/// Races at the same time, which also mix.
const AT_ONCE: u64 = 200;
const AMOUNT_SATS: u64 = 7;

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
    let cost = if round % 2 == 0 { all } else { Msat::ZERO };
    let left = house.accounts.end_hold(won.pop().unwrap(), cost).await.unwrap();
    assert_eq!(left, all.checked_sub(cost).unwrap());
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
