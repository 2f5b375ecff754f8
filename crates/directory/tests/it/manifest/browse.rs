//! The free endpoints.

use super::{Market, endpoint, submission};
use farebox_directory::{HealthStatus, ListingFacts, Protocol};
use farebox_money::{MicroUsd, Sats};
use http::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn facts(url: &str, protocol: Protocol, name: &str) -> ListingFacts {
    ListingFacts::new(url, Some("GET"), protocol, name)
}

/// What the reference has in its manifest, but for a link that leads nowhere here.
const MANIFEST: &str = "name description version listing_price_sats listing_model protocol \
    l402_protocol endpoints example_listing getting_started agent_quickstart";
const ENDPOINTS: &str = "services service_detail schema submit update status report health claim \
    claim_verify";

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn the_manifest_says_what_there_is_and_what_it_costs() {
    let market = Market::open().await;
    let manifest = market.get("/api").await.json();
    let well_known = market.get("/.well-known/l402-directory.json").await.json();
    assert_eq!(manifest, well_known);
    assert_eq!(keys(&manifest), MANIFEST.split_whitespace().collect());
    assert_eq!(keys(&manifest["endpoints"]), ENDPOINTS.split_whitespace().collect());
    assert_eq!(manifest["listing_price_sats"], 1_000);
    assert_eq!(manifest["listing_model"], "pay-once-forever");
    assert_eq!(manifest["endpoints"]["submit"]["price_sats"], 1_000);
    let report = &manifest["endpoints"]["report"];
    assert_eq!((&report["price_sats"], &report["token_expiry_seconds"]), (&json!(10), &json!(600)));
    assert_eq!(manifest["l402_protocol"]["flow"].as_array().unwrap().len(), 7);
    let types = &manifest["l402_protocol"]["consumption"]["types"];
    let expected = ["api_response", "browser", "display", "download", "stream"];
    assert_eq!(keys(types), expected.into_iter().collect());
    let example = &manifest["example_listing"]["body"];
    let answer = market.submit(example, None).await;
    assert_eq!(
        answer.status,
        StatusCode::PAYMENT_REQUIRED,
        "the example is right: {}",
        answer.text
    );
    let started = &manifest["getting_started"];
    assert_eq!(started["try_an_api"]["example"], "GET https://farebox.example/demo/weather");
    let browse = started["browse_services"]["url"].as_str().unwrap();
    assert_eq!(market.get(browse).await.status, StatusCode::OK);
    let schema = market.get("/api/schema").await;
    assert_eq!(schema.headers["content-type"], "application/json");
    assert_eq!(schema.json()["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema.headers["access-control-allow-origin"], "*");
}

#[tokio::test]
async fn listings_of_one_provider_are_one_service() {
    let market = Market::open().await;
    let first = ListingFacts {
        price_sats: Some(Sats::new(5)),
        provider: "Example Corp".to_owned(),
        category: "ai/text".to_owned(),
        consumption: Some(r#"{"type":"display"}"#.to_owned()),
        ..facts("https://api.example.com/a", Protocol::L402, "First")
    };
    let second = ListingFacts {
        price_usd: Some(MicroUsd::new(2_000)),
        provider: "Example Corp".to_owned(),
        ..facts("https://api.example.com/b", Protocol::L402, "Second")
    };
    let a = market.import(first).await;
    market.import(second).await;
    market.import(facts("https://other.example/c", Protocol::L402, "Other")).await;
    market.check(&a, HealthStatus::Healthy, 60).await;
    let answer = market.get("/api/services").await.json();
    assert_eq!(
        (&answer["total"], &answer["limit"], &answer["offset"]),
        (&json!(1), &json!(100), &json!(0))
    );
    let service = &answer["services"][0];
    assert_eq!(service["name"], "Example Corp");
    assert_eq!((&service["status"], &service["claimed"]), (&json!("live"), &json!(false)));
    assert_eq!(service["categories"], json!(["ai/text", "uncategorized"]));
    let endpoints = service["endpoints"].as_array().unwrap();
    let of = |url: &str| endpoints.iter().find(|one| one["url"] == url).unwrap();
    let a = of("https://api.example.com/a");
    assert_eq!(a["pricing"], json!({"amount": 5, "currency": "sats", "model": "per-request"}));
    assert_eq!((&a["method"], &a["consumption"]), (&json!("GET"), &json!({"type": "display"})));
    let b = of("https://api.example.com/b");
    assert_eq!(b["pricing"], json!({"amount": 0.002, "currency": "usd", "model": "per-request"}));
    assert_eq!((&b["status"], &b["consumption"]), (&json!("new"), &Value::Null));
}

#[tokio::test]
async fn what_does_not_take_payment_is_shown_when_asked_for() {
    let market = Market::open().await;
    let mut ids = Vec::new();
    use HealthStatus::{Degraded, Down, Healthy};
    for (name, health) in
        [("live", Some(Healthy)), ("degraded", Some(Degraded)), ("down", Some(Down)), ("new", None)]
    {
        let url = format!("https://{name}.example/x");
        let listing = market.import(facts(&url, Protocol::L402, name)).await;
        if let Some(health) = health {
            market.check(&listing, health, 60).await;
        }
        ids.push(market.directory.snapshot().get(&listing).unwrap().listing().service_id.clone());
    }
    let x402 = market.import(facts("https://x402.example/x", Protocol::X402, "x402")).await;
    market.check(&x402, Healthy, 60).await;
    assert_eq!(market.ids("").await, ids[..2]);
    for (status, id) in ["live", "degraded", "offline", "new"].iter().zip(&ids) {
        assert_eq!(
            market.ids(&format!("status={status}")).await,
            std::slice::from_ref(id),
            "{status}"
        );
    }
    assert_eq!(market.ids("status=all").await.len(), 4, "a client of L402 cannot pay the fifth");
    assert_eq!(market.ids("status=all&protocol=all").await.len(), 5);
    assert_eq!(market.ids("protocol=x402").await.len(), 1);
    assert_eq!(market.ids("status=all&limit=2").await.len(), 2);
    assert_eq!(market.ids("status=all&limit=2&offset=3").await.len(), 1);
    let health = market.get("/api/health").await.json();
    assert_eq!((&health["total_services"], &health["live_services"]), (&json!(4), &json!(1)));
    assert_eq!(health["all_protocols"], 5);
    let tiers = &health["pricing_tiers"];
    assert_eq!(
        (&tiers["listing"]["price_sats"], &tiers["report"]["price_sats"]),
        (&json!(1000), &json!(10))
    );
}

#[tokio::test]
async fn words_and_categories_find_services() {
    let market = Market::open().await;
    let video = ListingFacts {
        description: "Streams films.".to_owned(),
        category: "media/video".to_owned(),
        ..facts("https://films.example/x", Protocol::L402, "Cinema")
    };
    market.import(video).await;
    market.import(facts("https://news.example/x", Protocol::L402, "Headlines")).await;
    let mut document = submission("Quiet", &["https://quiet.example/x"]);
    document["description"] = json!("Knows every zeppelin.");
    let (_, listed) = market.list(&document).await;
    let quiet = listed["service_id"].as_str().unwrap();
    let names = |query: &'static str| {
        let market = &market;
        async move {
            let answer = market.get(&format!("/api/services?status=all&{query}")).await.json();
            let services = answer["services"].as_array().unwrap().clone();
            services.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        }
    };
    assert_eq!(names("q=cinema").await, ["Cinema"]);
    assert_eq!(names("q=films").await, ["Cinema"]);
    assert_eq!(names("category=media").await, ["Cinema"]);
    assert_eq!(names("category=real-time-data").await, ["Quiet"]);
    assert_eq!(market.ids("status=all&q=ZEPPELIN").await, [quiet], "in words of the whole service");
    assert!(names("q=submarine").await.is_empty());
    let minimal = market.get("/api/services?status=all&q=cinema&format=minimal").await.json();
    let service = &minimal["services"][0];
    let expected = ["id", "name", "description", "status", "categories", "endpoints"];
    assert_eq!(keys(service), expected.into_iter().collect());
    assert_eq!(service["endpoints"], json!([{"url": "https://films.example/x"}]));
}

#[tokio::test]
async fn wrong_parameters_are_named() {
    let market = Market::open().await;
    let answer = market.get("/api/services?statsu=live&limit=501&format=xml").await;
    let expected = (400, "invalid_parameter".to_owned(), vec!["statsu", "limit", "format"]);
    let (status, code, parameters) = answer.error();
    assert_eq!((status, code, parameters.iter().map(String::as_str).collect()), expected);
}

#[tokio::test]
async fn a_service_is_shown_in_full() {
    let market = Market::open().await;
    let mut document = submission("Weather", &["https://weather.example/now"]);
    document["endpoints"].as_array_mut().unwrap().push(endpoint("https://weather.example/{city}"));
    document["health_url"] = json!("https://weather.example/health");
    let (_, listed) = market.list(&document).await;
    let id = listed["service_id"].as_str().unwrap();
    let checked = listed["listing_ids"][0].as_str().unwrap();
    market.check(checked, HealthStatus::Down, 2 * 86_400).await;
    market.check(checked, HealthStatus::Down, 7_200).await;
    market.check(checked, HealthStatus::Healthy, 60).await;
    let detail = market.get(&format!("/api/services/{id}")).await.json();
    assert_eq!((&detail["service_id"], &detail["id"]), (&json!(id), &json!(id)));
    assert_eq!((&detail["name"], &detail["status"]), (&json!("Weather"), &json!("live")));
    assert_eq!(detail["contact"], "hello@example.com");
    assert_eq!(detail["health_url"], "https://weather.example/health");
    assert_eq!((&detail["claimed"], &detail["endpoints_total"]), (&json!(true), &json!(2)));
    assert_eq!(detail["uptime_24h"]["uptime_percent"], 50.0);
    assert_eq!(detail["uptime_24h"]["judged"], 2);
    assert_eq!(detail["payment_verification"]["verified"], true);
    let probes = detail["probes"].as_array().unwrap();
    let probe = probes.iter().find(|one| one["listing_id"] == checked).unwrap();
    assert_eq!(probe["probe"]["http_status"], 402);
    assert_eq!(probe["payment_verification"]["method"], "payment");
    assert!(probe["l402"].is_object());
    assert_eq!(probe["pricing"]["model"], "time-bounded");
    let status = market.get(&format!("/api/services/{id}/status")).await.json();
    assert_eq!((&status["service_id"], &status["status"]), (&json!(id), &json!("live")));
    assert_eq!(status["endpoints"].as_array().unwrap().len(), 2);
    for path in ["/api/services/svc_0", "/api/services/svc_0/status", "/api/services/%ff"] {
        let answer = market.get(path).await;
        assert_eq!(answer.error().1, "not_found", "{path}");
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }
}
