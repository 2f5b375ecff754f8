//! Webhooks, and what a client may do in an hour.

use crate::hook::Hook;
use crate::world::{Answer, LOCAL, World};
use http::Method;
use serde_json::json;

const SECRET: &str = "a secret of the reference";

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_answer_with_the_documented_codes() {
    for database in farebox_testing::databases() {
        let (world, hook) = (World::allowing_on(LOCAL, database), Hook::open().await);
        let all = json!({ "url": hook.url, "secret": SECRET,
            "events": "service.new,service.health_changed,service.down",
            "protocol_filter": "L402" });
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
