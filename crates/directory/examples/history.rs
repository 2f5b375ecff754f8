//! Fills histories as probes do and says what they cost: bytes for a listing and day, the time of a
//! batch of 3,000 checks, the time to read the history of one listing.
//!
//! `cargo run --release -p farebox-directory --example history -- 100`, and the same with
//! `TEST_DATABASE=postgres` and `TEST_POSTGRES` set. The number is that of the listings that are
//! probed through all of the time; the others get copies of their days.

use axum::Router;
use axum::body::Body;
use farebox_directory::{Check, Directory, HealthStatus, ListingFacts, Outcome, Protocol};
use farebox_store::{Dialect, StoreError, Transaction, params};
use http::Request;
use http_body_util::BodyExt;
use jiff::Timestamp;
use std::error::Error;
use std::time::{Duration, Instant};
use tower::ServiceExt;

/// 2026-10-01T00:00:00Z.
const START_S: i64 = 1_790_812_800;
const DAYS: i64 = 33;
const SLOTS: i64 = 288;
const LISTINGS: usize = 10_000;
const BATCH: usize = 3_000;
/// What the size is told for.
const ENDPOINTS: f64 = 100_000.0;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let probed = std::env::args().nth(1).map_or(Ok(100), |count| count.parse())?;
    let database = farebox_testing::database();
    let store = database.open(|| vec![farebox_directory::schema()]).await;
    let dialect = store.read(|transaction| Ok(transaction.dialect())).await?;
    println!("database    {dialect:?}");
    let directory = Directory::open(store, None).await?;
    let facts = (0..LISTINGS).map(|number| {
        let url = format!("https://host-{}.example/{number}", number / 10);
        ListingFacts::new(&url, Some("GET"), Protocol::L402, &format!("Endpoint {number}"))
    });
    let start = Timestamp::from_second(START_S)?;
    let ids = directory.set_own_listings(facts.collect(), start).await?;
    fill(&directory, &ids, probed).await?;
    copy(&directory, probed).await?;
    size(&directory).await?;
    batches(&directory, &ids).await?;
    reads(&directory, &ids).await
}

/// A check of a listing in a slot: a few incidents, latencies that follow the hour of the day.
fn check(listing: usize, slot: i64) -> Result<Check, Box<dyn Error>> {
    let seed = (u64::try_from(slot)? * 2_654_435_761) ^ (listing as u64 * 40_503);
    let noise = u32::try_from((seed >> 7) % 100)?;
    let jitter = i64::from(noise);
    let at = Timestamp::from_second(START_S + slot * 300 + jitter)?;
    let hour = u32::try_from(slot / 12 % 24)?;
    let spell = (u64::try_from(slot)? / 6 + listing as u64 * 31) % 331;
    let check = match spell {
        0 => Check {
            error_message: Some("The server did not answer in time.".to_owned()),
            ..Check::new(at, HealthStatus::Down, Outcome::Timeout)
        },
        _ => Check {
            response_time_ms: Some(150 + 8 * hour + 3 * noise),
            http_status: Some(402),
            ..Check::new(at, HealthStatus::Healthy, Outcome::Payable)
        },
    };
    Ok(check)
}

async fn fill(directory: &Directory, ids: &[String], probed: usize) -> Result<(), Box<dyn Error>> {
    let (begun, mut checks) = (Instant::now(), 0);
    let slots = i64::try_from(BATCH / probed)?;
    for slot in (0..DAYS * SLOTS).step_by(BATCH / probed) {
        let mut batch = Vec::with_capacity(BATCH);
        for slot in slot..(slot + slots).min(DAYS * SLOTS) {
            for (listing, id) in ids.iter().enumerate().take(probed) {
                batch.push((id.clone(), check(listing, slot)?));
            }
        }
        checks += directory.record_checks(batch).await?;
    }
    let elapsed = begun.elapsed();
    println!("filled      {checks} checks of {probed} listings in {elapsed:.1?}");
    Ok(())
}

/// Gives every listing the days and the state of one that was probed: day by day and in no order
/// of listings, as probes end them.
async fn copy(directory: &Directory, probed: usize) -> Result<(), Box<dyn Error>> {
    let work = move |transaction: &Transaction<'_>| -> Result<u64, StoreError> {
        let places = "SELECT id, row_number() OVER (ORDER BY id) AS place FROM listing";
        let histories = "SELECT listing_id AS id, row_number() OVER (ORDER BY listing_id) AS place \
                      FROM listing_health";
        let pairs = format!(
            "SELECT other.id AS id, probed.id AS source FROM ({places}) AS other \
             JOIN ({histories}) AS probed ON other.place % {probed} = probed.place % {probed} \
             WHERE other.id NOT IN (SELECT listing_id FROM listing_health)"
        );
        let days = format!(
            "INSERT INTO health_day (listing_id, day, record) \
             SELECT pair.id, day, record FROM health_day JOIN ({pairs}) AS pair \
             ON listing_id = pair.source ORDER BY day, random()"
        );
        let runs = format!(
            "INSERT INTO health_run SELECT pair.id, started_ms, ended_ms, status, checks, outcome, \
             http_status, error_message FROM health_run JOIN ({pairs}) AS pair \
             ON listing_id = pair.source ORDER BY started_ms"
        );
        let state = format!(
            "INSERT INTO listing_health SELECT pair.id, status, state, recent, day, codes, past, \
             changed_seq FROM listing_health JOIN ({pairs}) AS pair ON listing_id = pair.source \
             ORDER BY random()"
        );
        let copied = transaction.execute(&days, params![])?;
        transaction.execute(&runs, params![])?;
        transaction.execute(&state, params![])?;
        Ok(copied)
    };
    let copied = directory.store().write(work).await?;
    println!("copied      {copied} days");
    Ok(())
}

async fn size(directory: &Directory) -> Result<(), Box<dyn Error>> {
    let read = |transaction: &Transaction<'_>| {
        let mut sizes = Vec::new();
        for table in ["health_day", "health_run", "listing_health"] {
            let rows = format!("SELECT COUNT(*) FROM {table}");
            let rows: i64 = transaction.one(&rows, params![], |row| row.get(0))?;
            let bytes = match transaction.dialect() {
                Dialect::Sqlite => format!(
                    "SELECT SUM(pgsize) FROM dbstat WHERE name IN \
                     (SELECT name FROM sqlite_schema WHERE tbl_name = '{table}')"
                ),
                Dialect::Postgres => format!("SELECT pg_total_relation_size('{table}')"),
            };
            sizes.push((table, rows, transaction.one(&bytes, params![], |row| row.get(0))?));
        }
        Ok(sizes)
    };
    let sizes: Vec<(&str, i64, i64)> = directory.store().read(read).await?;
    let mut gigabytes = 0.0;
    for (table, rows, bytes) in sizes {
        #[expect(clippy::cast_precision_loss, reason = "sizes are told to three digits")]
        let (rows, bytes) = (rows as f64, bytes as f64);
        let listing_days = if table == "listing_health" { 1.0 } else { f64::from(30_u32) };
        #[expect(clippy::cast_precision_loss, reason = "as above")]
        let of_listing = bytes / LISTINGS as f64 * listing_days
            / if table == "listing_health" { 1.0 } else { (DAYS - 1) as f64 };
        gigabytes += of_listing * ENDPOINTS / 1e9;
        println!(
            "{table:<15} {rows} rows, {:.0} bytes a row, {of_listing:.0} bytes for a listing and 30 days",
            bytes / rows
        );
    }
    println!("all of it   {gigabytes:.2} GB for {ENDPOINTS} listings and 30 days");
    Ok(())
}

/// Batches of checks on one day, and at midnight, when every listing ends a day.
async fn batches(directory: &Directory, ids: &[String]) -> Result<(), Box<dyn Error>> {
    let mut times = Vec::new();
    for (name, first_slot) in [("same day", 0), ("midnight", SLOTS), ("next day", SLOTS + 12)] {
        times.clear();
        for number in 0..3 {
            let slot = DAYS * SLOTS + first_slot;
            let batch = ids.iter().enumerate().skip(number * BATCH).take(BATCH);
            let batch: Result<Vec<_>, Box<dyn Error>> =
                batch.map(|(place, id)| Ok((id.clone(), check(place, slot)?))).collect();
            let batch = batch?;
            let begun = Instant::now();
            directory.record_checks(batch).await?;
            times.push(begun.elapsed());
            tokio::time::sleep(Duration::from_millis(1_500)).await;
        }
        println!("{BATCH} checks {name}: {times:.0?}");
    }
    Ok(())
}

async fn reads(directory: &Directory, ids: &[String]) -> Result<(), Box<dyn Error>> {
    let end = Timestamp::from_second(START_S + (DAYS + 1) * 86_400 + 4_000)?;
    let clock = farebox_directory::Clock::new(move || end);
    let router: Router = farebox_directory::routes(directory.clone().with_clock(clock)).into();
    let mut times = Vec::new();
    for id in ids.iter().step_by(LISTINGS / 200) {
        let request = Request::get(format!("/api/v1/services/{id}/history")).body(Body::empty())?;
        let begun = Instant::now();
        let answer = router.clone().oneshot(request).await?.into_body().collect().await?;
        times.push((begun.elapsed(), answer.to_bytes().len()));
    }
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    println!("a history   p50 {:.0?}, p99 {:.0?}, {} bytes", at(50).0, at(99).0, at(50).1);
    Ok(())
}
