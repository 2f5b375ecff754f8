//! What a check of a listing leaves behind, as the API shows it.

use super::common::Fixture;
use super::validate::{Endpoint, open};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use farebox_directory::{Checker, ListingFacts, Protocol};
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// What the endpoint answers with: an amount and further fields of the requirement, or a status.
type Script = Arc<Mutex<Result<(&'static str, Value), StatusCode>>>;

fn answer(script: &Script) -> Response {
    let (amount, extra) = match &*script.lock().unwrap() {
        Ok(terms) => terms.clone(),
        Err(status) => return status.into_response(),
    };
    let mut about = json!({ "name": "USD Coin", "version": "2" });
    about.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    let accepts = json!([{
        "scheme": "exact", "network": "eip155:8453", "amount": amount,
        "asset": "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913",
        "payTo": "0x209693Bc6afc0C5328bA36FaF03C514EF312287C", "maxTimeoutSeconds": 60,
        "extra": about,
    }]);
    let terms = STANDARD.encode(json!({ "x402Version": 2, "accepts": accepts }).to_string());
    let headers = [("payment-required", terms), ("cache-control", "no-store".to_owned())];
    (StatusCode::PAYMENT_REQUIRED, headers).into_response()
}

struct Shop {
    fixture: Fixture,
    checker: Checker,
    script: Script,
    id: String,
}

impl Shop {
    async fn open() -> Self {
        let script: Script = Arc::new(Mutex::new(Ok(("10000", json!({})))));
        let said = Arc::clone(&script);
        let endpoint = Endpoint::start(move |_| answer(&said)).await;
        let fixture = Fixture::empty().await;
        let url = endpoint.url("/paid");
        let id =
            fixture.list(ListingFacts::new(&url, Some("GET"), Protocol::X402, "A thing")).await;
        let checker = Checker::new(fixture.directory.clone(), open());
        Self { fixture, checker, script, id }
    }

    /// The listing as it stands after a check in which the endpoint answers so.
    async fn after(&self, answer: Result<(&'static str, Value), StatusCode>) -> Value {
        *self.script.lock().unwrap() = answer;
        self.checker.check(&self.id).await.unwrap();
        self.fixture.get(&format!("/api/v1/services/{}", self.id)).await.json()
    }
}

#[tokio::test]
async fn health_comes_with_reasons_and_what_was_seen_of_the_rail() {
    let shop = Shop::open().await;
    let found = shop.after(Ok(("10000", json!({})))).await;
    assert_eq!(found["health_status"], "healthy", "{found}");
    assert_eq!(found["health_reasons"][0]["code"], "challenge_ok");
    assert_eq!((&found["x402_payment_valid"], &found["x402_asset_known"]), (&json!(1), &json!(1)));
    assert_eq!(found["x402_facilitator_reachable"], Value::Null, "none is named");
    assert_eq!((&found["price_usd"], &found["l402_format"]), (&json!(0.01), &Value::Null));
    let broken = shop.after(Ok(("0.01", json!({})))).await;
    let reason = &broken["health_reasons"][0];
    assert_eq!(
        (&broken["health_status"], &reason["code"]),
        (&json!("degraded"), &json!("amount_not_atomic"))
    );
    assert!(reason["fix"].as_str().unwrap().contains("smallest units"));
    assert_eq!(broken["offers"][0]["reasons"], json!(["amount_not_atomic"]));
    assert_eq!((&broken["x402_payment_valid"], &broken["price_usd"]), (&json!(0), &json!(0.01)));
    assert_eq!(broken["health_checks"][0]["reasons"], broken["health_reasons"]);
}

#[tokio::test]
async fn a_price_far_above_the_listed_one_is_believed_at_the_second_look() {
    let shop = Shop::open().await;
    shop.after(Ok(("10000", json!({})))).await;
    let first = shop.after(Ok(("5000000", json!({})))).await;
    assert_eq!(first["health_reasons"][0]["code"], "price_changed");
    assert_eq!((&first["health_status"], &first["price_usd"]), (&json!("degraded"), &json!(0.01)));
    assert_eq!(first["offers"][0]["is_payable"], false);
    let second = shop.after(Ok(("5000000", json!({})))).await;
    assert_eq!((&second["health_status"], &second["price_usd"]), (&json!("healthy"), &json!(5.0)));
}

#[tokio::test]
async fn three_failures_in_a_row_are_down_and_an_answer_ends_them() {
    let shop = Shop::open().await;
    let failing = || shop.after(Err(StatusCode::INTERNAL_SERVER_ERROR));
    for status in ["degraded", "degraded", "down"] {
        let found = failing().await;
        assert_eq!(
            (&found["health_status"], &found["health_reasons"][0]["code"]),
            (&json!(status), &json!("server_error"))
        );
    }
    assert_eq!(shop.after(Ok(("10000", json!({})))).await["health_status"], "healthy");
    assert_eq!(failing().await["health_status"], "degraded");
}

#[tokio::test]
async fn a_facilitator_that_is_named_is_asked() {
    let shop = Shop::open().await;
    let named = json!({ "facilitator": "https://api.example.com:1/x402" });
    let found = shop.after(Ok(("10000", named))).await;
    assert_eq!(
        (&found["health_status"], &found["x402_facilitator_reachable"]),
        (&json!("healthy"), &json!(0))
    );
}
