//! Registrations.

use super::HOST;
use crate::provider::{Provider, Stage};
use crate::world::{LOCAL, World};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_takes_and_answers_what_is_documented() {
    for database in farebox_testing::databases() {
        let world = World::allowing_on(LOCAL, database);
        let provider = Provider::open(Stage::L402AndMpp).await;
        let all = json!({ "url": provider.url(HOST), "name": "Weather", "protocol": "L402",
            "http_method": "GET", "probe_body": "{}", "description": "Of a city", "price_sats": 9,
            "price_usd": 0.01, "payment_asset": "BTC", "payment_network": "Lightning",
            "category": "data/weather", "provider": "Weather Ltd",
            "contact_email": "hidden@example.com" });
        let with = |name: &str, value: Value| {
            let mut body = all.clone();
            body[name] = value;
            world.post("/api/v1/register", body)
        };
        for (name, wrong) in [
            ("url", json!(null)),
            ("url", json!("weather")),
            ("url", json!(format!("https://example.com/{}", "x".repeat(2_048)))),
            ("name", json!(null)),
            ("name", json!("x".repeat(201))),
            ("protocol", json!(null)),
            ("protocol", json!("http")),
            ("http_method", json!("PATCH")),
            ("probe_body", json!("{")),
            ("description", json!("x".repeat(2_001))),
            ("price_sats", json!(-1)),
            ("price_usd", json!(-0.1)),
            ("payment_asset", json!("x".repeat(101))),
            ("payment_network", json!("x".repeat(101))),
            ("category", json!("x".repeat(101))),
            ("provider", json!("x".repeat(101))),
            ("contact_email", json!("nobody")),
        ] {
            let refused = with(name, wrong.clone()).await.expect(400);
            assert_eq!(refused["error"]["parameters"], json!([name]), "{wrong}");
        }
        let refused = with("protocol", json!("x402")).await.expect(422);
        for field in ["httpStatus", "headersPresent", "bodySnippet", "detectedProtocols"] {
            assert!(refused["probe"].get(field).is_some(), "{field}: {refused}");
        }
        assert!(refused["suggestedProtocol"].is_string(), "{refused}");

        let taken = world.post("/api/v1/register", all.clone()).await.expect(201);
        let said = ["name", "description", "category", "provider", "http_method", "url"];
        said.iter().for_each(|name| assert_eq!(taken[name], all[name], "{name}"));
        assert_eq!((&taken["status"], &taken["protocol"]), (&json!("pending"), &json!("L402")));
        assert!(taken["verification"].is_object(), "{taken}");
        assert_eq!(taken["also_registered"][0]["protocol"], "MPP");
        assert!(!taken.to_string().contains("hidden@example.com"), "never shown");
        let again = with("name", json!("Better weather")).await.expect(201);
        assert_eq!((&again["id"], &again["name"]), (&taken["id"], &json!("Better weather")));
    }
}
