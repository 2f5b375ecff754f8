//! What people look for in the sample listings, and what comes first.

use crate::common::{Fixture, facts};
use farebox_directory::{ListingFacts, Protocol};

#[tokio::test]
async fn tiers_come_in_the_documented_order() {
    let fixture = Fixture::empty().await;
    let described = |path: &str, name: &str, description: &str| ListingFacts {
        description: description.to_owned(),
        ..facts(path, Protocol::L402, name)
    };
    fixture.list(described("d", "Rain in your city", "and the forecast of it")).await;
    fixture.list(described("c", "Skies", "A City Forecast by the hour")).await;
    fixture.list(described("b", "The city forecast service", "")).await;
    fixture.list(described("a", "City Forecast", "")).await;
    fixture.list(described("e", "Something else", "")).await;
    let names = fixture.names("q=city+forecast").await;
    let expected = ["City Forecast", "The city forecast service", "Skies", "Rain in your city"];
    assert_eq!(names, expected);
    let by_name = fixture.names("q=city+forecast&sort=name&order=desc").await;
    assert_eq!(by_name[0], "The city forecast service");
    assert_eq!(by_name.len(), 4);
}

#[tokio::test]
async fn plain_requests_find_what_they_ask_for() {
    let fixture = Fixture::with_samples().await;
    for (query, expected) in [
        ("weather", "weather"),
        ("weather forecast for a city", "forecast"),
        ("bitcoin price", "price"),
        ("send sms", "sms"),
        ("book a flight", "flight"),
        ("generate an image from a prompt", "image"),
        ("translate text", "translat"),
        ("WEB   Search", "search"),
    ] {
        let names = fixture.names(&format!("q={}&limit=1", query.replace(' ', "+"))).await;
        assert!(names[0].to_lowercase().contains(expected), "{query}: {names:?}");
    }
}

#[tokio::test]
async fn nonsense_finds_nothing() {
    let fixture = Fixture::with_samples().await;
    assert_eq!(fixture.names("q=zzqxv").await, [""; 0]);
    assert_eq!(fixture.names("q=%25").await.len(), fixture.names("q=%25&sort=name").await.len());
}
