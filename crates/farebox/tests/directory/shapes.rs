//! Clients of the index's API find every field that they read, with the type that they know.
//!
//! The fields are those of answers that the index's MCP client was recorded with in April 2026.

use super::provider::{Provider, Stage};
use super::world::World;
use serde_json::{Value, json};

/// `name:types`: `s` text, `n` number, `a` array, `o` object, and `?` where it may be null.
type Shape = &'static str;

const LIST: Shape = "services:a total:n limit:n offset:n";
const ROW: Shape = "id:s name:s description:s? url:s protocol:s price_sats:n? price_usd:n? \
    payment_asset:s? payment_network:s? category:s provider:s source:s featured:n \
    health_status:s probe_status:s uptime_30d:n? latency_p50_ms:n? last_checked:s? \
    registered_at:s http_method:s? reliability_score:n? x402_payment_valid:n? domain_verified:n \
    x402_facilitator_reachable:n? x402_asset_known:n? l402_compliant:n? l402_degrade_reason:s? \
    l402_format:s? lnget_compatible:n? related_protocols:a";
/// Of a listing that was checked, beside the fields of a row.
const DETAIL: Shape = "uptime_30d:n latency_p50_ms:n last_checked:s http_method:s \
    reliability_score:n price_sats:n payment_asset:s payment_network:s input_schema:s? \
    output_schema:s? source_id:s? updated_at:s last_seen_healthy:s consecutive_failures:n \
    is_template:n is_demo:n verified:n contact_email:s? status:s probe_body:s? l402_version:s? \
    agent_spec_url:s? capabilities:s? token_format:s? invoice_type:s? pricing_model:s? \
    content_domain:s? provider_deleted:n deleted_at:s? approval_reason:s? hostname:s \
    consecutive_latency_spikes:n health_checks:a related_services:a";
const CHECK: Shape = "id:n checked_at:s status:s response_time_ms:n http_status:n error_message:s?";
/// Without `embedding_…`: the state of a service that is no part of this directory.
const HEALTH: Shape = "status:s total_endpoints:n distinct_services:n distinct_providers_raw:n \
    distinct_providers:n excluded_templates:n excluded_demos:n by_protocol:o by_health:o \
    by_source:o last_bazaar_sync:s? last_satring_sync:s? last_l402apps_sync:s? last_mpp_sync:s? \
    last_health_check_run:s?";
const RAIL: Shape = "endpoints:n services:n providers_raw:n providers:n";
const CATEGORY: Shape = "L402:n x402:n MPP:n total:n subcategories:o";
const SUBCATEGORY: Shape = "L402:n x402:n MPP:n total:n";

#[track_caller]
fn assert_shape(value: &Value, shape: Shape) {
    for field in shape.split_whitespace() {
        let (name, kind) = field.split_once(':').unwrap();
        let found = value.get(name).unwrap_or_else(|| panic!("no {name} in {value}"));
        let is_right = match found {
            Value::String(_) => kind.starts_with('s'),
            Value::Number(_) => kind.starts_with('n'),
            Value::Array(_) => kind.starts_with('a'),
            Value::Object(_) => kind.starts_with('o'),
            Value::Null => kind.ends_with('?'),
            Value::Bool(_) => false,
        };
        assert!(is_right, "{name} is {found}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_the_index_find_what_they_read() {
    for database in farebox_testing::databases() {
        let (world, provider) = (World::on(database), Provider::open(Stage::L402).await);
        let id = world.list(&provider, "shapes.localhost").await;
        world.post(&format!("/api/v1/services/{id}/recheck"), json!({})).await.expect(200);

        let list = world.get("/api/v1/services?limit=200").await.expect(200);
        assert_shape(&list, LIST);
        let x402 = world.get("/api/v1/services?protocol=x402&limit=200").await.expect(200);
        let verified = world.get("/api/v1/services?verified=true&limit=200").await.expect(200);
        let mut rows = 0;
        for list in [list, x402, verified] {
            for row in list["services"].as_array().unwrap() {
                assert_shape(row, ROW);
                rows += 1;
            }
        }
        assert!(rows > 400, "{rows} rows");

        let detail = world.get(&format!("/api/v1/services/{id}")).await.expect(200);
        let of_row: Vec<_> = ROW.split_whitespace().collect();
        let related = of_row.iter().filter(|field| !field.starts_with("related_protocols"));
        related.for_each(|field| assert_shape(&detail, field));
        assert_shape(&detail, DETAIL);
        assert_shape(&detail["health_checks"][0], CHECK);

        let health = world.get("/api/v1/health").await.expect(200);
        assert_shape(&health, HEALTH);
        health["by_protocol"]
            .as_object()
            .unwrap()
            .values()
            .for_each(|rail| assert_shape(rail, RAIL));
        let categories = world.get("/api/v1/categories").await.expect(200);
        for category in categories["categories"].as_object().unwrap().values() {
            assert_shape(category, CATEGORY);
            let below = category["subcategories"].as_object().unwrap();
            below.values().for_each(|below| assert_shape(below, SUBCATEGORY));
        }
    }
}
