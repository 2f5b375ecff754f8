//! Registering, looking, removing.

use crate::world::{Manner, Receiver, SECRET, World, client};
use farebox_directory::Protocol;
use farebox_directory::webhook::{SecretSeal, WebhookOptions, Webhooks};
use farebox_net::AddressPolicy;
use serde_json::{Value, json};

#[tokio::test]
async fn a_webhook_is_registered_shown_and_removed() {
    let mut world = World::new().await;
    let receiver = Receiver::start().await;
    let body = json!({
        "url": receiver.url,
        "secret": SECRET,
        "events": "service.new,service.down",
        "protocol_filter": "X402",
    });
    let hook = world.register(body).await.expect(201);
    assert_eq!(hook["status"], "pending_verification");
    assert_eq!(hook["active"], false);
    assert_eq!(hook["events"], "service.new,service.down");
    assert_eq!(hook["protocol_filter"], "x402");
    assert!(!hook.to_string().contains(SECRET));
    let id = hook["id"].as_str().unwrap();
    world.list("a", Protocol::X402).await;
    world.list("b", Protocol::L402).await;
    world.deliver().await;
    let detail = world.look(id).await;
    assert_eq!(detail["status"], "active");
    let deliveries = detail["deliveries"].as_array().unwrap();
    assert_eq!(deliveries.len(), 1, "the other rail is not asked for");
    assert_eq!(deliveries[0]["event"], "service.new");
    assert_eq!(deliveries[0]["status"], "delivered");
    assert_eq!(deliveries[0]["http_status"], 200);

    for method in ["GET", "DELETE"] {
        world.ask(method, id, None).await.expect(401);
        world.ask(method, id, Some("another-secret-of-16")).await.expect(403);
        world.ask(method, "wh_0", Some(SECRET)).await.expect(404);
    }
    assert_eq!(world.ask("DELETE", id, Some(SECRET)).await.expect(200)["status"], "deleted");
    world.ask("GET", id, Some(SECRET)).await.expect(404);
    world.list("c", Protocol::X402).await;
    world.deliver().await;
    assert_eq!(receiver.told().len(), 1);
}

#[tokio::test]
async fn what_makes_no_webhook_is_named() {
    let world = World::new().await;
    let good = json!({ "url": "https://example.com/hook", "secret": SECRET });
    for (field, value) in [
        ("url", Value::Null),
        ("url", json!("example.com/hook")),
        ("url", json!("ftp://example.com/hook")),
        ("url", json!("https://user:pass@example.com/hook")),
        ("url", json!("https://10.0.0.1/hook")),
        ("url", json!("https://169.254.169.254/latest")),
        ("url", json!(format!("https://example.com/{}", "x".repeat(2_048)))),
        ("secret", Value::Null),
        ("secret", json!("fifteen-letters")),
        ("secret", json!("a-secret-with-é-in-it")),
        ("events", json!("service.new,service.registered")),
        ("events", json!("everything")),
        ("protocol_filter", json!("L403")),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let refused = world.register(body.clone()).await.expect(400);
        assert_eq!(refused["error"]["parameters"], json!([field]), "{body}");
    }
    world.register(json!([])).await.expect(400);
}

#[tokio::test]
async fn in_public_only_https_is_told() {
    let world = World::new().await;
    let options = WebhookOptions { seal: SecretSeal::new(&[7; 32]), allows_http: false };
    let public = client(AddressPolicy::public_only());
    let webhooks = Webhooks::new(world.directory.clone(), public, options);
    let world = world.with(webhooks);
    for url in ["http://example.com/hook", "https://127.0.0.1/hook", "https://localhost/hook"] {
        world.register(json!({ "url": url, "secret": SECRET })).await.expect(400);
    }
    let good = json!({ "url": "https://example.com/hook", "secret": SECRET });
    world.register(good).await.expect(201);
}

#[tokio::test]
async fn a_client_has_twenty_at_most() {
    let world = World::new().await;
    let body = json!({ "url": "https://example.com/hook", "secret": SECRET });
    for _ in 0..20 {
        world.register(body.clone()).await.expect(201);
    }
    world.register(body.clone()).await.expect(429);
    world.register_from("198.51.100.1", body).await.expect(201);
}

#[tokio::test]
async fn secrets_are_not_in_the_database() {
    let mut world = World::new().await;
    let receiver = Receiver::start().await;
    let id = world.hook(&receiver).await;
    let look = |transaction: &farebox_store::Transaction<'_>| {
        transaction.one("SELECT secret FROM webhook", &[], |row| row.get::<Vec<u8>>(0))
    };
    let sealed = world.directory.store().read(look).await.unwrap();
    assert!(!sealed.windows(6).any(|window| window == &SECRET.as_bytes()[..6]));
    let other = WebhookOptions { seal: SecretSeal::new(&[8; 32]), allows_http: true };
    let client = client(AddressPolicy::public_only());
    let webhooks = Webhooks::new(world.directory.clone(), client, other);
    let world = world.with(webhooks);
    world.ask("GET", &id, Some(SECRET)).await.expect(403);
}

#[tokio::test]
async fn nothing_is_told_before_the_challenge_is_answered() {
    let mut world = World::new().await;
    let receiver = Receiver::start().await;
    receiver.answers_challenges("ok");
    let body = json!({ "url": receiver.url, "secret": SECRET });
    let id = world.register(body).await.expect(201)["id"].as_str().unwrap().to_owned();
    world.list("a", Protocol::L402).await;
    world.deliver().await;
    assert_eq!((receiver.challenges(), receiver.told().len()), (1, 0));
    let detail = world.look(&id).await;
    assert_eq!(detail["status"], "pending_verification");
    assert!(detail["status_reason"].as_str().unwrap().contains("without the challenge"));
    world.deliver().await;
    assert_eq!(receiver.challenges(), 1, "not before ten seconds are over");
    world.wait(10);
    world.deliver().await;
    assert_eq!(receiver.challenges(), 2);
    world.wait(24 * 3_600);
    world.deliver().await;
    assert_eq!(world.look(&id).await["status"], "inactive");
    world.wait(24 * 3_600);
    world.deliver().await;
    assert_eq!((receiver.challenges(), receiver.told().len()), (3, 0));
    receiver.answers(Manner::Status(200));
}
