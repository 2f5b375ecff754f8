//! Where something is missing.

use crate::common::{Fixture, facts, now};
use farebox_directory::{Check, HealthStatus, ListingFacts, Outcome, Protocol};
use http::StatusCode;
use serde_json::json;

#[tokio::test]
async fn gaps_are_told_for_all_rails_and_for_one() {
    let fixture = Fixture::empty().await;
    let weather = |path: &str, protocol| ListingFacts {
        category: "weather".to_owned(),
        ..facts(path, protocol, "Weather")
    };
    fixture.list(weather("a", Protocol::L402)).await;
    let down = fixture.list(weather("b", Protocol::X402)).await;
    let check = Check::new(now(), HealthStatus::Down, Outcome::Gone);
    fixture.directory.record_check(&down, check).await.unwrap();
    let all = fixture.get("/api/v1/opportunities").await.json();
    let gap = json!({
        "category": "weather",
        "endpoints": 2,
        "callable": 1,
        "providers": 1,
        "provider": "api.example.com",
        "protocols": ["L402", "x402"],
        "missing_protocols": ["MPP"],
    });
    for kind in ["poor_coverage", "missing_protocols", "single_provider"] {
        assert_eq!(all[kind], json!([gap]), "{kind}");
    }
    assert_eq!(all["failing_services"][0]["id"], down.as_str());
    assert_eq!(all["failing_services"][0]["consecutive_failures"], 1);
    let one = fixture.get("/api/v1/opportunities?protocol=l402").await.json();
    assert_eq!(one["failing_services"], json!([]));
    assert_eq!(one["missing_protocols"], json!([]));
    let wrong = fixture.get("/api/v1/opportunities?protocol=http").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert_eq!(wrong.json()["error"]["parameters"], json!(["protocol"]));
}
