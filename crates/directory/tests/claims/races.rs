//! Many at once.

use crate::world::{FILE, HOST, Page, World};
use farebox_directory::Protocol;
use futures_util::future::join_all;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_claims_and_proofs_at_once_end_in_one_owner() {
    let world = World::new().await;
    let id = world.list(HOST, "x", Protocol::L402).await;
    let addresses: Vec<_> = (0..50).map(|number| format!("198.51.100.{number}")).collect();
    let claims = join_all(addresses.iter().map(|address| world.claim_from(address))).await;
    world.site.publish(FILE, Page::text(claims[17].hash()));
    let verified = join_all((0..50).map(|_| world.verify())).await;
    let count = |status: u16| verified.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(200), count(409)), (1, 49));
    assert!(world.is_marked(&id));
    for (number, claim) in claims.iter().enumerate() {
        assert_eq!(world.commands(claim.token()).await, number == 17);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn claims_proofs_and_revocations_leave_one_owner_or_none() {
    let world = World::new().await;
    world.list(HOST, "x", Protocol::L402).await;
    let owner = world.own().await;
    let revoke = || {
        let body = serde_json::json!({ "domain": HOST, "verification_token": owner.token() });
        world.post("/api/v1/claim/revoke", body)
    };
    let revoked = join_all((0..50).map(|_| revoke())).await;
    let count = |status: u16| revoked.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(200), count(403)), (1, 49));
    assert!(!world.commands(owner.token()).await);
}
