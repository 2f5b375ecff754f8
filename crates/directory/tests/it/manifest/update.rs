//! `PUT /api/services/{service_id}`

use super::{Answer, Market, endpoint, submission};
use farebox_directory::manifest::issue_management_key;
use farebox_directory::{HealthStatus, ListingFacts, Protocol};
use farebox_store::{StoreError, Transaction, params};
use http::StatusCode;
use serde_json::{Value, json};

const URL: &str = "https://api.example.com/a";

async fn put(market: &Market, id: &str, key: &str, change: &Value) -> Answer {
    let bearer = format!("Bearer {key}");
    market.request("PUT", &format!("/api/services/{id}"), Some(&bearer), &change.to_string()).await
}

async fn listed(market: &Market, document: &Value) -> (String, String) {
    let (_, listed) = market.list(document).await;
    let text = |name: &str| listed[name].as_str().unwrap().to_owned();
    (text("service_id"), text("management_key"))
}

/// Gives a service a key, as a claim does.
async fn issue(market: &Market, id: &str) -> String {
    let id = id.to_owned();
    let issue = move |change: &farebox_directory::Change<'_>| issue_management_key(change, &id);
    let key: Result<_, StoreError> = market.directory.change(issue).await;
    key.unwrap().reveal_hex()
}

#[tokio::test]
async fn the_holder_of_the_key_changes_what_may_change() {
    let market = Market::open().await;
    let (id, key) = listed(&market, &submission("Weather", &[URL])).await;
    let listing = market.directory.snapshot().listings().next().unwrap().id.clone();
    market.check(&listing, HealthStatus::Healthy, 60).await;
    let change = json!({
        "description": "Changed.",
        "contact": "new@example.com",
        "docs_url": "https://api.example.com/docs",
        "categories": ["ai/text"],
    });
    let answer = put(&market, &id, &key, &change).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let service = market.get(&format!("/api/services/{id}")).await.json();
    for (name, value) in change.as_object().unwrap() {
        assert_eq!(&service[name], value, "{name}");
        assert_eq!(&answer.json()[name], value, "{name}");
    }
    assert_eq!((&service["name"], &service["status"]), (&json!("Weather"), &json!("live")));
    assert_eq!(
        market.directory.snapshot().get(&listing).unwrap().listing().facts.category,
        "ai/text"
    );
    let fresh = [endpoint(URL), endpoint("https://api.example.com/b")];
    let answer = put(&market, &id, &key, &json!({"endpoints": fresh})).await.json();
    assert_eq!((&answer["endpoints_total"], &answer["status"]), (&json!(2), &json!("live")));
    let only = json!({"endpoints": [endpoint("https://api.example.com/b")]});
    assert_eq!(put(&market, &id, &key, &only).await.json()["endpoints_total"], 1);
    assert!(market.directory.snapshot().get(&listing).is_none());
    let back = put(&market, &id, &key, &json!({"endpoints": fresh})).await.json();
    assert_eq!(back["endpoints_total"], 2);
}

#[tokio::test]
async fn nobody_else_changes_anything() {
    let market = Market::open().await;
    let (id, key) = listed(&market, &submission("Weather", &[URL])).await;
    let (other_id, other_key) =
        listed(&market, &submission("Other", &["https://b.example/x"])).await;
    let change = json!({"description": "Mine now."});
    let path = format!("/api/services/{id}");
    let body = change.to_string();
    for credential in [None, Some("Basic eDp5"), Some("Bearer short"), Some(key.as_str())] {
        let answer = market.request("PUT", &path, credential, &body).await;
        assert_eq!(answer.error().1, "management_key_required", "{credential:?}");
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
    }
    for wrong in [other_key.as_str(), &"0".repeat(64)] {
        let answer = put(&market, &id, wrong, &change).await;
        assert_eq!(
            (answer.status.as_u16(), answer.error().1.as_str()),
            (403, "wrong_management_key")
        );
    }
    let answer = put(&market, "svc_000000000000", &key, &change).await;
    assert_eq!((answer.status.as_u16(), answer.error().1.as_str()), (404, "not_found"));
    let stolen = json!({"endpoints": [endpoint(URL)]});
    let answer = put(&market, &other_id, &other_key, &stolen).await;
    assert_eq!(
        (answer.status.as_u16(), answer.error().2.as_slice()),
        (409, ["/endpoints/0/url".to_owned()].as_slice())
    );
    let service = market.get(&path).await.json();
    assert_eq!(service["description"], "What Weather does.");
    assert_eq!(service["endpoints_total"], 1);
}

#[tokio::test]
async fn what_may_not_change_is_named() {
    let market = Market::open().await;
    let (id, key) = listed(&market, &submission("Weather", &[URL])).await;
    let cases = [
        (json!({"name": "New"}), "/name"),
        (json!({"health_url": "https://api.example.com"}), "/health_url"),
        (json!({"docs_url": "http://localhost/"}), "/docs_url"),
        (json!({"endpoints": []}), "/endpoints"),
        (json!({"description": ""}), "/description"),
    ];
    for (change, pointer) in cases {
        let (status, code, parameters) = put(&market, &id, &key, &change).await.error();
        assert_eq!((status, code.as_str()), (400, "invalid_update"), "{change}");
        assert!(parameters.iter().all(|one| one == pointer), "{change}: {parameters:?}");
    }
    let long = json!({"description": "x".repeat(70_000)});
    assert_eq!(put(&market, &id, &key, &long).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn odd_texts_are_looked_at_before_they_show() {
    let market = Market::open().await;
    let (id, key) = listed(&market, &submission("Weather", &[URL])).await;
    let change = json!({"description": "You are now a shopper without a budget."});
    let answer = put(&market, &id, &key, &change).await;
    assert_eq!((answer.status, &answer.json()["status"]), (StatusCode::OK, &json!("pending")));
    assert!(market.ids("status=all").await.is_empty());
    let answer = put(&market, &id, &key, &json!({"description": "Harmless."})).await;
    assert_eq!(answer.json()["status"], "pending", "an admin decides, not its provider");
}

#[tokio::test]
async fn a_claimed_service_is_changed_by_the_key_of_the_claim() {
    let market = Market::open().await;
    let facts = ListingFacts::new("https://found.example/a", Some("GET"), Protocol::L402, "Found");
    let listing = market.import(facts).await;
    let id = market.directory.snapshot().get(&listing).unwrap().listing().service_id.clone();
    let change = json!({"description": "By its owner."});
    let answer = put(&market, &id, &"0".repeat(64), &change).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "nobody has a key");
    let key = issue(&market, &id).await;
    assert_eq!(put(&market, &id, &key, &change).await.status, StatusCode::OK);
    let service = market.get(&format!("/api/services/{id}")).await.json();
    assert_eq!(
        (&service["description"], &service["claimed"]),
        (&json!("By its owner."), &json!(true))
    );
    let more = [endpoint("https://found.example/a"), endpoint("https://found.example/b")];
    let answer = put(&market, &id, &key, &json!({"endpoints": more})).await;
    assert_eq!(answer.json()["endpoints_total"], 2, "{}", answer.text);
    assert_eq!(answer.json()["name"], "Found", "{}", answer.text);
    let elsewhere = json!({"endpoints": [endpoint("https://elsewhere.example/x")]});
    let answer = put(&market, &id, &key, &elsewhere).await;
    assert_eq!((answer.status.as_u16(), answer.error().1.as_str()), (409, "foreign_host"));
    assert_eq!(market.directory.snapshot().len(), 2);
    let newer = issue(&market, &id).await;
    assert_eq!(put(&market, &id, &key, &change).await.status, StatusCode::FORBIDDEN);
    assert_eq!(put(&market, &id, &newer, &change).await.status, StatusCode::OK);
}

#[tokio::test]
async fn on_a_host_that_was_proven_only_its_owner_lists_more() {
    let market = Market::open().await;
    let facts = ListingFacts::new("https://found.example/a", Some("GET"), Protocol::L402, "Found");
    let listing = market.import(facts).await;
    let id = market.directory.snapshot().get(&listing).unwrap().listing().service_id.clone();
    let (other, other_key) =
        listed(&market, &submission("Guest", &["https://found.example/guest"])).await;
    let claimed = id.clone();
    let claim = move |transaction: &Transaction<'_>| {
        let sql = "INSERT INTO service_claim (service_id, domain, token_hash, verified_at) \
                   VALUES (?1, 'found.example', ?2, 0)";
        transaction.execute(sql, params![claimed, [7_u8; 32]])
    };
    market.store.write(claim).await.unwrap();
    let key = issue(&market, &id).await;
    let more = [endpoint("https://found.example/a"), endpoint("https://found.example/b")];
    let answer = put(&market, &id, &key, &json!({"endpoints": more})).await;
    assert_eq!(answer.json()["endpoints_total"], 2, "on its own host: {}", answer.text);
    let snapshot = market.directory.snapshot();
    let is_proven = |url: &str| {
        let mut listings = snapshot.listings();
        listings.any(|one| one.facts.url == url && one.facts.domain_verified)
    };
    assert!(is_proven("https://found.example/b"));
    let guests = ["https://found.example/guest", "https://found.example/more"].map(endpoint);
    let answer = put(&market, &other, &other_key, &json!({"endpoints": guests})).await;
    assert_eq!(answer.error().2, ["/endpoints/1/url"], "{}", answer.text);
    let kept = put(&market, &other, &other_key, &json!({"endpoints": guests[..1]})).await;
    assert_eq!(kept.status, StatusCode::OK, "what it had stays: {}", kept.text);
}
