//! The life of a claim.

use crate::world::{ADMIN_SECRET, FILE, HOST, HOUR_S, Page, World};
use farebox_directory::Protocol;
use farebox_directory::claim::{authorise, is_verified};
use serde_json::json;
use sha2::{Digest, Sha256};

#[tokio::test]
async fn a_provider_claims_proves_and_gives_back() {
    let world = World::new().await;
    let id = world.list(HOST, "x", Protocol::L402).await;
    let above = world.list("example.com", "x", Protocol::L402).await;
    let below = world.list("x.api.example.com", "x", Protocol::L402).await;
    let body = json!({ "domain": "API.example.com.", "contact_email": "me@example.com" });
    let answer = world.post("/api/v1/claim", body).await;
    assert_eq!(answer.headers["cache-control"], "no-store");
    let begun = answer.expect(201);
    assert_eq!(begun["domain"], HOST);
    assert_eq!(begun["verification_url"], world.site.url(HOST, &FILE[1..]));
    assert_eq!(begun["expires_at"], "2027-01-18T08:00:00Z");
    let token = begun["verification_token"].as_str().unwrap();
    assert_eq!(begun["verification_hash"], hex::encode(Sha256::digest(token)));
    assert!(!world.commands(token).await, "nothing is proven yet");

    world
        .site
        .publish(FILE, Page::text(format!("{}\n", begun["verification_hash"].as_str().unwrap())));
    let verified = world.verify().await.expect(200);
    assert_eq!(verified, json!({ "domain": HOST, "status": "verified", "services_count": 1 }));
    assert!(world.is_marked(&id));
    assert!(!world.is_marked(&above) && !world.is_marked(&below), "other hosts are others'");
    assert!(world.commands(token).await);
    assert_eq!(world.verify().await.refused(409), "already_verified");
    let again = world.post_from("198.51.100.9", "/api/v1/claim", json!({ "domain": HOST })).await;
    assert_eq!(again.refused(409), "already_verified");

    let revoke = |token: &str| {
        let body = json!({ "domain": HOST, "verification_token": token });
        world.post("/api/v1/claim/revoke", body)
    };
    assert_eq!(revoke(&"ab".repeat(32)).await.refused(403), "invalid_token");
    assert_eq!(revoke("nonsense").await.refused(403), "invalid_token");
    assert_eq!(revoke(token).await.expect(200)["status"], "revoked");
    assert!(!world.is_marked(&id));
    assert!(!world.commands(token).await, "a token that was given back opens nothing");
    assert_eq!(revoke(token).await.refused(403), "domain_not_verified");
    assert_eq!(world.verify().await.refused(404), "no_claim");
    assert_eq!(world.claim().await.0["status"], "pending");
}

#[tokio::test]
async fn asking_again_gives_another_token_and_both_are_good() {
    let world = World::new().await;
    let first = world.claim().await;
    let answer = world.post("/api/v1/claim", json!({ "domain": HOST })).await;
    let second = answer.expect(200);
    assert_ne!(second["verification_token"], first.0["verification_token"]);
    world.list(HOST, "x", Protocol::L402).await;
    world.site.publish(FILE, Page::text(first.hash()));
    world.verify().await.expect(200);
    assert!(world.commands(first.token()).await);
    assert!(!world.commands(second["verification_token"].as_str().unwrap()).await);
}

#[tokio::test]
async fn a_stranger_who_asks_again_and_again_blocks_nobody() {
    let world = World::new().await;
    world.list(HOST, "x", Protocol::L402).await;
    let owner = world.claim().await;
    for number in 0..400 {
        world.claim_from(&format!("198.51.100.{}", number % 20)).await;
    }
    world.site.publish(FILE, Page::text(owner.hash()));
    world.verify().await.expect(200);
    assert!(world.commands(owner.token()).await);
}

#[tokio::test]
async fn a_claim_expires_after_72_hours() {
    let world = World::new().await;
    world.list(HOST, "x", Protocol::L402).await;
    assert_eq!(world.verify().await.refused(404), "no_claim");
    let begun = world.claim().await;
    world.site.publish(FILE, Page::text(begun.hash()));
    world.wait(72 * HOUR_S);
    assert_eq!(world.verify().await.refused(410), "claim_expired");
    let begun = world.claim().await;
    assert_eq!(world.verify().await.refused(422), "token_mismatch", "the old hash is void");
    world.site.publish(FILE, Page::text(begun.hash()));
    world.wait(72 * HOUR_S - 1);
    world.verify().await.expect(200);
}

#[tokio::test]
async fn what_expired_is_forgotten_in_the_end() {
    let world = World::new().await;
    world.claim().await;
    world.wait((72 + 31 * 24) * HOUR_S);
    let now = world.directory.now();
    let purge = move |transaction: &farebox_store::Transaction<'_>| {
        farebox_directory::claim::purge(transaction, now)
    };
    world.directory.store().write(purge).await.unwrap();
    assert_eq!(world.verify().await.refused(404), "no_claim");
    let body = json!({ "domain": HOST, "verification_token": "ab".repeat(32) });
    assert_eq!(world.post("/api/v1/claim/revoke", body).await.refused(404), "no_claim");
}

#[tokio::test]
async fn an_admin_takes_a_domain_back_and_its_mark_stays() {
    let world = World::new().await;
    let id = world.list(HOST, "x", Protocol::L402).await;
    let reset = || world.reset(ADMIN_SECRET);
    assert_eq!(reset().await.refused(404), "no_claim");
    let old = world.own().await;
    assert_eq!(world.reset("another secret of someone").await.refused(401), "unauthorized");
    assert!(world.commands(old.token()).await);
    let fresh = reset().await.expect(200);
    assert_eq!(fresh["status"], "pending");
    assert!(world.is_marked(&id), "a time of grace");
    assert!(!world.commands(old.token()).await, "the old token is void");
    assert_eq!(world.verify().await.refused(422), "token_mismatch", "and so is its hash");
    world.site.publish(FILE, Page::text(fresh["verification_hash"].as_str().unwrap()));
    world.verify().await.expect(200);
    assert!(world.commands(fresh["verification_token"].as_str().unwrap()).await);
}

#[tokio::test]
async fn a_token_opens_its_own_host_alone() {
    let world = World::new().await;
    world.list(HOST, "x", Protocol::L402).await;
    let owner = world.own().await;
    let stranger = world.claims.hostname("other.example.com").unwrap();
    let domain = world.claims.hostname(HOST).unwrap();
    let token = owner.token().to_owned();
    let look = move |transaction: &farebox_store::Transaction<'_>| {
        let code = |domain, token: &str, host| {
            let outcome = authorise(transaction, domain, token, host);
            outcome.map_or_else(|error| error.code().1, |_| "let in")
        };
        assert_eq!(code(&domain, &token, HOST), "let in");
        assert_eq!(code(&domain, &token, "x.api.example.com"), "host_mismatch");
        assert_eq!(code(&domain, &token, "example.com"), "host_mismatch");
        assert_eq!(code(&stranger, &token, "other.example.com"), "domain_not_verified");
        assert_eq!(code(&domain, &"ab".repeat(32), HOST), "invalid_token");
        assert_eq!(code(&domain, "", HOST), "invalid_token");
        assert!(is_verified(transaction, HOST)?, "listings that come later are marked too");
        assert!(!is_verified(transaction, "example.com")?);
        Ok(())
    };
    world.directory.store().read(look).await.unwrap();
}

#[tokio::test]
async fn whoever_used_their_rights_is_written_down() {
    let world = World::new().await;
    world.list(HOST, "x", Protocol::L402).await;
    let owner = world.own().await;
    world.reset(ADMIN_SECRET).await.expect(200);
    let look = |transaction: &farebox_store::Transaction<'_>| {
        let sql = "SELECT actor, action, subject, detail FROM audit_log ORDER BY seq";
        transaction.all(sql, &[], |row| {
            Ok::<[String; 4], farebox_store::StoreError>([
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
            ])
        })
    };
    let lines = world.directory.store().read(look).await.unwrap();
    assert_eq!(lines[0][..3], ["owner of api.example.com", "claim.verify", HOST]);
    assert_eq!(lines[1][..3], ["admin", "claim.reset", HOST]);
    assert!(!format!("{lines:?}").contains(owner.token()), "no secrets");
}

#[tokio::test]
async fn listings_that_come_later_are_marked_and_stay_so() {
    let world = World::new().await;
    world.list(HOST, "x", Protocol::L402).await;
    world.own().await;
    let later = world.list(HOST, "later", Protocol::X402).await;
    assert!(world.is_marked(&later));
    assert_eq!(world.list(HOST, "later", Protocol::X402).await, later);
    assert!(world.is_marked(&later), "a source that says it again knows nothing of claims");
    let other = world.list("other.example.com", "x", Protocol::L402).await;
    assert!(!world.is_marked(&other));
}
