//! Proofs other than the file.

use crate::world::{Begun, FILE, HOST, Page, World};
use farebox_directory::Protocol;
use farebox_wire::evm::{EvmKey, personal_digest};
use secp256k1::{Message, Secp256k1, SecretKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// From BOLT 11; the key of its payee is published there too.
const INVOICE: &str = "lnbc2500u1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5xysxxatsyp3k7enxv4jsxqzpu9qrsgquk0rl77nj30yxdy8j9vdx85fkpmdla2087ne0xh8nhedh8w27kyke0lp53ut353s06fv3qfegext0eh0ymjpf39tuven09sam30g4vgpfna3rh";
const NODE_KEY: &str = "e126f68f7eafcc8b74f54d269fe206be715000f94dac067d1c04a8ca3b2db734";

fn wallet(seed: u8) -> EvmKey {
    EvmKey::new([seed; 32]).unwrap()
}

fn x402(pay_to: &EvmKey) -> Page {
    let body = json!({
        "x402Version": 1,
        "error": "payment required",
        "accepts": [{
            "scheme": "exact",
            "network": "base",
            "maxAmountRequired": "1000",
            "resource": "https://api.example.com/x",
            "description": "",
            "mimeType": "application/json",
            "payTo": pay_to.address().to_checksum(None),
            "maxTimeoutSeconds": 60,
            "asset": "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913",
            "extra": { "name": "USD Coin", "version": "2" },
        }],
    });
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Page { status: 402, headers, body: body.to_string() }
}

fn l402() -> Page {
    let challenge = format!(r#"L402 macaroon="AgEDbHQCATEAAAYg", invoice="{INVOICE}""#);
    let headers = vec![("www-authenticate".to_owned(), challenge)];
    Page { status: 402, headers, body: String::new() }
}

fn personal_sign(key: &EvmKey, message: &str) -> String {
    key.sign(personal_digest(message)).to_string()
}

/// As LND's `signmessage` does it.
fn node_sign(key: &str, message: &str) -> String {
    let key = SecretKey::from_slice(&hex::decode(key).unwrap()).unwrap();
    let digest = Sha256::digest(Sha256::digest(format!("Lightning Signed Message:{message}")));
    let signed =
        Secp256k1::new().sign_ecdsa_recoverable(&Message::from_digest(digest.into()), &key);
    let (which, compact) = signed.serialize_compact();
    let first = 31 + u8::try_from(which.to_i32()).unwrap();
    let bytes = [&[first], &compact[..]].concat();
    let alphabet = b"ybndrfg8ejkmcpqxot1uwisza345h769";
    let bit = |place: usize| bytes[place / 8] >> (7 - place % 8) & 1;
    let groups = (0..104).map(|group| (0..5).fold(0, |v, place| v << 1 | bit(group * 5 + place)));
    groups.map(|value| char::from(alphabet[usize::from(value)])).collect()
}

fn signed(method: &str, begun: &Begun, signature: &str) -> Value {
    json!({
        "domain": HOST,
        "method": method,
        "verification_hash": begun.hash(),
        "signature": signature,
    })
}

const VERIFY: &str = "/api/v1/claim/verify";

#[tokio::test]
async fn a_txt_record_proves_a_claim() {
    let world = World::new().await;
    let begun = world.claim().await;
    let body = json!({ "domain": HOST, "method": "dns" });
    assert_eq!(world.post(VERIFY, body.clone()).await.refused(422), "no_record");
    let record = begun.0["other_methods"][0]["record"].as_str().unwrap().to_owned();
    assert_eq!(record, "_farebox-verify.api.example.com");
    let publish = |texts: &[&str]| {
        let texts = texts.iter().map(|text| (*text).to_owned()).collect();
        world.dns.texts.lock().unwrap().insert(record.clone(), texts);
    };
    publish(&["v=spf1 -all", &"ab".repeat(32)]);
    assert_eq!(world.post(VERIFY, body.clone()).await.refused(422), "token_mismatch");
    publish(&["v=spf1 -all", begun.hash()]);
    world.post(VERIFY, body).await.expect(200);
    assert!(world.commands(begun.token()).await);
}

#[tokio::test]
async fn the_account_that_is_paid_proves_a_claim() {
    let world = World::new().await;
    let (owner, stranger) = (wallet(1), wallet(2));
    let id = world.list(HOST, "x", Protocol::X402).await;
    world.site.publish("/x", x402(&owner));
    let begun = world.claim().await;
    assert!(begun.message().contains("Directory: https://directory.example\n"));
    let by_stranger = signed("wallet", &begun, &personal_sign(&stranger, begun.message()));
    assert_eq!(world.post(VERIFY, by_stranger).await.refused(422), "signature_mismatch");
    let other_text = signed("wallet", &begun, &personal_sign(&owner, "I agree"));
    assert_eq!(world.post(VERIFY, other_text).await.refused(422), "signature_mismatch");
    let garbage = signed("wallet", &begun, "0x00");
    assert_eq!(world.post(VERIFY, garbage).await.refused(422), "signature_mismatch");
    let mut other_claim = signed("wallet", &begun, &personal_sign(&owner, begun.message()));
    other_claim["verification_hash"] =
        world.claim_from("198.51.100.1").await.0["verification_hash"].clone();
    assert_eq!(world.post(VERIFY, other_claim).await.refused(422), "signature_mismatch");
    let missing = json!({ "domain": HOST, "method": "wallet", "verification_hash": begun.hash() });
    world.post(VERIFY, missing).await.refused(400);
    let good = signed("wallet", &begun, &personal_sign(&owner, begun.message()));
    world.post(VERIFY, good).await.expect(200);
    assert!(world.commands(begun.token()).await);
    assert!(world.is_marked(&id));
}

#[tokio::test]
async fn the_account_must_be_paid_now_and_everywhere() {
    let world = World::new().await;
    let (owner, neighbour) = (wallet(1), wallet(2));
    let begun = world.claim().await;
    let good = signed("wallet", &begun, &personal_sign(&owner, begun.message()));
    assert_eq!(world.post(VERIFY, good.clone()).await.refused(422), "no_listing");
    world.list(HOST, "x", Protocol::X402).await;
    world.list(HOST, "y", Protocol::X402).await;
    world.site.publish("/x", x402(&owner));
    world.site.publish("/y", x402(&neighbour));
    let refused = world.post(VERIFY, good.clone()).await.refused(422);
    assert_eq!(refused, "signature_mismatch", "the host has another seller");
    world.site.publish("/y", Page::text("free"));
    assert_eq!(world.post(VERIFY, good.clone()).await.refused(422), "signature_mismatch");
    world.site.publish("/y", x402(&owner));
    world.post(VERIFY, good).await.expect(200);
}

#[tokio::test]
async fn the_node_that_is_paid_proves_a_claim() {
    let world = World::new().await;
    world.list(HOST, "x", Protocol::L402).await;
    world.site.publish("/x", l402());
    let begun = world.claim().await;
    let stranger = signed("node", &begun, &node_sign(&"07".repeat(32), begun.message()));
    assert_eq!(world.post(VERIFY, stranger).await.refused(422), "signature_mismatch");
    let good = signed("node", &begun, &node_sign(NODE_KEY, begun.message()));
    world.post(VERIFY, good).await.expect(200);
    assert!(world.commands(begun.token()).await);
}

#[tokio::test]
async fn command_of_the_host_takes_a_domain_from_who_only_signed() {
    let world = World::new().await;
    let seller = wallet(1);
    world.list(HOST, "x", Protocol::X402).await;
    world.site.publish("/x", x402(&seller));
    let begun = world.claim().await;
    let good = signed("wallet", &begun, &personal_sign(&seller, begun.message()));
    world.post(VERIFY, good).await.expect(200);
    assert_eq!(world.verify().await.refused(409), "already_verified", "nobody else asks");
    let owner = world.claim_from("198.51.100.1").await;
    let again = signed("wallet", &owner, &personal_sign(&seller, owner.message()));
    assert_eq!(world.post(VERIFY, again).await.refused(409), "already_verified");
    world.site.publish(FILE, Page::text(owner.hash()));
    world.verify().await.expect(200);
    assert!(world.commands(owner.token()).await);
    assert!(!world.commands(begun.token()).await);
}
