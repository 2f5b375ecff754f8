//! The rate that comes of it.

use crate::double::{Act, Double};
use farebox_money::{BtcUsd, MicroUsd};
use farebox_rates::{
    Agreement, Bounds, Disagreement, RateUnavailable, Rates, RefreshOptions, Refresher,
};
use std::time::Duration;

const NOW: u64 = 1_800_000_000;
const MAX_AGE_S: u64 = 600;
const GOOD: Act = Act::Says(r#"{"data":{"amount":"95000.12"}}"#);

fn refresher(double: &Double, names: &[&str], median_of: usize) -> (Refresher, Rates) {
    let options = RefreshOptions {
        sources: double.sources(names),
        median_of,
        agreement: Agreement { agreeing_min: 2, spread_max_percent: 5 },
        bounds: Bounds {
            lowest: MicroUsd::new(1_000_000_000),
            highest: MicroUsd::new(10_000_000_000_000),
        },
        timeout: Duration::from_secs(10),
        refresh_s: 60,
        max_age_s: MAX_AGE_S,
    };
    Refresher::new(options).unwrap()
}

fn usd(text: &str) -> BtcUsd {
    BtcUsd::new(text.parse().unwrap()).unwrap()
}

#[tokio::test]
async fn the_median_of_what_the_sources_say_is_in_force() {
    let double = Double::start().await;
    double.act("a", Act::Says(r#"{"data":{"amount":"95000.12"}}"#));
    double.act("b", Act::Says(r#"{"data":{"amount":95100.5}}"#));
    double.act("c", Act::Says(r#"{"data":{"amount":9.52e4}}"#));
    let (refresher, rates) = refresher(&double, &["a", "b", "c"], 3);
    assert_eq!(rates.current(NOW), Err(RateUnavailable::NotKnown), "nothing was asked yet");
    assert_eq!(refresher.refresh(NOW).await, Ok(usd("95100.5")));
    assert_eq!(rates.current(NOW), Ok(usd("95100.5")));
}

/// What a source can do to harm.
const ODD: [Act; 18] = [
    Act::Says(r#"{"data":{"amount":"0"}}"#),
    Act::Says(r#"{"data":{"amount":-95000}}"#),
    Act::Says(r#"{"data":{"amount":1000000000}}"#),
    Act::Says(r#"{"data":{"amount":"9500.01"}}"#),
    Act::Says(r#"{"data":{"amount":950001}}"#),
    Act::Says(r#"{"data":{"amount":null}}"#),
    Act::Says(r#"{"data":{"amount":NaN}}"#),
    Act::Says(r#"{"error":"too many requests"}"#),
    Act::Says("<html>95000</html>"),
    Act::Says(""),
    Act::Fails(429, r#"{"data":{"amount":"50000"}}"#),
    Act::Fails(500, r#"{"data":{"amount":"50000"}}"#),
    Act::Hangs,
    Act::Drips,
    Act::Floods,
    Act::Pads,
    Act::Redirects,
    Act::Breaks,
];

#[tokio::test]
async fn whatever_one_source_does_the_others_make_the_rate() {
    // Together, since those that hang are waited for.
    let checks = ODD.map(|act| async move {
        let double = Double::start().await;
        double.act("odd", act);
        double.act("good", GOOD);
        double.act("fine", GOOD);
        let (refresher, rates) = refresher(&double, &["odd", "good", "fine"], 3);
        assert_eq!(refresher.refresh(NOW).await, Ok(usd("95000.12")), "{act:?}");
        assert_eq!(rates.current(NOW), Ok(usd("95000.12")), "{act:?}");
        assert_eq!(double.asked("good"), 1, "{act:?}: a redirect was followed");
    });
    futures_util::future::join_all(checks).await;
}

#[tokio::test]
async fn an_answer_of_no_use_is_counted_as_none() {
    let good = r#"{"data":{"amount":"95000.12"}}"#;
    for act in [
        Act::Pads,
        Act::Redirects,
        Act::Fails(429, good),
        Act::Breaks,
        Act::Says("{}"),
        Act::SaysOld(good, "601"),
        Act::SaysOld(good, "-1"),
        Act::SaysOld(good, "99999999999999999999999999"),
    ] {
        let double = Double::start().await;
        double.act("odd", act);
        double.act("good", GOOD);
        let (refresher, rates) = refresher(&double, &["odd", "good"], 2);
        let too_few = Disagreement::TooFew { answered: 1, needed: 2 };
        assert_eq!(refresher.refresh(NOW).await, Err(too_few), "{act:?}");
        assert_eq!(rates.current(NOW), Err(RateUnavailable::NotKnown), "{act:?}");
        let stats = refresher.stats();
        assert_eq!((stats.found, stats.not_found), (0, 1));
        let counts: Vec<_> = stats.sources.iter().map(|one| (one.answered, one.failed)).collect();
        assert_eq!(counts, [(0, 1), (1, 0)], "{act:?}");
    }
}

#[tokio::test]
async fn the_last_value_is_kept_until_its_limit() {
    let double = Double::start().await;
    double.act("a", GOOD);
    double.act("b", GOOD);
    let (refresher, rates) = refresher(&double, &["a", "b"], 2);
    refresher.refresh(NOW).await.unwrap();
    double.act("a", Act::Fails(503, ""));
    double.act("b", Act::Says("{}"));
    refresher.refresh(NOW + 60).await.unwrap_err();
    assert_eq!(rates.current(NOW + MAX_AGE_S), Ok(usd("95000.12")));
    let late = rates.current(NOW + MAX_AGE_S + 1);
    assert_eq!(late, Err(RateUnavailable::Stale { age_s: 601, max_age_s: 600 }));
    assert_eq!(rates.last(), Some(usd("95000.12")), "for showing only");
    double.act("a", GOOD);
    double.act("b", GOOD);
    refresher.refresh(NOW + MAX_AGE_S + 1).await.unwrap();
    assert_eq!(rates.current(NOW + MAX_AGE_S + 1), Ok(usd("95000.12")));
}

#[tokio::test]
async fn what_a_cache_had_kept_is_as_old_as_the_cache_says() {
    let double = Double::start().await;
    double.act("a", GOOD);
    double.act("b", Act::SaysOld(r#"{"data":{"amount":"95000.12"}}"#, "200"));
    let (refresher, rates) = refresher(&double, &["a", "b"], 2);
    refresher.refresh(NOW).await.unwrap();
    assert_eq!(rates.current(NOW + 400), Ok(usd("95000.12")));
    let late = rates.current(NOW + 401);
    assert_eq!(late, Err(RateUnavailable::Stale { age_s: 601, max_age_s: 600 }));
}

#[tokio::test]
async fn two_that_contradict_each_other_are_both_not_believed() {
    let double = Double::start().await;
    double.act("a", GOOD);
    double.act("b", Act::Says(r#"{"data":{"amount":"47000"}}"#));
    let (refresher, rates) = refresher(&double, &["a", "b"], 2);
    assert!(matches!(refresher.refresh(NOW).await, Err(Disagreement::Apart { .. })));
    assert!(rates.current(NOW).is_err());
}

#[tokio::test]
async fn the_later_ones_of_the_list_stand_in_and_are_not_asked_otherwise() {
    let double = Double::start().await;
    for name in ["a", "b", "c", "d"] {
        double.act(name, GOOD);
    }
    let (refresher, _) = refresher(&double, &["a", "b", "c", "d"], 2);
    refresher.refresh(NOW).await.unwrap();
    let asked = || ["a", "b", "c", "d"].map(|name| double.asked(name));
    assert_eq!(asked(), [1, 1, 0, 0]);
    double.act("a", Act::Fails(500, ""));
    refresher.refresh(NOW).await.unwrap();
    assert_eq!(asked(), [2, 2, 1, 0], "one stands in for the one that failed");
    double.act("a", Act::Says(r#"{"data":{"amount":"47000"}}"#));
    refresher.refresh(NOW).await.unwrap();
    assert_eq!(asked(), [3, 3, 2, 0], "another decides between two that differ");
}

#[tokio::test]
async fn the_rate_is_found_without_anybody_asking_for_it() {
    let double = Double::start().await;
    double.act("a", GOOD);
    double.act("b", GOOD);
    let (refresher, mut rates) = refresher(&double, &["a", "b"], 2);
    let runner = tokio::spawn(async move { refresher.run(|| NOW).await });
    assert_eq!(rates.next().await, Some(usd("95000.12")));
    runner.abort();
}
