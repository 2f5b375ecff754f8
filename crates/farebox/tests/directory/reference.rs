//! Every parameter, field and status code of the index's API v1, endpoint by endpoint.
//!
//! Elsewhere: what each filter leaves (`it/services`), the fields of rows and details (`shapes`),
//! 402 and 200 of the export (`purchases`), a claim that expired (`claims/domains`), the paid limit
//! (`rate_limits`), deliveries of webhooks (`webhooks`), purging (`claims/purge`).

use super::hook::Hook;
use super::provider::{Provider, Stage};
use super::world::{Answer, LOCAL, Owner, World};
use http::Method;
use serde_json::{Value, json};

const HOST: &str = "reference.localhost";
const SECRET: &str = "a secret of the reference";

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

/// A request and what it is answered.
type Case = (&'static str, Method, String, Value, u16);

async fn assert_answers(world: &World, cases: Vec<Case>) {
    for (what, method, path, body, expected) in cases {
        let answer = world.send(method, &path, &[], Some(&body)).await;
        assert_eq!(answer.status, expected, "{what}: {path} {body}: {}", answer.text);
        if expected >= 400 {
            assert!(answer.json["error"]["code"].is_string(), "{what}: {}", answer.text);
            assert!(answer.json["error"]["message"].is_string(), "{what}: {}", answer.text);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_answer_with_the_documented_codes() {
    for database in farebox_testing::databases() {
        let world = World::allowing_on(LOCAL, database);
        let provider = Provider::open(Stage::L402).await;
        world.list(&provider, HOST).await;
        let (claim, verify, revoke) =
            ("/api/v1/claim", "/api/v1/claim/verify", "/api/v1/claim/revoke");
        let post = |what, path: &str, body, code| (what, Method::POST, path.to_owned(), body, code);
        let domain = json!({ "domain": HOST });
        let mut cases = vec![post("no claim", verify, domain.clone(), 404)];
        for path in [claim, verify, revoke] {
            for wrong in ["https://a.example", "a.example/x", "a.example:443", "192.0.2.1", "[::1]"]
            {
                let body = json!({ "domain": wrong, "verification_token": "x" });
                cases.push(post("no host", path, body, 400));
            }
            cases.push(post("nothing", path, json!({}), 400));
        }
        cases.push(post(
            "never claimed",
            revoke,
            json!({ "domain": "other.localhost", "verification_token": "x" }),
            404,
        ));
        assert_answers(&world, cases).await;

        let first =
            world.post(claim, json!({ "domain": HOST, "contact_email": "a@example.com" })).await;
        let first = first.expect(201);
        let second = world.post(claim, domain.clone()).await.expect(200);
        for field in ["verification_token", "verification_hash", "verification_url", "instructions"]
        {
            assert!(!first[field].is_null() && !second[field].is_null(), "{field}");
        }
        assert_ne!(first["verification_token"], second["verification_token"]);
        provider.publish(&"x".repeat(2_000));
        assert_eq!(world.post(verify, domain.clone()).await.refused(422), "file_too_large");
        provider.publish("nothing");
        assert_eq!(world.post(verify, domain.clone()).await.refused(422), "token_mismatch");
        provider.publish(second["verification_hash"].as_str().unwrap());
        let verified = world.post(verify, domain.clone()).await.expect(200);
        let expected = json!({ "domain": HOST, "status": "verified", "services_count": 1 });
        assert_eq!(verified, expected);
        let token = second["verification_token"].as_str().unwrap();
        let shown = |token: &str| json!({ "domain": HOST, "verification_token": token });
        assert_answers(
            &world,
            vec![
                post("verified already", claim, domain.clone(), 409),
                post("verified already", verify, domain.clone(), 409),
                post("no token", revoke, domain, 400),
                post("another token", revoke, shown("0123"), 403),
            ],
        )
        .await;
        reset(&world).await;
        assert_eq!(world.post(revoke, shown(token)).await.status, 403, "void since the reset");
    }
}

/// Of the admin: a new token, and the listings stay marked.
async fn reset(world: &World) {
    let path = |host: &str| format!("/api/v1/admin/domains/{host}/reset");
    assert_eq!(world.post(&path(HOST), json!({})).await.status, 401);
    let unknown = world.as_admin(Method::POST, &path("other.localhost"), None).await;
    assert_eq!(unknown.status, 404);
    let answer = world.as_admin(Method::POST, &path(HOST), None).await.expect(200);
    for field in [
        "verification_token",
        "verification_hash",
        "verification_url",
        "expires_at",
        "instructions",
    ] {
        assert!(!answer[field].is_null(), "{field}");
    }
    let rows = world.get("/api/v1/services").await.expect(200);
    assert_eq!(rows["services"][0]["domain_verified"], 1, "a grace period");
}

#[tokio::test(flavor = "multi_thread")]
async fn owners_and_the_admin_are_answered_with_the_documented_codes() {
    for database in farebox_testing::databases() {
        let world = World::allowing_on(LOCAL, database);
        let provider = Provider::open(Stage::L402).await;
        let id = world.list(&provider, HOST).await;
        let other = world.list(&provider, "other.localhost").await;
        let owner = world.own(&provider, HOST).await;
        edit(&world, &owner, &id, &other).await;
        probe_status(&world, &id).await;
        remove(&world, &owner, &id, &other).await;
    }
}

async fn edit(world: &World, owner: &Owner, id: &str, other: &str) {
    let path = |id: &str| format!("/api/v1/services/{id}");
    let patch = |body: Value| world.send_to(Method::PATCH, path(id), owner.body(body));
    for (name, right, wrong) in [
        ("name", json!("New"), json!("x".repeat(201))),
        ("description", json!("New"), json!("x".repeat(2_001))),
        ("category", json!("new/one"), json!("x".repeat(101))),
        ("price_usd", json!(0.5), json!(-0.5)),
        ("price_sats", json!(12), json!(1.5)),
        ("payment_asset", json!("BTC"), json!(5)),
        ("payment_network", json!("Lightning"), json!(5)),
    ] {
        let after = patch(json!({ name: right })).await.expect(200);
        assert_eq!((&after[name], &after["id"]), (&right, &json!(id)));
        let refused = patch(json!({ name: wrong })).await.expect(400);
        assert_eq!(refused["error"]["parameters"], json!([name]));
    }
    let wrong = json!({ "domain": HOST, "verification_token": "0123", "name": "x" });
    let unclaimed =
        json!({ "domain": "nobody.localhost", "verification_token": "0123", "name": "x" });
    let mine = owner.body(json!({ "name": "x" }));
    assert_answers(
        world,
        vec![
            ("nothing", Method::PATCH, path(id), json!({}), 400),
            ("no field", Method::PATCH, path(id), owner.body(json!({})), 400),
            ("another token", Method::PATCH, path(id), wrong, 403),
            ("not verified", Method::PATCH, path(id), unclaimed, 403),
            ("another domain", Method::PATCH, path(other), mine.clone(), 403),
            ("no listing", Method::PATCH, path("42"), mine, 404),
        ],
    )
    .await;
}

async fn probe_status(world: &World, id: &str) {
    let path = |id: &str| format!("/api/v1/admin/services/{id}/probe-status");
    world.post(&format!("/api/v1/services/{id}/recheck"), json!({})).await.expect(200);
    let set = |id: &str, body: Value| {
        let path = path(id);
        async move { world.as_admin(Method::POST, &path, Some(&body)).await }
    };
    let unprobeable = json!({ "probe_status": "unprobeable" });
    assert_eq!(world.post(&path(id), unprobeable.clone()).await.status, 401);
    assert_eq!(set(id, json!({ "probe_status": "maybe" })).await.status, 400);
    assert_eq!(set("42", unprobeable.clone()).await.status, 404);
    let done = set(id, unprobeable).await.expect(200);
    assert_eq!((&done["id"], &done["probe_status"]), (&json!(id), &json!("unprobeable")));
    assert_eq!(done["previous"], "probeable");
    let shown = world.get(&format!("/api/v1/services/{id}")).await.expect(200);
    assert_eq!(
        (&shown["health_status"], &shown["consecutive_failures"]),
        (&json!("unknown"), &json!(0))
    );
    for field in ["uptime_30d", "latency_p50_ms", "reliability_score"] {
        assert_eq!(shown[field], Value::Null, "{field}");
    }
}

async fn remove(world: &World, owner: &Owner, id: &str, other: &str) {
    let bulk = |ids: Value| {
        let body = owner.body(json!({ "ids": ids }));
        world.send_to(Method::POST, "/api/v1/services/bulk-delete".to_owned(), body)
    };
    for wrong in [json!([]), json!("1"), json!(vec!["1"; 26]), json!(null)] {
        assert_eq!(bulk(wrong.clone()).await.status, 400, "{wrong}");
    }
    let path = |id: &str| format!("/api/v1/services/{id}");
    let wrong = json!({ "domain": HOST, "verification_token": "0123", "ids": [id] });
    assert_answers(
        world,
        vec![
            ("another token", Method::POST, path("bulk-delete"), wrong.clone(), 403),
            ("no token", Method::POST, path("bulk-delete"), json!({ "ids": [id] }), 400),
            ("nothing", Method::DELETE, path(id), json!({}), 400),
            ("another token", Method::DELETE, path(id), wrong, 403),
            ("another domain", Method::DELETE, path(other), owner.body(json!({})), 403),
            ("no listing", Method::DELETE, path("42"), owner.body(json!({})), 404),
        ],
    )
    .await;
    let done = bulk(json!([id, other, 42])).await.expect(200);
    assert_eq!((&done["deleted"], &done["skipped"]), (&json!([id]), &json!([other, "42"])));
    assert!(done["reasons"][other].is_string() && done["reasons"]["42"].is_string(), "{done}");
    let again = world.send_to(Method::DELETE, path(id), owner.body(json!({}))).await.expect(200);
    assert!(again["id"] == id && again["message"].is_string(), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_answer_with_the_documented_codes() {
    for database in farebox_testing::databases() {
        let (world, hook) = (World::allowing_on(LOCAL, database), Hook::open().await);
        let all = json!({ "url": hook.url, "secret": SECRET,
            "events": "service.new,service.health_changed,service.down", "protocol_filter": "L402" });
        for (name, wrong) in [
            ("url", json!(null)),
            ("url", json!("ftp://example.com")),
            ("secret", json!(null)),
            ("secret", json!("fifteen letters")),
            ("events", json!("service.gone")),
            ("protocol_filter", json!("http")),
        ] {
            let mut body = all.clone();
            body[name] = wrong.clone();
            let refused = world.post("/api/v1/webhooks", body).await.expect(400);
            assert_eq!(refused["error"]["parameters"], json!([name]), "{wrong}");
        }
        let made = world.post("/api/v1/webhooks", all.clone()).await.expect(201);
        assert_eq!((&made["url"], &made["events"]), (&all["url"], &all["events"]));
        let least = json!({ "url": hook.url, "secret": SECRET });
        let least = world.post("/api/v1/webhooks", least).await.expect(201);
        assert_eq!(least["events"], "service.new");
        let path = format!("/api/v1/webhooks/{}", made["id"].as_str().unwrap());
        let send = |method, secret| {
            let (world, path) = (&world, path.as_str());
            async move { world.send(method, path, &[("x-webhook-secret", secret)], None).await }
        };
        assert_eq!(world.get(&path).await.status, 401);
        assert_eq!(send(Method::GET, "another secret of mine").await.status, 403);
        let shown: Answer = send(Method::GET, SECRET).await;
        assert!(!shown.text.contains(SECRET), "never shown");
        shown.expect(200);
        send(Method::DELETE, SECRET).await.expect(200);
        assert_eq!(send(Method::GET, SECRET).await.status, 404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_registrations_and_five_webhooks_of_a_client_an_hour() {
    for database in farebox_testing::databases() {
        let world = World::counting_on(database);
        for (path, allowed) in [("/api/v1/register", 10), ("/api/v1/webhooks", 5)] {
            for _ in 0..allowed {
                assert_eq!(world.post(path, json!({})).await.status, 400);
            }
            let refused = world.post(path, json!({})).await;
            assert!(refused.headers.contains_key("retry-after"), "{path}");
            assert_eq!(refused.refused(429), "rate_limited", "{path}");
        }
    }
}
