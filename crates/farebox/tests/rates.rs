//! A server whose exchange rate comes from sources.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use common::{Demo, farebox, output_of, stderr, stdout};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// A source that answers every request with the same body, until the test ends.
fn source(body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/price", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream);
            let mut line = String::new();
            while reader.read_line(&mut line).is_ok_and(|len| len > 2) {
                line.clear();
            }
            let length = body.len();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n");
            let answer = format!("{head}Connection: close\r\n\r\n{body}");
            let _ = reader.get_mut().write_all(answer.as_bytes());
        }
    });
    url
}

/// A server that takes real payments, here from the demo's network.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(folder: &Path, wallet: &str, sources: &[String]) -> Self {
        let config = folder.join("farebox.toml");
        std::fs::write(&config, settings(wallet, sources)).unwrap();
        let mut command = farebox();
        command.args(["serve", "--listen", "127.0.0.1:0", "--config"]).arg(&config);
        command.arg("--data").arg(folder.join("server"));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines.map_while(Result::ok).find_map(|line| {
            let url = line.strip_prefix("  metrics  http://")?;
            Some(url.trim_end_matches("/metrics").to_owned())
        });
        Self { child, address: address.expect("the server did not start") }
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> String {
        ask(&self.address, method, path, body)
    }

    fn topup(&self, body: &str) -> String {
        self.ask("POST", "/api/v1/topup", body)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ask(address: &str, method: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n");
    write!(stream, "{head}Connection: close\r\n\r\n{body}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn settings(wallet: &str, sources: &[String]) -> String {
    let seldom = "[rates]\nrefresh_s = 3600\nmax_age_s = 7200\ntimeout_s = 60\n";
    let mut text = format!("[seller]\nwallet = \"{wallet}\"\n{seldom}");
    for (number, url) in sources.iter().enumerate() {
        let pointer = "/result/0/price";
        text.push_str(&format!(
            "[[rates.sources]]\nname = \"s{number}\"\nurl = \"{url}\"\npointer = \"{pointer}\"\n"
        ));
    }
    text
}

fn json(answer: &str) -> Value {
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap()
}

/// Asks until the answer is the one that is waited for.
fn until(ask: impl Fn() -> String, wanted: &str) -> String {
    let begun = Instant::now();
    loop {
        let answer = ask();
        if answer.contains(wanted) {
            return answer;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "no {wanted:?} in {answer}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_topup_in_dollars_is_converted_at_what_the_sources_say() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start(&folder.path().join("node"));
    let sources = [
        source(r#"{"result":[{"price":"80000.00"}]}"#),
        source(r#"{"result":[{"price":80000.5}]}"#),
        source(r#"{"result":[{"price":1}]}"#),
    ];
    let server = Server::start(folder.path(), &demo.wallet, &sources);
    let answer = until(|| server.topup(r#"{"amount_usd": "0.80"}"#), "HTTP/1.1 402");
    let body = json(&answer);
    assert_eq!(body["amount_sats"], 1_000);
    assert_eq!((&body["amount_usd"], &body["btc_usd"]), (&"0.8".into(), &"80000".into()));
    let metrics = server.ask("GET", "/metrics", "");
    for line in [
        "farebox_rate_age_seconds ",
        "farebox_rate_refreshes_total{outcome=\"found\"} 1",
        "farebox_rate_source_answers_total{source=\"s2\",outcome=\"failed\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} is not in {metrics}");
    }
}

#[test]
fn without_an_answer_dollars_are_refused_and_everything_else_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start(&folder.path().join("node"));
    // Two that differ by more than is allowed, so that nobody knows which one is right.
    let sources =
        [source(r#"{"result":[{"price":"80000"}]}"#), source(r#"{"result":[{"price":"90000"}]}"#)];
    let server = Server::start(folder.path(), &demo.wallet, &sources);
    let not_found = "farebox_rate_refreshes_total{outcome=\"not_found\"} 1";
    let metrics = until(|| server.ask("GET", "/metrics", ""), not_found);
    assert!(!metrics.contains("farebox_rate_age_seconds"), "an age without a rate");
    let answer = server.topup(r#"{"amount_usd": "0.80"}"#);
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.to_ascii_lowercase().contains("retry-after: 60"), "{answer}");
    assert_eq!(json(&answer)["error"]["code"], "rate_unavailable");
    assert!(server.topup(r#"{"amount_sats": 5}"#).starts_with("HTTP/1.1 402"));
    assert!(server.ask("GET", "/api/v1/services?sort=price", "").starts_with("HTTP/1.1 200"));
}

#[test]
fn the_demo_asks_nobody_and_has_its_fixed_rate() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("farebox.toml");
    let sources = [source("{}"), source("[]")];
    std::fs::write(&config, settings("phoenixd:http://:x@127.0.0.1:9", &sources)).unwrap();
    let demo = Demo::start_with(folder.path(), &["--config", config.to_str().unwrap()]);
    let address = demo.url.replace("http://", "");
    let answer = ask(&address, "POST", "/api/v1/topup", r#"{"amount_usd": "0.90"}"#);
    assert!(!ask(&address, "GET", "/metrics", "").contains("farebox_rate_"));
    assert_eq!(json(&answer)["amount_sats"], 1_000, "at the fixed rate: {answer}");
}

#[test]
fn a_key_in_an_address_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("farebox.toml");
    let urls = ["https://a.example/p?key=hunter2", "https://b.example/p"].map(str::to_owned);
    std::fs::write(&config, settings("phoenixd:http://:x@127.0.0.1:9", &urls)).unwrap();
    let output = output_of(farebox().args(["config", "show", "--config"]).arg(&config));
    let text = stdout(&output);
    assert!(text.contains("https://a.example/p?(set)") && text.contains("https://b.example/p\""));
    assert!(!text.contains("hunter2"));
}

#[test]
fn sources_that_cannot_be_used_are_named_by_config_check() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("farebox.toml");
    for (urls, words) in [
        (
            vec!["http://a.example/".to_owned()],
            "rates.sources, number 1: url must begin with https",
        ),
        (vec!["https://a.example/".to_owned()], "rates.agreeing_min is 2"),
        (vec!["https://a.example/".to_owned(); 2], "number 2: another source has the same"),
    ] {
        std::fs::write(&config, settings("phoenixd:http://:x@127.0.0.1:9", &urls)).unwrap();
        let output = output_of(farebox().args(["config", "check", "--config"]).arg(&config));
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(words) && text.trim().lines().count() == 1, "{text}");
    }
}
