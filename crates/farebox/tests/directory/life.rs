//! A provider's whole life in the directory.

use super::hook::{Hook, SECRET};
use super::provider::{Provider, Stage};
use super::world::{LOCAL, Owner, World, wait_for};
use http::Method;
use serde_json::{Value, json};

const HOST: &str = "weather.localhost";

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_registers_is_listed_edits_and_leaves() {
    for database in farebox_testing::databases() {
        let world = World::allowing_on(LOCAL, database);
        let (provider, hook) = (Provider::open(Stage::Bare).await, Hook::open().await);
        subscribe(&world, &hook).await;
        let id = register(&world, &provider).await;
        be_approved_and_checked(&world, &hook, &id).await;
        let sibling = grow_a_rail(&world, &provider, &id).await;
        let owner = claim(&world, &provider, &id, &sibling).await;
        change_the_price(&world, &hook, &owner, &id).await;
        leave(&world, &hook, &owner, &id).await;
    }
}

async fn subscribe(world: &World, hook: &Hook) {
    let events = "service.new,service.price_changed,service.deleted";
    let body = json!({ "url": hook.url, "secret": SECRET, "events": events });
    let registered = world.post("/api/v1/webhooks", body).await.expect(201);
    let path = format!("/api/v1/webhooks/{}", registered["id"].as_str().unwrap());
    let path = path.as_str();
    wait_for("the webhook's verification", || async move {
        let shown = world.send(Method::GET, path, &[("x-webhook-secret", SECRET)], None).await;
        (shown.expect(200)["status"] == "active").then_some(())
    })
    .await;
}

/// Refused with the reason, mended, refused with the protocol that it does speak, taken.
async fn register(world: &World, provider: &Provider) -> String {
    let as_protocol = |protocol: &str| {
        json!({ "url": provider.url(HOST), "name": "Weather", "protocol": protocol,
            "category": "real-time-data/weather", "provider": "Weather Ltd" })
    };
    let bare = world.post("/api/v1/register", as_protocol("L402")).await.expect(422);
    assert_eq!(bare["error"]["code"], "protocol_not_verified");
    assert_eq!(bare["probe"]["httpStatus"], 402);
    assert_eq!(bare["probe"]["bodySnippet"], "pay somehow");
    assert_eq!(bare["probe"]["detectedProtocols"], json!([]));
    assert!(
        bare["probe"]["headersPresent"].is_object() || bare["probe"]["headersPresent"].is_array()
    );
    assert!(bare.get("suggestedProtocol").is_none(), "{bare}");

    provider.set_stage(Stage::L402);
    let other = world.post("/api/v1/register", as_protocol("x402")).await.expect(422);
    assert_eq!(other["suggestedProtocol"], "L402");
    assert_eq!(other["probe"]["detectedProtocols"], json!(["L402"]));

    let taken = world.post("/api/v1/register", as_protocol("l402")).await.expect(201);
    assert_eq!((&taken["status"], &taken["protocol"]), (&json!("pending"), &json!("L402")));
    assert_eq!(taken["price_sats"], 7, "as the invoice says");
    assert_eq!(taken["also_registered"], json!([]));
    assert_eq!(taken["verification"]["verified"], true);
    let id = taken["id"].as_str().unwrap().to_owned();
    assert_eq!(world.get(&format!("/api/v1/services/{id}")).await.status, 404);
    id
}

async fn be_approved_and_checked(world: &World, hook: &Hook, id: &str) {
    let [question] = &world.questions(id).await[..] else { panic!("one question") };
    assert_eq!((&question["kind"], &question["status"]), (&json!("registration"), &json!("open")));
    let decided = world.approve(question).await;
    assert_eq!(decided["listing"]["status"], "active");
    let told = wait_for("news of the listing", || async {
        hook.told("service.new").into_iter().find(|message| message["data"]["id"] == id)
    });
    assert_eq!(told.await["data"]["name"], "Weather");

    let checked = world.post(&format!("/api/v1/services/{id}/recheck"), json!({})).await;
    let checked = checked.expect(200);
    assert_eq!(checked["health_status"], "healthy", "{checked}");
    assert_eq!(checked["health_checks"][0]["http_status"], 402);
    let found =
        world.get("/api/v1/services?q=weather&health=healthy&protocol=l402&limit=200").await;
    assert!(row(&found.expect(200), id).is_some());
}

fn row<'a>(list: &'a Value, id: &str) -> Option<&'a Value> {
    list["services"].as_array().unwrap().iter().find(|row| row["id"] == id)
}

/// The endpoint offers another rail: an admin is asked, and it becomes a listing beside the first.
async fn grow_a_rail(world: &World, provider: &Provider, id: &str) -> String {
    provider.set_stage(Stage::L402AndMpp);
    let recheck = format!("/api/v1/services/{id}/recheck");
    world.post(&recheck, json!({})).await.expect(200);
    world.post(&recheck, json!({})).await.expect(200);
    let questions = world.questions(id).await;
    let [question] = &questions[..] else { panic!("asked once: {questions:?}") };
    assert_eq!(
        (&question["kind"], &question["subject"]),
        (&json!("protocol_change"), &json!("MPP"))
    );
    let shown = world.get(&format!("/api/v1/services/{id}")).await.expect(200);
    assert_eq!(shown["related_services"], json!([]), "not before an admin says so");
    world.approve(question).await;
    let shown = world.get(&format!("/api/v1/services/{id}")).await.expect(200);
    let [related] = &shown["related_services"].as_array().unwrap()[..] else { panic!("{shown}") };
    assert_eq!(related["protocol"], "MPP");
    related["id"].as_str().unwrap().to_owned()
}

async fn claim(world: &World, provider: &Provider, id: &str, sibling: &str) -> Owner {
    let claim = world.post("/api/v1/claim", json!({ "domain": HOST })).await.expect(201);
    let url = claim["verification_url"].as_str().unwrap();
    assert!(url.ends_with("/.well-known/402index-verify.txt"), "{url}");
    provider.publish("something else");
    let verify = || world.post("/api/v1/claim/verify", json!({ "domain": HOST }));
    assert_eq!(verify().await.refused(422), "token_mismatch");
    let token = claim["verification_token"].as_str().unwrap().to_owned();
    let owner = Owner { domain: HOST.to_owned(), token };
    let patch = owner.body(json!({ "name": "Mine" }));
    let path = format!("/api/v1/services/{id}");
    assert_eq!(world.send(Method::PATCH, &path, &[], Some(&patch)).await.status, 403, "not yet");
    provider.publish(claim["verification_hash"].as_str().unwrap());
    let verified = verify().await.expect(200);
    assert_eq!((&verified["status"], &verified["services_count"]), (&json!("verified"), &json!(2)));
    for id in [id, sibling] {
        let shown = world.get(&format!("/api/v1/services/{id}")).await.expect(200);
        assert_eq!(shown["domain_verified"], 1);
    }
    owner
}

async fn change_the_price(world: &World, hook: &Hook, owner: &Owner, id: &str) {
    let path = format!("/api/v1/services/{id}");
    let edits = json!({ "price_sats": 9, "description": "Now with <wind> & rain" });
    let after = world.send(Method::PATCH, &path, &[], Some(&owner.body(edits))).await.expect(200);
    assert_eq!((&after["price_sats"], &after["id"]), (&json!(9), &json!(id)));

    let feed = world.get("/api/v1/changes?kind=service.price_changed&limit=200").await.expect(200);
    let events = feed["events"].as_array().unwrap().iter();
    let [event] = &events.filter(|event| event["listing_id"] == id).collect::<Vec<_>>()[..] else {
        panic!("{feed}")
    };
    assert_eq!(event["data"]["before"]["price_sats"], 7, "{event}");
    assert_eq!(event["data"]["after"]["price_sats"], 9, "{event}");

    let rss = world.get("/feed.xml?protocol=L402&type=new").await;
    assert_eq!(
        rss.headers["content-type"].to_str().unwrap().split(';').next(),
        Some("application/rss+xml")
    );
    let item = rss.text.split("<item>").find(|item| item.contains(&format!("/service/{id}<")));
    let item = item.expect("the listing is in the feed");
    assert!(item.contains("<l402:price sats=\"9\""), "{item}");
    assert!(item.contains("Now with &lt;wind&gt; &amp; rain"), "{item}");

    let told = wait_for("news of the price", || async {
        hook.told("service.price_changed").into_iter().find(|told| told["data"]["id"] == id)
    });
    assert_eq!(told.await["data"]["after"]["price_sats"], 9);
}

async fn leave(world: &World, hook: &Hook, owner: &Owner, id: &str) {
    let path = format!("/api/v1/services/{id}");
    for again in ["first", "again"] {
        let gone = world.send(Method::DELETE, &path, &[], Some(&owner.body(json!({})))).await;
        assert_eq!(gone.expect(200)["id"], id, "{again}");
    }
    assert_eq!(world.get(&path).await.status, 404);
    assert_eq!(world.post(&format!("{path}/recheck"), json!({})).await.status, 404);
    let list = world.get("/api/v1/services?q=weather&limit=200").await.expect(200);
    assert!(row(&list, id).is_none());
    assert!(!world.get("/feed.xml").await.text.contains(id));
    wait_for("news of the end", || async {
        hook.told("service.deleted").into_iter().find(|told| told["data"]["id"] == id)
    })
    .await;
    let log = world.as_admin(Method::GET, "/admin/api/audit?limit=200", None).await.expect(200);
    assert!(log.to_string().contains("listing.delete"), "{log}");
}
