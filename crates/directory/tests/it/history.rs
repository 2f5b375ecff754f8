//! Checks become history: many at once, over days and restarts, and by clocks that are wrong.

use crate::common::{Fixture, NOW_S, facts, now, outcome};
use farebox_directory::{
    Check, Directory, EventKind, HealthStatus, Outcome, Protocol, RECENT_LEN_MAX, events_after,
};
use farebox_store::{StoreError, params};
use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

const DAY_MS: i64 = 86_400_000;

fn at_ms(after_ms: i64) -> Timestamp {
    Timestamp::from_millisecond(NOW_S * 1_000 + after_ms).unwrap()
}

fn check(after_ms: i64, healthy: HealthStatus) -> Check {
    Check {
        response_time_ms: (healthy == HealthStatus::Healthy).then_some(200),
        http_status: Some(402),
        ..Check::new(at_ms(after_ms), healthy, outcome(healthy))
    }
}

async fn kinds(directory: &Directory) -> Vec<(String, EventKind)> {
    let read = |transaction: &farebox_store::Transaction<'_>| events_after(transaction, 0, 1_000);
    let events = directory.store().read(read).await.unwrap();
    let of_health = events.into_iter().filter(|event| event.kind != EventKind::New);
    of_health.map(|event| (event.listing_id, event.kind)).collect()
}

/// `healthy` and `judged` of a window of `/history`.
fn counts(answer: &Value, window: &str) -> (u64, u64) {
    let figures = &answer["uptime"][window];
    (figures["healthy"].as_u64().unwrap(), figures["judged"].as_u64().unwrap())
}

async fn history(fixture: &Fixture, id: &str) -> Value {
    let answer = fixture.get(&format!("/api/v1/services/{id}/history")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()
}

/// The same fixture, whose clock stands still so long after the others.
fn later(mut fixture: Fixture, after_ms: i64) -> Fixture {
    let clock = farebox_directory::Clock::new(move || at_ms(after_ms));
    fixture.directory = fixture.directory.with_clock(clock);
    fixture
}

#[tokio::test]
async fn many_checks_are_recorded_at_once_and_what_is_gone_is_left_out() {
    let fixture = Fixture::empty().await;
    let mut ids = Vec::new();
    for number in 0..50 {
        ids.push(fixture.list(facts(&number.to_string(), Protocol::L402, "X")).await);
    }
    let healthy = ids.iter().map(|id| (id.clone(), check(0, HealthStatus::Healthy)));
    let mut checks: Vec<_> = healthy.collect();
    checks.push(("nothing".to_owned(), check(0, HealthStatus::Healthy)));
    // Twice the same listing: both count, in their order.
    checks.push((ids[0].clone(), check(60_000, HealthStatus::Down)));
    assert_eq!(fixture.directory.record_checks(checks).await.unwrap(), 51);
    fixture.directory.refresh().await.unwrap();
    assert_eq!(fixture.names("health=healthy").await.len(), 49);
    let events = kinds(&fixture.directory).await;
    assert_eq!(events.len(), 52);
    let of_first: Vec<_> = events.iter().filter(|(id, _)| *id == ids[0]).map(|one| one.1).collect();
    assert_eq!(of_first, [EventKind::HealthChanged, EventKind::HealthChanged, EventKind::Down]);
    let fixture = fixture.reopened().await;
    assert_eq!(fixture.names("health=healthy").await.len(), 49);
    assert_eq!(fixture.names("health=down").await.len(), 1);
}

#[tokio::test]
async fn every_server_follows_the_health_of_another() {
    let fixture = Fixture::empty().await;
    let id = fixture.list(facts("x", Protocol::L402, "X")).await;
    let other = Directory::open(fixture.directory.store().clone(), None).await.unwrap();
    let checks = vec![(id.clone(), check(0, HealthStatus::Healthy))];
    fixture.directory.record_checks(checks).await.unwrap();
    assert!(other.refresh().await.unwrap());
    let seen = other.snapshot().get(&id).unwrap().listing().health.clone();
    assert_eq!(seen.status, HealthStatus::Healthy);
    assert_eq!(seen.recent().len(), 1);
    assert!(!other.refresh().await.unwrap(), "there is nothing new");
}

#[tokio::test]
async fn a_batch_shows_by_itself_a_little_later() {
    let fixture = Fixture::empty().await;
    let id = fixture.list(facts("x", Protocol::L402, "X")).await;
    let status = || fixture.directory.snapshot().get(&id).unwrap().listing().health.status;
    let checks = vec![(id.clone(), check(0, HealthStatus::Healthy))];
    fixture.directory.record_checks(checks).await.unwrap();
    while status() != HealthStatus::Healthy {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn forty_days_are_told_by_window_and_by_day() {
    let mut fixture = Fixture::empty().await;
    let id = fixture.list(facts("x", Protocol::L402, "X")).await;
    // Every six hours for forty days; the third check of each day finds it down.
    for day in -40..=0_i64 {
        let checks = (0..4_i64).map(|quarter| {
            let healthy = if quarter == 2 { HealthStatus::Down } else { HealthStatus::Healthy };
            (id.clone(), check(day * DAY_MS + quarter * DAY_MS / 4, healthy))
        });
        fixture.directory.record_checks(checks.collect()).await.unwrap();
        if day % 7 == 0 {
            fixture = fixture.reopened().await;
        }
    }
    // The last check was made 18 hours after the beginning.
    let fixture = later(fixture.reopened().await, DAY_MS * 3 / 4);
    let answer = history(&fixture, &id).await;
    assert_eq!(counts(&answer, "24h"), (3, 4));
    assert_eq!(counts(&answer, "7d"), (21, 28));
    assert_eq!(counts(&answer, "30d"), (90, 120));
    assert_eq!(counts(&answer, "90d"), (123, 164));
    assert_eq!(answer["uptime"]["30d"]["ratio"], 0.75);
    let p50 = answer["uptime"]["30d"]["latency_p50_ms"].as_u64().unwrap();
    assert!((195..=205).contains(&p50), "{p50}");
    assert_eq!(answer["days"].as_array().unwrap().len(), 42, "the checks began at 8 o'clock");
    assert_eq!(answer["incidents"].as_array().unwrap().len(), 41);
    let detail = fixture.get(&format!("/api/v1/services/{id}")).await.json();
    assert_eq!(detail["uptime"], answer["uptime"], "both end with the same slot");
    assert_eq!(detail["uptime_30d"], 0.75);
    let checks = detail["health_checks"].as_array().unwrap();
    assert_eq!((checks.len(), &checks[0]["id"]), (RECENT_LEN_MAX, &json!(164)));
}

#[tokio::test]
async fn the_incident_log_is_exact_to_the_millisecond() {
    let fixture = Fixture::empty().await;
    let id = fixture.list(facts("x", Protocol::L402, "X")).await;
    let down = |after_ms, outcome, message: &str| Check {
        error_message: Some(message.to_owned()),
        ..Check::new(at_ms(after_ms), HealthStatus::Down, outcome)
    };
    for check in [
        check(0, HealthStatus::Healthy),
        down(1_001, Outcome::Timeout, "slow"),
        check(2_002, HealthStatus::Unknown),
        down(3_003, Outcome::Connect, "refused"),
        check(64_004, HealthStatus::Degraded),
        down(70_000, Outcome::Gone, "gone"),
    ] {
        fixture.directory.record_check(&id, check).await.unwrap();
    }
    let fixture = later(fixture.reopened().await, 100_000);
    let incidents = history(&fixture, &id).await["incidents"].clone();
    let expected = json!([
        {
            "started_at": at_ms(70_000), "ended_at": null, "duration_seconds": 30,
            "failed_checks": 1, "outcome": "gone", "http_status": null, "error_message": "gone",
        },
        {
            "started_at": at_ms(1_001), "ended_at": at_ms(64_004), "duration_seconds": 63,
            "failed_checks": 2, "outcome": "connect", "http_status": null,
            "error_message": "refused",
        },
    ]);
    assert_eq!(incidents, expected);
}

#[tokio::test]
async fn what_a_clock_that_was_ahead_left_is_taken_back() {
    let fixture = Fixture::empty().await;
    let id = fixture.list(facts("x", Protocol::L402, "X")).await;
    let record = async |check| fixture.directory.record_check(&id, check).await.unwrap();
    record(check(0, HealthStatus::Healthy)).await;
    record(check(600_000, HealthStatus::Healthy)).await;
    // The clock jumps two years and finds the endpoint down, and up, and down; then it is put right.
    for (days, verdict) in
        [(730, HealthStatus::Down), (731, HealthStatus::Healthy), (732, HealthStatus::Down)]
    {
        record(check(days * DAY_MS, verdict)).await;
    }
    record(check(1_200_000, HealthStatus::Healthy)).await;
    // A check of a server whose clock is a minute behind comes right after the one before.
    record(check(1_140_000, HealthStatus::Healthy)).await;
    let listing = fixture.directory.snapshot().get(&id).unwrap().listing().clone();
    assert_eq!(listing.health.consecutive_failures, 0);
    assert_eq!(listing.health.recent().len(), 4, "what was taken back is not shown either");
    let times: Vec<_> = listing.health.recent().iter().map(|seen| seen.check.checked_at).collect();
    assert_eq!(times[..2], [at_ms(1_200_001), at_ms(1_200_000)]);
    let fixture = later(fixture, 1_200_000);
    let answer = history(&fixture, &id).await;
    assert_eq!(counts(&answer, "30d"), (3, 3));
    assert_eq!(answer["incidents"], json!([]));
    assert_eq!(answer["days"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_listing_that_cannot_be_probed_loses_its_history() {
    let fixture = Fixture::empty().await;
    let id = fixture.list(facts("x", Protocol::L402, "X")).await;
    for day in 0..3 {
        let verdict = if day == 1 { HealthStatus::Down } else { HealthStatus::Healthy };
        fixture.directory.record_check(&id, check(day * DAY_MS, verdict)).await.unwrap();
    }
    let rows = async |table: &'static str| {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        let read = move |transaction: &farebox_store::Transaction<'_>| {
            transaction.one(&sql, params![], |row| row.get::<i64>(0))
        };
        fixture.directory.store().read(read).await.unwrap()
    };
    assert_eq!((rows("listing_health").await, rows("health_day").await), (1, 2));
    assert_eq!(rows("health_run").await, 2);
    let drop_listing = {
        let id = id.clone();
        move |transaction: &farebox_store::Transaction<'_>| {
            transaction.execute("DELETE FROM listing WHERE id = ?1", params![id])
        }
    };
    fixture.directory.store().write::<_, StoreError, _>(drop_listing).await.unwrap();
    for table in ["listing_health", "health_day", "health_run"] {
        assert_eq!(rows(table).await, 0, "{table}");
    }
}

#[tokio::test]
async fn checks_from_before_there_were_histories_are_taken_in() {
    let fixture = Fixture::empty().await;
    let id = fixture.list(facts("x", Protocol::L402, "X")).await;
    let old = id.clone();
    let insert = move |transaction: &farebox_store::Transaction<'_>| -> Result<(), StoreError> {
        for (age_s, status, ms, http) in [
            (90_000_i64, "healthy", Some(120_i64), Some(402_i64)),
            (3_600, "down", None, Some(503)),
            (1_800, "degraded", Some(80), Some(402)),
            (600, "healthy", Some(120), Some(402)),
        ] {
            let sql = "INSERT INTO observation_before_history \
                (listing_id, checked_at, status, response_time_ms, http_status, error_message) \
                VALUES (?1, ?2, ?3, ?4, ?5, NULL)";
            transaction.execute(sql, params![old, NOW_S - age_s, status, ms, http])?;
        }
        Ok(())
    };
    fixture.directory.store().write(insert).await.unwrap();
    let fixture = later(fixture.reopened().await, 0);
    let health = fixture.directory.snapshot().get(&id).unwrap().listing().health.clone();
    assert_eq!(health.status, HealthStatus::Healthy);
    assert_eq!(health.last_checked, Timestamp::from_second(NOW_S - 600).ok());
    assert_eq!(health.recent().len(), 4);
    let answer = history(&fixture, &id).await;
    assert_eq!((counts(&answer, "24h"), counts(&answer, "7d")), ((1, 3), (2, 4)));
    assert_eq!(answer["incidents"].as_array().unwrap().len(), 1);
    // Once is enough.
    let fixture = fixture.reopened().await;
    fixture.directory.record_check(&id, check(0, HealthStatus::Healthy)).await.unwrap();
    let health = fixture.directory.snapshot().get(&id).unwrap().listing().health.clone();
    assert_eq!(health.recent()[0].id, 5);
}

#[tokio::test]
async fn changes_of_price_are_told_beside_the_score() {
    let fixture = later(Fixture::empty().await, 0);
    let mut priced = facts("x", Protocol::L402, "X");
    let id = fixture.list(priced.clone()).await;
    priced.price_sats = Some(farebox_money::Sats::new(9));
    fixture.directory.upsert_listing(priced, now()).await.unwrap();
    let stability = history(&fixture, &id).await["stability"].clone();
    assert_eq!((&stability["price_changes"], &stability["pay_to_changes"]), (&json!(1), &json!(0)));
    let unknown = fixture.get("/api/v1/services/nothing/history").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_history_has_an_end() {
    let fixture = Fixture::empty().await;
    let id = fixture.list(facts("x", Protocol::L402, "X")).await;
    let record = async |check| fixture.directory.record_check(&id, check).await.unwrap();
    record(check(0, HealthStatus::Healthy)).await;
    let listing = id.clone();
    let insert = move |transaction: &farebox_store::Transaction<'_>| -> Result<(), StoreError> {
        let today = NOW_S / 86_400;
        for day in [today - 1_101, today - 1_099] {
            let sql = "INSERT INTO health_day (listing_id, day, record) VALUES (?1, ?2, ?3)";
            transaction.execute(sql, params![listing, day, [0_u8, 100]])?;
        }
        for number in 0..2_100_i64 {
            let sql = "INSERT INTO health_run (listing_id, started_ms, ended_ms, status, checks, \
                       outcome) VALUES (?1, ?2, ?3, 'down', 1, 1)";
            transaction.execute(sql, params![listing, number, number + 1])?;
        }
        Ok(())
    };
    fixture.directory.store().write(insert).await.unwrap();
    record(check(DAY_MS, HealthStatus::Down)).await;
    let read = |transaction: &farebox_store::Transaction<'_>| {
        let days = "SELECT COUNT(*) FROM health_day";
        let runs = "SELECT COUNT(*), MIN(started_ms) FROM health_run";
        let days: i64 = transaction.one(days, params![], |row| row.get(0))?;
        let pair = |row: &farebox_store::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let runs = transaction.one::<_, StoreError>(runs, params![], pair)?;
        Ok((days, runs))
    };
    let kept: (i64, (i64, i64)) = fixture.directory.store().read(read).await.unwrap();
    // The day that ended and the one that is young enough; the run that ended and those before it.
    assert_eq!(kept, (2, (2_000, 101)));
}
