//! Claims of domains, and the admin's reset.

use super::{HOST, assert_answers};
use crate::provider::{Provider, Stage};
use crate::world::{LOCAL, World};
use http::Method;
use serde_json::json;

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
