//! `GET /api/v1/health`

use crate::common::{Fixture, facts, now};
use farebox_directory::import::Import;
use farebox_directory::import::formats::Format;
use farebox_directory::{Check, HealthStatus, ListingFacts, Outcome, Protocol};
use serde_json::{Value, json};
use std::io::Cursor;

#[tokio::test]
async fn counts_tell_hosts_from_listings() {
    let fixture = Fixture::empty().await;
    let checked = fixture.list(facts("a", Protocol::L402, "A")).await;
    fixture.list(facts("b/{id}", Protocol::X402, "B")).await;
    let demo = ListingFacts {
        url: "https://demo.example.com/".to_owned(),
        is_demo: true,
        ..facts("", Protocol::L402, "C")
    };
    fixture.list(demo).await;
    let check = Check::new(now(), HealthStatus::Degraded, Outcome::NotPayable);
    fixture.directory.record_check(&checked, check).await.unwrap();
    let expected = json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "sample_data": false,
        "total_endpoints": 3,
        "distinct_services": 2,
        "distinct_providers_raw": 2,
        "distinct_providers": 1,
        "excluded_templates": 1,
        "excluded_demos": 1,
        "by_protocol": {
            "L402": {"endpoints": 2, "services": 2, "providers_raw": 2, "providers": 1},
            "MPP": {"endpoints": 0, "services": 0, "providers_raw": 0, "providers": 0},
            "x402": {"endpoints": 1, "services": 1, "providers_raw": 1, "providers": 0},
        },
        "by_health": {"healthy": 0, "degraded": 1, "down": 0, "unknown": 2},
        "by_source": {"self-registered": 3},
        "last_bazaar_sync": null,
        "last_satring_sync": null,
        "last_l402apps_sync": null,
        "last_mpp_sync": null,
        "last_health_check_run": "2027-01-15T08:00:00Z",
        "sweep": {
            "state": "off",
            "endpoints": 0,
            "probes_per_minute": 0,
            "lag_seconds": 0,
            "under_way": 0,
            "last_recorded": null,
        },
    });
    assert_eq!(fixture.get("/api/v1/health").await.json(), expected);
}

#[tokio::test]
async fn samples_are_admitted() {
    let fixture = Fixture::with_samples().await;
    let health = fixture.get("/api/v1/health").await.json();
    assert_eq!(health["sample_data"], true);
    assert_eq!(health["total_endpoints"], 4_715);
    assert_eq!(health["by_health"]["unknown"], 4_715);
}

#[tokio::test]
async fn it_says_when_lists_were_imported() {
    let fixture = Fixture::empty().await;
    for (source, list) in [("bazaar", "{}"), ("mpp", ""), ("another", "")] {
        let import = Import {
            source: source.to_owned(),
            format: if source == "bazaar" { Format::Bazaar } else { Format::Jsonl },
            document: None,
            trust: None,
            dry_run: false,
        };
        fixture.directory.import(import, Cursor::new(list), |_| {}).await.unwrap();
    }
    let health = fixture.get("/api/v1/health").await.json();
    assert!(health["last_mpp_sync"].is_string());
    assert_eq!(health["last_satring_sync"], Value::Null);
    assert_eq!(health["last_bazaar_sync"], Value::Null, "that was no list of resources");
}
