//! Imports, new listings and checks.

use crate::common::{Fixture, NOW_S, facts, now};
use farebox_directory::{Check, DirectoryError, HealthStatus, ListingFacts, Outcome, Protocol};
use farebox_money::Sats;
use jiff::Timestamp;

fn healthy() -> Check {
    Check {
        response_time_ms: Some(50),
        http_status: Some(402),
        ..Check::new(now(), HealthStatus::Healthy, Outcome::Payable)
    }
}

#[tokio::test]
async fn samples_are_imported_once() {
    let fixture = Fixture::with_samples().await;
    let before = fixture.directory.snapshot();
    assert_eq!(fixture.directory.import_samples(now()).await.unwrap(), 4_715);
    let fixture = fixture.reopened().await;
    assert_eq!(fixture.directory.import_samples(now()).await.unwrap(), 4_715);
    let after = fixture.directory.snapshot();
    assert!(before.listings().eq(after.listings()), "a stored listing reads back changed");
}

#[tokio::test]
async fn a_real_listing_is_not_replaced_by_a_sample() {
    let fixture = Fixture::empty().await;
    let real = ListingFacts {
        url: "https://api.apex-db.org/v1/apex".to_owned(),
        ..facts("", Protocol::Mpp, "The real one")
    };
    let id = fixture.list(real).await;
    assert_eq!(fixture.directory.import_samples(now()).await.unwrap(), 4_715);
    let snapshot = fixture.directory.snapshot();
    assert_eq!(snapshot.get(&id).unwrap().listing().facts.name, "The real one");
}

#[tokio::test]
async fn a_listing_keeps_its_id_and_its_health_when_its_facts_change() {
    let fixture = Fixture::empty().await;
    let id = fixture.list(facts("x", Protocol::L402, "Before")).await;
    assert_eq!(id.len(), 12);
    fixture.directory.record_check(&id, healthy()).await.unwrap();
    let later = Timestamp::from_second(NOW_S + 60).unwrap();
    let changed = ListingFacts {
        url: "https://api.example.com/x/".to_owned(),
        price_sats: Some(Sats::new(9)),
        ..facts("x", Protocol::L402, "After")
    };
    assert_eq!(fixture.directory.upsert_listing(changed, later).await.unwrap(), id);
    let before = fixture.directory.snapshot();
    let fixture = fixture.reopened().await;
    for snapshot in [before, fixture.directory.snapshot()] {
        assert_eq!(snapshot.len(), 1);
        let listing = snapshot.get(&id).unwrap().listing();
        assert_eq!(listing.facts.name, "After");
        assert_eq!(listing.health.status, HealthStatus::Healthy);
        assert_eq!((listing.registered_at, listing.updated_at), (now(), later));
    }
}

#[tokio::test]
async fn a_reader_keeps_the_directory_it_began_with() {
    let fixture = Fixture::empty().await;
    let id = fixture.list(facts("x", Protocol::L402, "X")).await;
    let before = fixture.directory.snapshot();
    fixture.directory.record_check(&id, healthy()).await.unwrap();
    let status =
        |snapshot: &farebox_directory::Snapshot| snapshot.get(&id).unwrap().listing().health.status;
    assert_eq!(status(&before), HealthStatus::Unknown);
    assert_eq!(status(&fixture.directory.snapshot()), HealthStatus::Healthy);
}

#[tokio::test]
async fn checks_of_many_listings_at_once_all_show() {
    let fixture = Fixture::empty().await;
    let mut ids = Vec::new();
    for number in 0..20 {
        ids.push(fixture.list(facts(&number.to_string(), Protocol::L402, "X")).await);
    }
    let checks = ids.iter().cloned().map(|id| {
        let directory = fixture.directory.clone();
        tokio::spawn(async move { directory.record_check(&id, healthy()).await })
    });
    for check in checks.collect::<Vec<_>>() {
        check.await.unwrap().unwrap();
    }
    assert_eq!(fixture.names("health=healthy").await.len(), 20);
}

#[tokio::test]
async fn what_is_not_there_cannot_be_checked() {
    let fixture = Fixture::empty().await;
    let outcome = fixture.directory.record_check("nothing", healthy()).await;
    assert!(matches!(outcome, Err(DirectoryError::UnknownListing(_))));
    let mut bad = facts("x", Protocol::L402, "X");
    bad.url = "file:///etc/passwd".to_owned();
    let outcome = fixture.directory.upsert_listing(bad, now()).await;
    assert!(matches!(outcome, Err(DirectoryError::Listing(_))));
    assert!(fixture.directory.snapshot().is_empty());
}

#[tokio::test]
async fn the_servers_own_listings_follow_its_address() {
    let fixture = Fixture::empty().await;
    let own = |host: &str| {
        ["/a", "/b"].map(|path| {
            let mut facts = facts("own", Protocol::L402, "Own");
            facts.url = format!("http://{host}{path}");
            facts
        })
    };
    let directory = &fixture.directory;
    let first = directory.set_own_listings(own("127.0.0.1:1").to_vec(), now()).await.unwrap();
    let again = directory.set_own_listings(own("127.0.0.1:1").to_vec(), now()).await.unwrap();
    assert_eq!(first, again);
    directory.upsert_listing(facts("other", Protocol::L402, "Other"), now()).await.unwrap();
    let moved = directory.set_own_listings(own("127.0.0.1:2").to_vec(), now()).await.unwrap();
    let snapshot = directory.snapshot();
    assert_eq!(snapshot.len(), 3, "two of its own and the other one");
    assert!(moved.iter().all(|id| snapshot.get(id).is_some_and(|e| e.listing().facts.is_demo)));
    assert!(first.iter().all(|id| snapshot.get(id).is_none()));
}
