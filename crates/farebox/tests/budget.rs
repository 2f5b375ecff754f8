//! One budget for many processes, also for those that die.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use common::seller::Market;
use common::{json, stderr};
use farebox_money::Msat;
use serde_json::Value;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What the program says of the day: spent, and payments.
async fn day(market: &Market) -> (Msat, u64) {
    let budget = budget(market).await;
    let row = budget["limits"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["scope"] == "everything" && row["window"] == "day");
    let row = row.unwrap();
    (Msat::new(row["spent_msat"].as_u64().unwrap()), row["calls"].as_u64().unwrap())
}

async fn budget(market: &Market) -> Value {
    json(&market.run(&["budget", "--json"]).await)
}

/// The sum of all receipts, and their number.
async fn receipts(market: &Market) -> (Msat, u64) {
    let shown = json(&market.run(&["receipts", "--limit", "1000", "--json"]).await);
    let receipts = shown["receipts"].as_array().unwrap();
    let sum = |receipt: &Value| {
        receipt["amount_msat"].as_u64().unwrap() + receipt["fee_msat"].as_u64().unwrap()
    };
    (Msat::new(receipts.iter().map(sum).sum()), receipts.len().try_into().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_processes_at_once_never_spend_more_than_a_day_allows() {
    let market = Market::open().await;
    market.set_policy("windows = \"rolling\"\ntotal = { day = \"100 sats\" }");
    let arguments = ["--max-fee", "5", "--json", "--payment-timeout", "30s"];
    // No payment ends before all have decided; each sets 10 sats aside.
    market.network.faults().hold();
    let paths: Vec<String> = (0..50).map(|number| format!("/{number}")).collect();
    let refused = AtomicU64::new(0);
    let gets = paths.iter().map(async |path| {
        let output = market.get(path, &arguments).await;
        if output.status.code() == Some(2) && refused.fetch_add(1, Ordering::SeqCst) == 39 {
            market.network.faults().release();
        }
        output
    });
    let outputs = futures_util::future::join_all(gets).await;
    for output in outputs.iter().filter(|output| output.status.code() != Some(0)) {
        assert_eq!(output.status.code(), Some(2), "{}", stderr(output));
        assert!(stderr(output).contains("\"over_budget\""), "{}", stderr(output));
    }
    let bought = 50 - refused.into_inner();
    assert_eq!(bought, 10);
    assert_eq!(market.spent().await, Msat::new(bought * 5_000));
    assert_eq!(day(&market).await, (Msat::new(bought * 5_000), bought));
    // One after the other, all but the last fee's room is used.
    for number in bought..20 {
        let output = market.get(&format!("/later/{number}"), &arguments).await;
        let expected = if number < 19 { 0 } else { 2 };
        assert_eq!(output.status.code(), Some(expected), "{number}: {}", stderr(&output));
    }
    assert_eq!(market.spent().await, Msat::new(95_000));
    assert_eq!(receipts(&market).await, (Msat::new(95_000), 19));
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_killed_the_books_end_at_what_the_wallet_paid() {
    const CAP: Msat = Msat::new(60_000);
    let market = Market::open().await;
    market.seller.set_expiry_s(20);
    market.set_policy("windows = \"rolling\"\ntotal = { day = \"60 sats\" }");
    // Long enough that some die while the wallet is at it.
    market.network.faults().delay_after_settling(Duration::from_millis(40));
    let mut killed = 0;
    for round in 0..6_u64 {
        let children: Vec<_> = (0..10_u64)
            .map(|number| {
                let url = format!("{}/{round}/{number}", market.url);
                let mut command = market.command(&["get", "--max-fee", "5", &url]);
                command.stdout(Stdio::null()).stderr(Stdio::null());
                command.spawn().unwrap()
            })
            .collect();
        for (number, mut child) in (0_u64..).zip(children) {
            // At other moments in each round, from before the database is open to the end.
            tokio::time::sleep(Duration::from_millis((round * 13 + number * 29) % 90)).await;
            killed += u64::from(child.try_wait().unwrap().is_none());
            child.kill().unwrap();
            child.wait().unwrap();
            assert!(market.spent().await <= CAP);
        }
    }
    assert!(killed > 0, "none was killed in time");
    // Nothing is certain of what was not sent before its invoice has expired.
    let mut left = Value::Null;
    for _ in 0..60 {
        json(&market.run(&["budget", "reconcile", "--json"]).await);
        left = budget(&market).await["reserved"].clone();
        if left == Value::Array(Vec::new()) {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(left, Value::Array(Vec::new()), "something stays reserved");
    let spent = market.spent().await;
    assert!(spent <= CAP, "{spent} were paid");
    assert_eq!(day(&market).await.0, spent);
    assert_eq!(receipts(&market).await.0, spent);
    // What is left can be spent to the last sat but the room for a fee, and no further.
    market.network.faults().delay_after_settling(Duration::ZERO);
    for number in 0..=12 {
        let output = market.get(&format!("/last/{number}"), &["--max-fee", "5"]).await;
        match output.status.code() {
            Some(0) => {}
            Some(2) => break,
            other => panic!("{other:?}: {}", stderr(&output)),
        }
    }
    assert_eq!(market.spent().await, Msat::new(55_000));
    assert_eq!(receipts(&market).await.0, Msat::new(55_000));
    let verified = market.run(&["receipts", "--verify"]).await;
    assert!(verified.status.success(), "{}", stderr(&verified));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_get_finds_out_what_became_of_a_killed_one() {
    let market = Market::open().await;
    // Room for one payment and its fee.
    market.set_policy("total = { day = \"19 sats\" }");
    let arguments = ["--max-fee", "5", "--payment-timeout", "1s"];
    market.network.faults().hold();
    let held = market.get("/held", &arguments).await;
    assert_eq!(held.status.code(), Some(3), "{}", stderr(&held));
    let blocked = market.get("/other", &arguments).await;
    assert_eq!(blocked.status.code(), Some(2), "{}", stderr(&blocked));
    market.network.faults().release();
    // Settled with its real fee, of nothing, it leaves room for another.
    let output = market.get("/other", &arguments).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(market.spent().await, Msat::new(10_000));
    assert_eq!(day(&market).await, (Msat::new(10_000), 2));
}
