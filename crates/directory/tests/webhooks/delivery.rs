//! What is told, and when.

use crate::world::{Manner, Receiver, SECRET, World};
use farebox_directory::import::Import;
use farebox_directory::import::formats::Format;
use farebox_directory::{Check, HealthStatus, ListingFacts, Outcome, Protocol};
use farebox_money::Sats;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;
use std::io::Cursor;

#[tokio::test]
async fn an_event_is_told_once_and_signed() {
    let mut world = World::new().await;
    let receiver = Receiver::start().await;
    world.hook(&receiver).await;
    let id = world.list("a", Protocol::L402).await;
    assert_eq!(world.deliver().await, 1);
    assert_eq!(world.deliver().await, 0);
    let told = receiver.told();
    assert_eq!(told.len(), 1);
    let message = &told[0];
    let body = message.json();
    assert_eq!(body["type"], "service.new");
    assert_eq!(body["data"]["id"], id);
    assert_eq!(body["data"]["url"], "https://api.example.com/a");
    assert_eq!(message.header("content-type"), "application/json");
    assert_eq!(message.header("webhook-timestamp"), "1800000000");
    let mut hmac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    hmac.update(&message.body);
    let expected = format!("sha256={}", hex::encode(hmac.finalize().into_bytes()));
    assert_eq!(message.header("x-402index-signature"), expected);
}

#[tokio::test]
async fn each_webhook_hears_what_it_asked_for() {
    let mut world = World::new().await;
    let receiver = Receiver::start().await;
    let body = json!({
        "url": receiver.url,
        "secret": SECRET,
        "events": "service.price_changed,service.health_changed,service.down,service.deleted",
    });
    world.register(body).await.expect(201);
    let id = world.list("a", Protocol::L402).await;
    let mut facts =
        ListingFacts::new("https://api.example.com/a", Some("GET"), Protocol::L402, "a");
    facts.price_sats = Some(Sats::new(7));
    world.directory.upsert_listing(facts, world.directory.now()).await.unwrap();
    let check = Check::new(world.directory.now(), HealthStatus::Down, Outcome::Gone);
    world.directory.record_check(&id, check).await.unwrap();
    world.deliver().await;
    let kinds: Vec<_> =
        receiver.told().iter().map(|message| message.json()["type"].clone()).collect();
    assert_eq!(kinds, ["service.price_changed", "service.health_changed", "service.down"]);
    let price = receiver.told()[0].json();
    assert_eq!(price["data"]["after"]["price_sats"], 7);
}

#[tokio::test]
async fn the_log_holds_the_latest_fifty() {
    let mut world = World::new().await;
    let receiver = Receiver::start().await;
    let id = world.hook(&receiver).await;
    for number in 0..60 {
        world.list(&number.to_string(), Protocol::L402).await;
    }
    world.deliver().await;
    assert_eq!(receiver.told().len(), 60);
    let detail = world.look(&id).await;
    let deliveries = detail["deliveries"].as_array().unwrap();
    assert_eq!(deliveries.len(), 50);
    let count = |transaction: &farebox_store::Transaction<'_>| {
        transaction.one("SELECT count(*) FROM webhook_delivery", &[], |row| row.get::<i64>(0))
    };
    assert_eq!(world.directory.store().read(count).await.unwrap(), 50, "and no more are kept");
}

#[tokio::test]
async fn what_waits_has_a_bound_and_nothing_is_lost() {
    let mut world = World::new().await;
    let receiver = Receiver::start().await;
    let id = world.hook(&receiver).await;
    receiver.answers(Manner::Status(500));
    for number in 0..900 {
        world.list(&number.to_string(), Protocol::L402).await;
    }
    world.deliver().await;
    let waiting = |transaction: &farebox_store::Transaction<'_>| {
        let sql = "SELECT count(*) FROM webhook_delivery WHERE status = 'waiting'";
        transaction.one(sql, &[], |row| row.get::<i64>(0))
    };
    assert!(world.directory.store().read(waiting).await.unwrap() <= 700);
    receiver.answers(Manner::Status(200));
    world.wait(60);
    world.deliver().await;
    let told: std::collections::HashSet<_> =
        receiver.told().iter().map(|message| message.json()["data"]["id"].to_string()).collect();
    assert_eq!(told.len(), 900);
    assert_eq!(world.look(&id).await["consecutive_failures"], 0);
}

#[tokio::test]
async fn nobody_is_told_of_the_first_import_of_a_source() {
    let mut world = World::new().await;
    let receiver = Receiver::start().await;
    world.hook(&receiver).await;
    let row = |path: u32| {
        format!(
            "{}\n",
            json!({ "url": format!("https://api.example.com/{path}"), "name": "A",
            "protocol": "L402" })
        )
    };
    for count in [600, 601] {
        let list: String = (0..count).map(row).collect();
        let import = Import {
            source: "list".to_owned(),
            format: Format::Jsonl,
            document: None,
            trust: None,
            dry_run: false,
        };
        world.directory.import(import, Cursor::new(list), |_| {}).await.unwrap();
        while world.deliver().await > 0 {}
    }
    let told = receiver.told();
    assert_eq!(told.len(), 1, "the one that came later");
    assert_eq!(told[0].json()["data"]["url"], "https://api.example.com/600");
}
