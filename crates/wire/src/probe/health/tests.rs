use super::*;
use proptest::prelude::*;
use serde_json::json;

fn answer(status: u16, headers: Vec<(String, Vec<u8>)>, body: Vec<u8>) -> RecordedAnswer {
    let url = "https://api.seller.dev/paid".to_owned();
    RecordedAnswer { method: "GET".into(), url, status, headers, body, ..Default::default() }
}

fn judged(answer: &RecordedAnswer, listed: &Listed) -> Classification {
    let seen = Seen {
        steps: &[],
        ending: Ending::Answer(answer),
        report: None,
        is_redirect_refused: false,
    };
    classify(&seen, listed, Terms { now_s: 1_800_000_000, accepts_test_money: false })
}

fn x402(amounts: &[u64]) -> RecordedAnswer {
    let entry = |amount: &u64| {
        json!({
            "scheme": "exact", "network": "base", "maxAmountRequired": amount.to_string(),
            "asset": "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913",
            "payTo": "0x209693Bc6afc0C5328bA36FaF03C514EF312287C", "maxTimeoutSeconds": 60,
            "resource": "https://api.seller.dev/paid",
            "extra": { "name": "USD Coin", "version": "2" },
        })
    };
    let accepts: Vec<_> = amounts.iter().map(entry).collect();
    answer(402, vec![], json!({ "x402Version": 1, "accepts": accepts }).to_string().into_bytes())
}

#[test]
fn codes_of_findings_are_unique() {
    let mut codes: Vec<_> = Finding::ALL.iter().map(|found| found.code()).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), Finding::ALL.len());
}

/// Whoever can do something about it is told what.
#[test]
fn what_makes_unhealthy_has_a_fix() {
    for found in Finding::ALL {
        let is_ours = *found == Finding::NotProbed;
        assert!(found.effect() == Effect::None || is_ours || !found.fix().is_empty(), "{found:?}");
    }
}

#[test]
fn a_listing_of_another_rail_is_not_healthy() {
    let found = judged(&x402(&[10_000]), &Listed { rail: Some(Rail::L402), ..Listed::default() });
    assert_eq!((found.state, found.cause), (State::Degraded, Cause::NotPayable));
    assert_eq!(found.payable(), [Rail::X402], "what it offers is said still");
    assert!(found.reasons.iter().any(|reason| reason.code == "rail_not_offered"));
}

#[test]
fn each_offer_is_measured_by_the_listing() {
    let listed = Listed { prices_micro_usd: vec![10_000], ..Listed::default() };
    let found = judged(&x402(&[10_000, 50_000]), &listed);
    let states: Vec<_> = found.rails[0].offers.iter().map(|offer| offer.state).collect();
    assert_eq!((found.state, states), (State::Healthy, vec![State::Healthy, State::Degraded]));
    let dearer = judged(&x402(&[50_000]), &listed);
    assert_eq!(dearer.state, State::Degraded);
    assert!(dearer.x402.unwrap().is_payment_valid, "the challenge itself is valid");
    // The second look knows the price that the first one saw.
    let seen_before = Listed { prices_micro_usd: vec![10_000, 50_000], ..Listed::default() };
    assert_eq!(judged(&x402(&[50_000]), &seen_before).state, State::Healthy);
}

#[test]
fn a_failure_is_down_from_the_third_in_a_row() {
    let state = |failures_before| {
        judged(&answer(500, vec![], vec![]), &Listed { failures_before, ..Listed::default() }).state
    };
    assert_eq!(
        [0, 1, 2, 9].map(state),
        [State::Degraded, State::Degraded, State::Down, State::Down]
    );
}

proptest! {
    /// Whatever comes, there is an answer, and it does not contradict itself.
    #[test]
    fn every_answer_comes_to_something(
        status in 100_u16..999,
        headers in prop::collection::vec(("(?i)(www-authenticate|payment-required|location|x-[a-z]{1,5})", prop::collection::vec(any::<u8>(), 0..200)), 0..5),
        body in prop::collection::vec(any::<u8>(), 0..400),
        failures_before in 0_u32..5,
    ) {
        let answer = answer(status, headers, body);
        let found = judged(&answer, &Listed { failures_before, ..Listed::default() });
        prop_assert_eq!(found.state == State::Healthy, !found.payable().is_empty());
        prop_assert_eq!(found.state == State::Healthy, found.cause == Cause::Payable);
        prop_assert!(!found.reasons.is_empty());
    }
}
