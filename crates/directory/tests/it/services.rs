//! `GET /api/v1/services`

use crate::common::{Fixture, NOW_S, facts, now, outcome};
use farebox_directory::{Check, HealthStatus, L402Format, ListingFacts, Protocol};
use farebox_money::{BtcUsd, MicroUsd, Sats};
use http::StatusCode;
use jiff::Timestamp;

fn check(healthy: HealthStatus, response_time_ms: u32) -> Check {
    Check {
        response_time_ms: Some(response_time_ms),
        http_status: Some(402),
        ..Check::new(now(), healthy, outcome(healthy))
    }
}

/// Three rails of one provider and a stranger, told apart by every filter.
async fn mixed() -> Fixture {
    let fixture = Fixture::empty().await;
    let lightning = ListingFacts {
        category: "crypto/nft".to_owned(),
        price_sats: Some(Sats::new(5)),
        payment_asset: Some("BTC".to_owned()),
        featured: true,
        l402_format: Some(L402Format::V2Tlv),
        lnget_compatible: Some(true),
        source: "exclusive".to_owned(),
        ..facts("one", Protocol::L402, "Lightning")
    };
    let stable = ListingFacts {
        category: "crypto".to_owned(),
        price_usd: Some(MicroUsd::new(20_000)),
        payment_asset: Some("USDC".to_owned()),
        x402_payment_valid: Some(true),
        source: "bazaar,sponge".to_owned(),
        ..facts("one", Protocol::X402, "Stable")
    };
    let owned = ListingFacts {
        category: "cryptography".to_owned(),
        domain_verified: true,
        lnget_compatible: Some(false),
        ..facts("two/{id}", Protocol::L402, "Owned")
    };
    let lightning = fixture.list(lightning).await;
    fixture.list(stable).await;
    fixture.list(owned).await;
    let machine = fixture.list(facts("three", Protocol::Mpp, "Machine")).await;
    let record = async |id: &str, seen| fixture.directory.record_check(id, seen).await.unwrap();
    let earlier = Timestamp::from_second(NOW_S - 3_600).unwrap();
    let payable = Check { checked_at: earlier, ..check(HealthStatus::Healthy, 900) };
    record(&lightning, check(HealthStatus::Healthy, 100)).await;
    record(&machine, payable).await;
    record(&machine, check(HealthStatus::Down, 900)).await;
    fixture
}

#[tokio::test]
async fn a_row_has_the_documented_fields_in_the_documented_order() {
    let fixture = mixed().await;
    let answer = fixture.get("/api/v1/services?q=lightning&limit=1").await;
    let snapshot = fixture.directory.snapshot();
    let id = &snapshot.listings().find(|one| one.facts.name == "Lightning").unwrap().id;
    let expected = format!(
        "{{\"services\":[{{\"id\":\"{id}\",\"name\":\"Lightning\",\"description\":\"\",\
         \"url\":\"https://api.example.com/one\",\"protocol\":\"L402\",\"price_sats\":5,\
         \"price_usd\":null,\"payment_asset\":\"BTC\",\"payment_network\":null,\
         \"category\":\"crypto/nft\",\"provider\":\"\",\"source\":\"exclusive\",\"featured\":1,\
         \"health_status\":\"healthy\",\"probe_status\":\"probeable\",\"uptime_30d\":1.0,\
         \"latency_p50_ms\":100,\"last_checked\":\"2027-01-15T08:00:00Z\",\
         \"registered_at\":\"2027-01-15T08:00:00Z\",\"http_method\":\"GET\",\
         \"reliability_score\":54.5,\"x402_payment_valid\":null,\
         \"x402_facilitator_reachable\":null,\"x402_asset_known\":null,\"domain_verified\":0,\
         \"l402_format\":\"v2_tlv\",\"lnget_compatible\":1,\"related_protocols\":[\"x402\"],\
         \"l402_compliant\":null,\"l402_degrade_reason\":null,\
         \"l402_version\":null,\"agent_spec_url\":null,\"capabilities\":null,\
         \"token_format\":null,\"invoice_type\":null,\"pricing_model\":null,\
         \"content_domain\":null}}],\"total\":2,\"limit\":1,\"offset\":0}}"
    );
    // The other one is paid over Lightning too.
    assert_eq!(answer.text, expected);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn every_filter_leaves_what_it_names() {
    let fixture = mixed().await;
    for (query, expected) in [
        ("protocol=l402", &["Lightning", "Owned"][..]),
        ("protocol=MPP", &["Machine"]),
        ("category=crypto", &["Lightning", "Stable"]),
        ("category=CRYPTO/nft/", &["Lightning"]),
        ("health=down", &["Machine"]),
        ("health=unknown", &["Owned", "Stable"]),
        ("source=sponge", &["Stable"]),
        ("source=self-registered", &["Owned", "Machine"]),
        ("source=satring", &[]),
        ("probe_status=unprobeable", &["Owned"]),
        ("featured=true", &["Lightning"]),
        ("featured=false&protocol=x402", &["Stable"]),
        ("payment_asset=usdc", &["Stable"]),
        ("payment_valid=true", &["Stable"]),
        ("l402_format=v2_tlv", &["Lightning"]),
        ("l402_format=unknown", &[]),
        ("lnget_compatible=true", &["Lightning"]),
        ("lnget_compatible=false", &["Owned"]),
        ("q=owned&protocol=x402", &[]),
    ] {
        assert_eq!(fixture.names(query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn a_price_in_sats_is_compared_in_dollars() {
    let fixture = mixed().await;
    assert_eq!(fixture.names("max_price_usd=0.005").await, ["Lightning"]);
    assert_eq!(fixture.names("max_price_usd=0.004999").await, [""; 0]);
    assert_eq!(
        fixture.names("max_price_usd=1&sort=price&order=desc").await,
        ["Stable", "Lightning"]
    );
}

#[tokio::test]
async fn a_new_exchange_rate_moves_what_is_compared_and_nothing_else() {
    let fixture = mixed().await;
    let before = fixture.get("/api/v1/services").await.text;
    let twice = BtcUsd::new(MicroUsd::new(200_000_000_000)).unwrap();
    fixture.directory.set_rate(twice).await;
    assert_eq!(fixture.names("max_price_usd=0.005").await, [""; 0]);
    assert_eq!(fixture.names("max_price_usd=0.01").await, ["Lightning"]);
    assert_eq!(fixture.get("/api/v1/services").await.text, before);
}

#[tokio::test]
async fn domain_verified_comes_first_among_verified() {
    let fixture = mixed().await;
    let expected = ["Owned", "Lightning", "Stable"];
    assert_eq!(fixture.names("verified=true").await, expected);
    assert_eq!(fixture.names("verified=true&sort=name").await, expected);
    assert_eq!(fixture.names("verified=false").await.len(), 4);
}

#[tokio::test]
async fn the_default_order_is_featured_verified_category_health_name() {
    let fixture = mixed().await;
    let expected = ["Lightning", "Owned", "Stable", "Machine"];
    assert_eq!(fixture.names("").await, expected);
}

#[tokio::test]
async fn rows_without_the_figure_come_last_in_both_directions() {
    let fixture = mixed().await;
    for order in ["asc", "desc"] {
        let names = fixture.names(&format!("sort=latency&order={order}")).await;
        assert_eq!(names[2..], ["Owned", "Stable"], "{order}");
    }
    assert_eq!(fixture.names("sort=latency&limit=2").await, ["Lightning", "Machine"]);
    assert_eq!(fixture.names("sort=uptime&order=desc&limit=1").await, ["Lightning"]);
    assert_eq!(fixture.names("sort=reliability&limit=1").await, ["Machine"]);
    assert_eq!(fixture.names("sort=name").await, ["Lightning", "Machine", "Owned", "Stable"]);
}

#[tokio::test]
async fn wrong_parameters_are_all_named_and_nothing_is_answered() {
    let fixture = mixed().await;
    for (query, parameters) in [
        ("health_status=healthy", &["health_status"][..]),
        ("limit=0&offset=x&limit=3", &["limit", "offset"]),
        ("protocol=&max_price_usd=-1", &["protocol", "max_price_usd"]),
        ("source=nowhere&sort=age&order=up", &["source", "sort", "order"]),
        ("l402=require", &["l402"]),
    ] {
        let answer = fixture.get(&format!("/api/v1/services?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        let error = &answer.json()["error"];
        assert_eq!(error["code"], "invalid_parameter");
        assert_eq!(error["parameters"], serde_json::json!(parameters), "{query}");
        for name in parameters {
            assert!(error["message"].as_str().unwrap().contains(name), "{error}");
        }
    }
}

#[tokio::test]
async fn a_search_by_the_servers_own_model_is_never_degraded() {
    let fixture = mixed().await;
    let header = "x-402index-search-degraded";
    assert_eq!(fixture.get("/api/v1/services?q=owned").await.header(header), "");
    assert_eq!(fixture.get("/api/v1/services?q=+").await.json()["total"], 4);
}

#[tokio::test]
async fn a_search_says_why_when_it_is_asked() {
    let fixture = mixed().await;
    let plain = fixture.get("/api/v1/services?q=owned").await.json();
    assert!(plain["services"][0].get("why").is_none(), "{plain}");
    let explained = fixture.get("/api/v1/services?q=owned&explain=true").await.json();
    let first = &explained["services"][0];
    assert!(
        ["name", "in_name", "in_description"].contains(&first["why"]["tier"].as_str().unwrap())
    );
    assert_eq!(first["why"]["words"][0]["asked"], "owned", "{first}");
    assert_eq!(explained["total"], plain["total"]);
    let best = fixture.get("/api/v1/services?q=owned&rank=best").await.json();
    assert_eq!(best["total"], plain["total"]);
    let listed = fixture.get("/api/v1/services?explain=true").await.json();
    assert!(listed["services"][0].get("why").is_none(), "nothing was searched for");
}
