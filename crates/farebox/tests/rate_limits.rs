//! The limit on requests, over HTTP: who is counted as whom, and the play wallet's way past it.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use common::{Demo, stderr};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Output;

/// A connection that stays open.
struct Client {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
}

struct Answer {
    status: u16,
    headers: String,
    body: Value,
}

impl Client {
    fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address.trim_start_matches("http://")).unwrap();
        let reader = BufReader::new(stream.try_clone().unwrap());
        Self { stream, reader }
    }

    fn get(&mut self, path: &str, headers: &[&str]) -> Answer {
        self.send("GET", path, headers, "")
    }

    fn send(&mut self, method: &str, path: &str, headers: &[&str], body: &str) -> Answer {
        let more: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n{more}\r\n"
        );
        self.stream.write_all((request + body).as_bytes()).unwrap();
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(self.reader.read_line(&mut head).unwrap(), 0, "cut off after {head:?}");
        }
        let headers = head.to_ascii_lowercase();
        let length = headers.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        self.reader.read_exact(&mut body).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, headers, body: serde_json::from_slice(&body).unwrap_or_default() }
    }

    /// How many of so many requests are answered with 200; `header` makes one for each.
    fn served_of(&mut self, attempts: usize, header: impl Fn(usize) -> String) -> usize {
        let ask =
            |number: &usize| self.get("/api/v1/categories", &[&header(*number)]).status == 200;
        (0..attempts).filter(ask).count()
    }
}

fn buy(demo: &Demo, data: &std::path::Path, path: &str) -> Output {
    let url = format!("{}{path}", demo.url);
    demo.buyer(data).args(["get", &url, "--max-cost", "200"]).output().unwrap()
}

#[test]
fn an_address_that_is_only_claimed_counts_for_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start(folder.path());
    let mut client = Client::connect(&demo.url);
    let spoof = |number: usize| format!("X-Forwarded-For: 203.0.113.{number}");
    assert_eq!(client.served_of(120, spoof), 100);
    let refused = client.get("/api/v1/services", &["X-Forwarded-For: 203.0.113.200"]);
    assert_eq!((refused.status, &refused.body["error"]["code"]), (402, &"rate_limited".into()));
    assert!(refused.headers.contains("retry-after: "), "{}", refused.headers);
    for free in ["/", "/api/v1/health", "/metrics", "/openapi.json"] {
        assert_eq!(client.get(free, &[]).status, 200, "{free} is not counted");
    }
    let paid = client.get("/demo/weather?city=Lisbon", &[]);
    assert_eq!(paid.body["error"]["code"], "payment_required", "sold as ever");
}

#[test]
fn behind_a_proxy_the_address_that_the_proxy_saw_counts() {
    let folder = tempfile::tempdir().unwrap();
    let trusted = [("FAREBOX_SERVE__TRUSTED_PROXIES", "[\"127.0.0.1\"]")];
    let demo = Demo::start_in(folder.path(), &[], &trusted);
    let mut proxy = Client::connect(&demo.url);
    let through = |number: usize| format!("X-Forwarded-For: 203.0.113.{number}, 192.0.2.1");
    assert_eq!(proxy.served_of(120, through), 100);
    let other = proxy.get("/api/v1/services", &["X-Forwarded-For: 192.0.2.2"]);
    assert_eq!(other.status, 200);
    assert!(other.headers.contains("ratelimit-policy: \"free\";q=100;w=60"), "{}", other.headers);
    assert!(other.headers.contains("ratelimit: \"free\";r=99;t="), "{}", other.headers);
    let exposed: Vec<_> =
        other.headers.lines().filter(|line| line.contains("expose-headers")).collect();
    let expected = ["x-402index-search-degraded", "ratelimit-policy", "payment-required"];
    for (line, name) in exposed.iter().zip(expected) {
        assert!(line.contains(name), "of the directory, the limit, the API: {exposed:?}");
    }
    assert_eq!(exposed.len(), expected.len(), "{exposed:?}");
}

#[test]
fn the_play_wallet_pays_for_a_thousand_a_minute() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start(folder.path());
    let mut client = Client::connect(&demo.url);
    assert_eq!(client.served_of(101, |_| "X-A: 1".to_owned()), 100);
    let offer = client.get("/api/v1/services", &[]);
    assert_eq!((offer.status, &offer.body["amount_sats"]), (402, &100.into()));
    let (wallet, password) = (demo.wallet.rsplit_once('@').unwrap().1, "OmZhcmVib3gtZGVtbw==");
    let form = ["Content-Type: application/x-www-form-urlencoded"];
    let authorization = format!("Authorization: Basic {password}");
    let invoice = format!("invoice={}", offer.body["invoice"].as_str().unwrap());
    let mut wallet = Client::connect(wallet);
    let paid = wallet.send("POST", "/payinvoice", &[form[0], &authorization], &invoice);
    let preimage = paid.body["paymentPreimage"].as_str().unwrap();
    let token = offer.body["macaroon"].as_str().unwrap();
    let authorization = format!("Authorization: L402 {token}:{preimage}");
    let first = client.get("/api/v1/services", &[&authorization]);
    assert!(first.headers.contains("ratelimit: \"paid\";r=999;t="), "{}", first.headers);
    assert_eq!(client.served_of(300, |_| authorization.clone()), 300);
    let policy = "ratelimit-policy: \"paid\";q=1000;w=60";
    assert!(first.headers.contains(policy), "{}", first.headers);
}

#[test]
fn the_buyer_pays_once_and_shows_its_token_everywhere() {
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let demo = Demo::start(folder.path());
    let mut client = Client::connect(&demo.url);
    assert_eq!(client.served_of(101, |_| "X-A: 1".to_owned()), 100);
    let before = demo.balance(data.path());
    for path in ["/api/v1/services?limit=1", "/api/v1/categories", "/api/v1/services?limit=2"] {
        let output = buy(&demo, data.path(), path);
        assert!(output.status.success(), "{path}: {}", stderr(&output));
    }
    assert_eq!(before - demo.balance(data.path()), 100);
}

#[test]
fn two_servers_on_one_database_count_together() {
    let Some(database) = farebox_testing::postgres() else { return };
    let variables = [("FAREBOX_STORE__POSTGRES", database.postgres_url().unwrap())];
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let servers: Vec<_> =
        folders.iter().map(|folder| Demo::start_in(folder.path(), &[], &variables)).collect();
    let clients = servers.iter().map(|server| {
        let url = server.url.clone();
        std::thread::spawn(move || Client::connect(&url).served_of(200, |_| "X-A: 1".to_owned()))
    });
    let clients: Vec<_> = clients.collect();
    let served: usize = clients.into_iter().map(|client| client.join().unwrap()).sum();
    // A part of the minute may end in between, and what one has left of it is lost for a while.
    assert!((75..=100).contains(&served), "{served}");
}
