//! What is refused, and how the refusal reads.

use crate::world::{FILE, HOST, Page, World};
use farebox_directory::Protocol;
use farebox_directory::claim::Reach;
use farebox_net::AddressPolicy;
use serde_json::json;
use std::net::IpAddr;

#[tokio::test]
async fn what_is_no_host_is_refused_everywhere() {
    let world = World::with(Reach::Public, AddressPolicy::public_only()).await;
    for path in ["/api/v1/claim", "/api/v1/claim/verify", "/api/v1/claim/revoke"] {
        for domain in [
            json!("https://api.example.com"),
            json!("api.example.com/x"),
            json!("api.example.com:443"),
            json!("192.0.2.1"),
            json!("[::1]"),
            json!("0x7f000001"),
            json!("localhost"),
            json!("com"),
            json!("github.io"),
            json!(""),
            json!(null),
            json!(5),
        ] {
            let body = json!({ "domain": domain, "verification_token": "x" });
            world.post(path, body).await.refused(400);
        }
        world.post(path, json!({})).await.refused(400);
        world.post(path, json!([])).await.refused(400);
    }
    let body = json!({ "domain": HOST });
    let missing = world.post("/api/v1/claim/revoke", body).await.expect(400);
    assert_eq!(missing["error"]["parameters"], json!(["verification_token"]));
    let body = json!({ "domain": HOST, "contact_email": "nobody" });
    let bad = world.post("/api/v1/claim", body).await.expect(400);
    assert_eq!(bad["error"]["parameters"], json!(["contact_email"]));
}

#[tokio::test]
async fn a_proof_that_does_not_hold_says_why() {
    let world = World::new().await;
    world.list(HOST, "x", Protocol::L402).await;
    let begun = world.claim().await;
    let hash = begun.hash().to_owned();
    let page = |status, body: String| Page { status, headers: Vec::new(), body };
    let redirect = Page {
        status: 302,
        headers: vec![("location".to_owned(), "/elsewhere".to_owned())],
        body: hash.clone(),
    };
    world.site.publish("/elsewhere", Page::text(&hash));
    for (published, expected) in [
        (None, "unreachable"),
        (Some(page(500, hash.clone())), "unreachable"),
        (Some(page(404, hash.clone())), "unreachable"),
        (Some(redirect), "redirect"),
        (Some(page(200, format!("{hash}{}", " ".repeat(1_000)))), "file_too_large"),
        (Some(page(200, "ab".repeat(32))), "token_mismatch"),
        (Some(page(200, begun.token().to_owned())), "token_mismatch"),
        (Some(page(200, format!("<p>{hash}</p>"))), "token_mismatch"),
        (Some(page(200, String::new())), "token_mismatch"),
    ] {
        if let Some(published) = published {
            world.site.publish(FILE, published);
        }
        assert_eq!(world.verify().await.refused(422), expected);
    }
    assert!(!world.commands(begun.token()).await);
    world.site.publish(FILE, Page::text(&hash));
    world.verify().await.expect(200);
}

#[tokio::test]
async fn a_name_that_leads_inside_is_not_followed() {
    let world = World::with(Reach::Public, AddressPolicy::public_only()).await;
    world.claim().await;
    for address in ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:192.168.0.1"] {
        let address: IpAddr = address.parse().unwrap();
        world.dns.addresses.lock().unwrap().insert(HOST.to_owned(), address);
        let refused = world.verify().await.expect(422);
        assert_eq!(refused["error"]["code"], "ssrf_blocked", "{address}: {refused}");
    }
}

#[tokio::test]
async fn over_the_public_internet_only_https_counts() {
    let local = "127.0.0.0/8".parse().unwrap();
    let world = World::with(Reach::Public, AddressPolicy::and_networks([local])).await;
    world.list(HOST, "x", Protocol::L402).await;
    let begun = world.claim().await;
    assert_eq!(begun.0["verification_url"], format!("https://{HOST}{FILE}"));
    world.site.publish(FILE, Page::text(begun.hash()));
    assert_eq!(world.verify().await.refused(422), "unreachable");
}
