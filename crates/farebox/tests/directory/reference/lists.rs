//! Lists and the feed.

use crate::world::World;
use serde_json::json;

/// Parameters of lists: one that is right, one that is wrong.
const FILTERS: [(&str, &str, &str); 18] = [
    ("protocol", "l402", "http"),
    ("category", "crypto", ""),
    ("health", "healthy", "fine"),
    ("source", "self-registered", "nowhere"),
    ("probe_status", "unprobeable", "no"),
    ("featured", "true", "yes"),
    ("q", "weather", "%ff"),
    ("max_price_usd", "0.5", "-1"),
    ("payment_asset", "USDC", ""),
    ("payment_valid", "true", "yes"),
    ("verified", "true", "yes"),
    ("l402_format", "v2_tlv", "v9"),
    ("lnget_compatible", "false", "maybe"),
    ("sort", "reliability", "age"),
    ("order", "desc", "down"),
    ("limit", "200", "201"),
    ("offset", "10", "-1"),
    ("limit", "1", "0"),
];

/// Words that the documentation names.
const WORDS: [(&str, &[&str]); 6] = [
    ("protocol", &["l402", "x402", "L402", "MPP"]),
    ("health", &["healthy", "degraded", "down", "unknown"]),
    (
        "source",
        &[
            "bazaar",
            "satring",
            "l402apps",
            "sponge",
            "well-known",
            "exclusive",
            "self-registered",
            "discovery",
        ],
    ),
    ("l402_format", &["v2_tlv", "v1_binary", "v0_text", "json", "unknown"]),
    ("sort", &["name", "price", "latency", "uptime", "reliability"]),
    ("order", &["asc", "desc"]),
];

#[tokio::test(flavor = "multi_thread")]
async fn lists_take_every_documented_parameter() {
    for database in farebox_testing::databases() {
        let world = World::public_on(database);
        for (name, right, wrong) in FILTERS {
            let path = format!("/api/v1/services?{name}={right}");
            world.get(&path).await.expect(200);
            let refused = world.get(&format!("/api/v1/services?{name}={wrong}")).await.expect(400);
            assert_eq!(refused["error"]["parameters"], json!([name]), "{name}={wrong}");
        }
        for (name, words) in WORDS {
            for word in words {
                let path = format!("/api/v1/services?{name}={word}");
                assert_eq!(world.get(&path).await.status, 200, "{path}");
            }
        }
        let page = world.get("/api/v1/services").await.expect(200);
        assert_eq!(
            (&page["limit"], &page["offset"], &page["total"]),
            (&json!(50), &json!(0), &json!(0))
        );
        assert_eq!(page["services"], json!([]));
        assert_eq!(world.get("/api/v1/services/1").await.refused(404), "not_found");
        for feed in [
            "protocol=L402",
            "protocol=x402",
            "health=healthy",
            "health=degraded",
            "health=down",
            "type=new",
        ] {
            assert_eq!(world.get(&format!("/feed.xml?{feed}")).await.status, 200, "{feed}");
        }
        assert_eq!(world.get("/feed.xml?type=old").await.status, 400);
    }
}
