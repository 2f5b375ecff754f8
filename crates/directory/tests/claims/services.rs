//! Claims of services under `/api/claim`.

use crate::world::{ADMIN_SECRET, Answer, HOST, HOUR_S, Page, SERVICE_FILE, World};
use axum::body::Body;
use farebox_directory::Protocol;
use futures_util::future::join_all;
use serde_json::json;
use sha2::{Digest, Sha256};

/// The service that the site's listing belongs to.
async fn service(world: &World) -> (String, String) {
    let id = world.list(HOST, "x", Protocol::L402).await;
    let service_id = world.directory.snapshot().get(&id).unwrap().listing().service_id.clone();
    (id, service_id)
}

async fn verify(world: &World, service_id: &str, token: &str) -> Answer {
    let request = http::Request::post(format!("/api/claim/{service_id}/verify"));
    let request = request.header("authorization", format!("Bearer {token}"));
    world.send("192.0.2.1", request.body(Body::empty()).unwrap()).await
}

async fn is_managed_by(world: &World, service_id: &str, key: &str) -> bool {
    let service_id = service_id.to_owned();
    let digest = hex::encode(Sha256::digest(hex::decode(key).unwrap()));
    let look = move |transaction: &farebox_store::Transaction<'_>| {
        let sql = "SELECT EXISTS (SELECT 1 FROM service WHERE id = ?1 AND key_sha256 = ?2)";
        transaction.one(sql, farebox_store::params![service_id, digest], |row| row.get(0))
    };
    world.directory.store().read(look).await.unwrap()
}

#[tokio::test]
async fn a_provider_gets_the_key_of_a_discovered_service() {
    let world = World::new().await;
    let (id, service_id) = service(&world).await;
    let path = format!("/api/claim/{service_id}");
    let begun = world.post(&path, json!({})).await.expect(201);
    assert_eq!(begun["verification_url"], world.site.url(HOST, &SERVICE_FILE[1..]));
    assert_eq!(begun["expires_at"], "2027-01-16T08:00:00Z");
    let token = begun["claim_token"].as_str().unwrap();
    assert_eq!(verify(&world, &service_id, token).await.refused(422), "unreachable");
    let challenge = begun["challenge_hash"].as_str().unwrap();
    world.site.publish(SERVICE_FILE, Page::text(challenge));
    let managed = verify(&world, &service_id, token).await.expect(200);
    let key = managed["management_key"].as_str().unwrap();
    assert!(is_managed_by(&world, &service_id, key).await);
    assert!(!is_managed_by(&world, &service_id, token).await);
    assert!(!is_managed_by(&world, &service_id, challenge).await);
    assert!(!is_managed_by(&world, "svc_000000000000", key).await);
    assert!(world.is_marked(&id));
    assert_eq!(world.post(&path, json!({})).await.refused(409), "already_claimed");
}

#[tokio::test]
async fn who_only_waits_for_the_challenge_gets_no_key() {
    let world = World::new().await;
    let (_, service_id) = service(&world).await;
    let path = format!("/api/claim/{service_id}");
    let begun = world.post(&path, json!({})).await.expect(201);
    let rival = world.post_from("198.51.100.1", &path, json!({})).await.expect(201);
    world.site.publish(SERVICE_FILE, Page::text(begun["challenge_hash"].as_str().unwrap()));
    let rival = rival["claim_token"].as_str().unwrap();
    assert_eq!(verify(&world, &service_id, rival).await.refused(422), "token_mismatch");
    let verify_path = format!("{path}/verify");
    let bare = world.post(&verify_path, json!({})).await;
    assert_eq!(bare.refused(401), "claim_token_missing");
    let hash = json!({ "claim_token": begun["challenge_hash"] });
    assert_eq!(world.post(&verify_path, hash).await.refused(404), "no_claim");
    let own = json!({ "claim_token": begun["claim_token"] });
    world.post(&verify_path, own).await.expect(200);
    assert_eq!(verify(&world, &service_id, rival).await.refused(409), "already_claimed");
}

#[tokio::test]
async fn who_got_no_answer_asks_again() {
    let world = World::new().await;
    let (_, service_id) = service(&world).await;
    let begun = world.post(&format!("/api/claim/{service_id}"), json!({})).await.expect(201);
    world.site.publish(SERVICE_FILE, Page::text(begun["challenge_hash"].as_str().unwrap()));
    let token = begun["claim_token"].as_str().unwrap();
    let lost = verify(&world, &service_id, token).await.expect(200);
    let again = verify(&world, &service_id, token).await.expect(200);
    let (lost, again) = (&lost["management_key"], &again["management_key"]);
    assert!(is_managed_by(&world, &service_id, again.as_str().unwrap()).await);
    assert!(!is_managed_by(&world, &service_id, lost.as_str().unwrap()).await);
    world.wait(24 * HOUR_S);
    assert_eq!(verify(&world, &service_id, token).await.refused(409), "already_claimed");
}

#[tokio::test]
async fn a_challenge_expires_after_24_hours() {
    let world = World::new().await;
    let (_, service_id) = service(&world).await;
    let path = format!("/api/claim/{service_id}");
    let begun = world.post(&path, json!({})).await.expect(201);
    world.post(&path, json!({})).await.expect(200);
    world.site.publish(SERVICE_FILE, Page::text(begun["challenge_hash"].as_str().unwrap()));
    world.wait(24 * HOUR_S);
    let token = begun["claim_token"].as_str().unwrap();
    assert_eq!(verify(&world, &service_id, token).await.refused(410), "claim_expired");
    let unknown = world.post("/api/claim/svc_000000000000", json!({})).await;
    assert_eq!(unknown.refused(404), "not_found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_proofs_at_once_leave_one_key() {
    let world = World::new().await;
    let (_, service_id) = service(&world).await;
    let begun = world.post(&format!("/api/claim/{service_id}"), json!({})).await.expect(201);
    world.site.publish(SERVICE_FILE, Page::text(begun["challenge_hash"].as_str().unwrap()));
    let token = begun["claim_token"].as_str().unwrap();
    let answers = join_all((0..50).map(|_| verify(&world, &service_id, token))).await;
    let mut good = 0;
    for answer in answers {
        let key = answer.expect(200)["management_key"].as_str().unwrap().to_owned();
        good += usize::from(is_managed_by(&world, &service_id, &key).await);
    }
    assert_eq!(good, 1, "the same claimer asked, and the last answer counts");
}

#[tokio::test]
async fn an_admin_takes_a_service_back_with_its_domain() {
    let world = World::new().await;
    let (_, service_id) = service(&world).await;
    let path = format!("/api/claim/{service_id}");
    let begun = world.post(&path, json!({})).await.expect(201);
    world.site.publish(SERVICE_FILE, Page::text(begun["challenge_hash"].as_str().unwrap()));
    let token = begun["claim_token"].as_str().unwrap();
    let managed = verify(&world, &service_id, token).await.expect(200);
    world.claim().await;
    world.reset(ADMIN_SECRET).await.expect(200);
    let key = managed["management_key"].as_str().unwrap();
    assert!(!is_managed_by(&world, &service_id, key).await);
    world.post(&path, json!({})).await.expect(201);
}
