//! The services API of the real program: what its manifest names is there, and a listing is bought.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use common::{Demo, json, output_of};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;

struct Market {
    demo: Demo,
    server_data: tempfile::TempDir,
    buyer_data: tempfile::TempDir,
}

impl Market {
    fn open() -> Self {
        let server_data = tempfile::tempdir().unwrap();
        let demo = Demo::start(server_data.path());
        Self { demo, server_data, buyer_data: tempfile::tempdir().unwrap() }
    }

    /// The status and the body of an answer.
    fn ask(&self, method: &str, path: &str, header: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.demo.url.replace("http://", "")).unwrap();
        let len = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len}\r\n{header}\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask("GET", path, "", "");
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// No file of the server holds a key, as it is written or as the bytes that it stands for.
    fn assert_nowhere_on_disk(&self, key: &str) {
        let bytes = hex::decode(key).unwrap();
        let mut folders = vec![self.server_data.path().to_owned()];
        let mut read = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let content = std::fs::read(&path).unwrap();
                let holds = |text: &[u8]| content.windows(text.len()).any(|window| window == text);
                assert!(!holds(key.as_bytes()) && !holds(&bytes), "{}", path.display());
                read += content.len();
            }
        }
        assert!(read > 100_000, "{read} bytes");
    }

    /// Pays what a 402 asks for and returns the header to show.
    fn pay(&self, asked: &str) -> String {
        let asked: Value = serde_json::from_str(asked).unwrap();
        let mut command = self.demo.buyer(self.buyer_data.path());
        let invoice = asked["invoice"].as_str().unwrap();
        let paid = json(&output_of(command.args(["wallet", "pay", invoice, "--json"])));
        let (macaroon, preimage) = (&asked["macaroon"], &paid["preimage"]);
        format!(
            "Authorization: L402 {}:{}\r\n",
            macaroon.as_str().unwrap(),
            preimage.as_str().unwrap()
        )
    }
}

#[test]
fn everything_that_the_manifest_names_is_there() {
    let market = Market::open();
    let manifest = market.get("/api");
    let any = market.get("/api/services?status=all&protocol=all&limit=1&format=minimal");
    let id = any["services"][0]["id"].as_str().unwrap();
    for (name, endpoint) in manifest["endpoints"].as_object().unwrap() {
        let path = endpoint["url"].as_str().unwrap().replace("{service_id}", id);
        let (status, body) = market.ask(endpoint["method"].as_str().unwrap(), &path, "", "");
        // What was never begun cannot be verified; the answer says so.
        let is_said = status == 404 && name == "claim_verify" && body.contains("\"code\"");
        assert!(is_said || ![404, 405].contains(&status), "{name}: {status} {body}");
    }
    for (name, step) in manifest["getting_started"].as_object().unwrap() {
        let example = step["example"].as_str().and_then(|example| example.split_once(' '));
        let (method, path) = match example {
            Some((method, url)) => (method, url.strip_prefix(&market.demo.url).unwrap()),
            None => (step["method"].as_str().unwrap(), step["url"].as_str().unwrap()),
        };
        let (status, _) = market.ask(method, path, "", "");
        assert!([200, 402].contains(&status), "{name}: {status}");
    }
    let health = market.get("/api/health");
    assert_eq!(health["pricing_tiers"]["listing"]["price_sats"], manifest["listing_price_sats"]);
    let document = market.get("/openapi.json");
    for path in ["/api", "/api/services", "/api/submit", "/api/report/{service_id}"] {
        assert!(document["paths"][path].is_object(), "{path} is described");
    }
    assert!(document["paths"]["/api/submit"]["post"]["x-payment-info"].is_object());
}

#[test]
fn a_listing_is_bought_for_its_body_and_its_report_after_it() {
    let market = Market::open();
    let document = json!({
        "name": "Weather",
        "description": "The weather of any city.",
        "endpoints": [{
            "url": "https://weather.example.com/now",
            "pricing": {"amount": 10, "currency": "sats"},
        }],
    });
    let mut changed = document.clone();
    changed["endpoints"][0]["url"] = json!("https://weather.example.com/later");
    let (document, changed) = (document.to_string(), changed.to_string());
    let (status, asked) = market.ask("POST", "/api/submit", "", &document);
    assert_eq!(status, 402, "{asked}");
    let header = market.pay(&asked);
    assert_eq!(market.ask("POST", "/api/submit", &header, &changed).0, 402);
    let (status, listed) = market.ask("POST", "/api/submit", &header, &document);
    assert_eq!(status, 201, "{listed}");
    let (status, again) = market.ask("POST", "/api/submit", &header, &document);
    assert_eq!((status, &again), (201, &listed));
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let id = listed["service_id"].as_str().unwrap();
    market.assert_nowhere_on_disk(listed["management_key"].as_str().unwrap());
    assert_eq!(market.get(&format!("/api/services/{id}"))["name"], "Weather");
    let bearer =
        format!("Authorization: Bearer {}\r\n", listed["management_key"].as_str().unwrap());
    let (status, _) =
        market.ask("PUT", &format!("/api/services/{id}"), &bearer, r#"{"contact":"a"}"#);
    assert_eq!(status, 200);
    let path = format!("/api/report/{id}");
    let (status, asked) = market.ask("GET", &path, "", "");
    assert_eq!(status, 402);
    let header = market.pay(&asked);
    assert_eq!(market.ask("GET", &path, &header, "").0, 200);
    assert_eq!(market.demo.balance(market.buyer_data.path()), 100_000 - 1_000 - 10);
}
