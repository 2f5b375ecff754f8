//! `GET /api/v1/services/{id}`

use crate::common::{Fixture, NOW_S, facts, outcome};
use farebox_directory::{Check, HealthStatus, ListingFacts, Protocol, Reason};
use farebox_money::Sats;
use http::StatusCode;
use jiff::Timestamp;
use serde_json::json;
use std::collections::BTreeSet;

/// What clients of the API read in a detail.
const FIELDS: &str = "id name description url protocol price_sats price_usd payment_asset \
    payment_network category input_schema output_schema provider source source_id featured \
    registered_at updated_at health_status uptime_30d latency_p50_ms last_checked \
    last_seen_healthy consecutive_failures is_template is_demo verified contact_email status \
    http_method reliability_score x402_payment_valid x402_facilitator_reachable x402_asset_known \
    probe_body l402_version agent_spec_url capabilities token_format invoice_type pricing_model \
    content_domain domain_verified provider_deleted deleted_at approval_reason hostname \
    l402_compliant l402_degrade_reason l402_format lnget_compatible consecutive_latency_spikes \
    probe_status health_checks related_services";

const FIELDS_OF_OUR_OWN: [&str; 14] = [
    "consumption",
    "content_flags",
    "content_type",
    "docs_url",
    "health_reasons",
    "latency_p95_ms",
    "licence",
    "offers",
    "price_note",
    "provenance",
    "sample_data",
    "service_id",
    "source_ref",
    "uptime",
];

#[tokio::test]
async fn a_detail_has_every_field_that_clients_know() {
    let fixture = Fixture::empty().await;
    let id = fixture.list(facts("x", Protocol::L402, "X")).await;
    let detail = fixture.get(&format!("/api/v1/services/{id}")).await.json();
    let found: BTreeSet<&str> = detail.as_object().unwrap().keys().map(String::as_str).collect();
    let expected: BTreeSet<&str> = FIELDS.split_whitespace().chain(FIELDS_OF_OUR_OWN).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn the_last_twenty_checks_are_shown_newest_first() {
    let fixture = Fixture::empty().await;
    let id = fixture.list(facts("x", Protocol::L402, "X")).await;
    for hour in 0..25 {
        let healthy = if hour < 24 { HealthStatus::Healthy } else { HealthStatus::Down };
        let at = Timestamp::from_second(NOW_S + hour * 3_600).unwrap();
        let reason = Reason {
            code: "server_error".to_owned(),
            message: "It answered 502.".to_owned(),
            fix: "Start it.".to_owned(),
        };
        let check = Check {
            response_time_ms: Some(100),
            http_status: Some(402),
            error_message: (hour == 24).then(|| "gone\u{202e} away".to_owned()),
            reasons: if hour == 24 { vec![reason] } else { Vec::new() },
            ..Check::new(at, healthy, outcome(healthy))
        };
        fixture.directory.record_check(&id, check).await.unwrap();
    }
    let fixture = fixture.reopened().await;
    let detail = fixture.get(&format!("/api/v1/services/{id}")).await.json();
    let checks = detail["health_checks"].as_array().unwrap();
    assert_eq!(checks.len(), 20);
    let newest = json!({
        "id": 25,
        "checked_at": "2027-01-16T08:00:00Z",
        "status": "down",
        "response_time_ms": 100,
        "http_status": 402,
        "error_message": "gone away",
        "reasons": [
            {"code": "server_error", "message": "It answered 502.", "fix": "Start it."},
        ],
    });
    assert_eq!(checks[0], newest);
    assert_eq!(detail["health_status"], "down");
    assert_eq!(detail["health_reasons"], newest["reasons"]);
    assert_eq!(detail["uptime_30d"], 0.96);
    assert_eq!(detail["consecutive_failures"], 1);
    assert_eq!(detail["last_seen_healthy"], "2027-01-16T07:00:00Z");
}

#[tokio::test]
async fn other_rails_of_the_url_are_related() {
    let fixture = Fixture::empty().await;
    let id = fixture.list(facts("x", Protocol::L402, "X")).await;
    let other = ListingFacts {
        url: "https://API.example.com:443/x/#top".to_owned(),
        price_sats: Some(Sats::new(7)),
        ..facts("x", Protocol::X402, "X again")
    };
    let other = fixture.list(other).await;
    fixture.list(facts("y", Protocol::X402, "Y")).await;
    let detail = fixture.get(&format!("/api/v1/services/{id}")).await.json();
    let expected = json!([{
        "id": other,
        "protocol": "x402",
        "health_status": "unknown",
        "price_sats": 7,
        "price_usd": null,
        "reliability_score": null,
        "uptime_30d": null,
        "latency_p50_ms": null,
    }]);
    assert_eq!(detail["related_services"], expected);
}

#[tokio::test]
async fn a_sample_says_where_it_is_from() {
    let fixture = Fixture::with_samples().await;
    let detail = fixture.get("/api/v1/services/ed94a5fd8aed").await.json();
    assert_eq!(detail["sample_data"], true);
    assert_eq!(detail["source_ref"], "tempoxyz/mpp schemas/services.ts apex-db");
    assert_eq!(detail["licence"], "MIT OR Apache-2.0");
    assert_eq!(detail["price_usd"], 0.1);
    assert_eq!(detail["health_status"], "unknown");
    assert_eq!(detail["last_checked"], json!(null));
    assert_eq!(detail["hostname"], "api.apex-db.org");
}

#[tokio::test]
async fn an_unknown_id_is_told_where_ids_are() {
    let fixture = Fixture::empty().await;
    for id in ["nothing", "%22nothing%0A", "%ff"] {
        let answer = fixture.get(&format!("/api/v1/services/{id}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{id}");
        let error = &answer.json()["error"];
        assert_eq!(error["code"], "not_found");
        assert!(error["message"].as_str().unwrap().contains("GET /api/v1/services"), "{error}");
    }
}
