//! Serves the pages with the sample listings and one checked listing, to look at them:
//! `cargo run -p farebox-web --example preview`, then open http://127.0.0.1:4021/.

use farebox_directory::{Check, Directory, HealthStatus, ListingFacts, Outcome, Protocol};
use farebox_money::{BtcUsd, MicroUsd, Sats};
use farebox_store::{Database, DatabaseOptions};
use farebox_web::PageSettings;
use jiff::Timestamp;
use std::error::Error;

const ADDRESS: &str = "127.0.0.1:4021";
const CHECK_PERIOD_S: i64 = 3_600;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("preview.sqlite");
    let database =
        Database::open(&path, [farebox_directory::schema()], DatabaseOptions::Exclusive)?;
    let rate = BtcUsd::new(MicroUsd::new(95_000_000_000));
    let directory = Directory::open(database.into(), rate).await?;
    directory.import_samples(Timestamp::now()).await?;
    list_weather(&directory).await?;
    let public_url = format!("http://{ADDRESS}");
    let pages = farebox_web::routes(directory.clone(), PageSettings { public_url, demo: true });
    let listener = tokio::net::TcpListener::bind(ADDRESS).await?;
    let router = axum::Router::from(pages.merge(farebox_directory::routes(directory)));
    axum::serve(listener, router).await?;
    Ok(())
}

async fn list_weather(directory: &Directory) -> Result<(), Box<dyn Error>> {
    let url = format!("http://{ADDRESS}/demo/weather");
    let facts = ListingFacts {
        description: "Typical weather of a city in the current month. Query: ?city=Lisbon.".into(),
        category: "real-time-data/weather".to_owned(),
        provider: "Farebox demo".to_owned(),
        price_sats: Some(Sats::new(5)),
        payment_asset: Some("BTC".to_owned()),
        payment_network: Some("Lightning".to_owned()),
        source: "exclusive".to_owned(),
        featured: true,
        sample_data: true,
        is_demo: true,
        ..ListingFacts::new(&url, Some("GET"), Protocol::L402, "Demo Weather")
    };
    let now = Timestamp::now();
    let id = directory.upsert_listing(facts, now).await?;
    for hour in (0..24_i64).rev() {
        let (healthy, outcome) = match hour {
            9 => (HealthStatus::Down, Outcome::Connect),
            _ => (HealthStatus::Healthy, Outcome::Payable),
        };
        let at = Timestamp::from_second(now.as_second() - hour * CHECK_PERIOD_S)?;
        let check = Check {
            response_time_ms: (hour != 9)
                .then(|| 40 + u32::try_from(hour * hour % 37).unwrap_or(0)),
            http_status: (hour != 9).then_some(402),
            error_message: (hour == 9).then(|| "connection refused".to_owned()),
            ..Check::new(at, healthy, outcome)
        };
        directory.record_check(&id, check).await?;
    }
    Ok(())
}
