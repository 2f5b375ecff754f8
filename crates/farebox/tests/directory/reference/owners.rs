//! What owners do with their listings, and the admin's probe status.

use super::{HOST, assert_answers};
use crate::provider::{Provider, Stage};
use crate::world::{LOCAL, Owner, World};
use http::Method;
use serde_json::{Value, json};

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
