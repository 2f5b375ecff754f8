//! The wallet by hand: asked first, paid once, decided on the decoded invoice.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use common::{Demo, farebox, json, output_of, stderr, stdout};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Output;

struct Market {
    demo: Demo,
    _server_data: tempfile::TempDir,
    buyer_data: tempfile::TempDir,
}

impl Market {
    fn open() -> Self {
        let server_data = tempfile::tempdir().unwrap();
        let demo = Demo::start(server_data.path());
        Self { demo, _server_data: server_data, buyer_data: tempfile::tempdir().unwrap() }
    }

    fn wallet(&self, arguments: &[&str]) -> Output {
        let mut command = self.demo.buyer(self.buyer_data.path());
        output_of(command.arg("wallet").args(arguments))
    }

    /// An invoice of the demo's seller over 5 satoshis.
    fn invoice(&self) -> String {
        let url = format!("{}/demo/weather?city=Lisbon", self.demo.url);
        let mut command = self.demo.buyer(self.buyer_data.path());
        let output = output_of(command.args(["get", "--no-pay", &url]));
        json(&output)["invoice"].as_str().unwrap().to_owned()
    }

    fn balance(&self) -> u64 {
        self.demo.balance(self.buyer_data.path())
    }
}

#[test]
fn the_wallet_says_what_it_is_without_its_password() {
    let market = Market::open();
    let status = json(&market.wallet(&["status", "--json"]));
    assert_eq!((&status["network"], &status["balance_sats"]), (&"regtest".into(), &100_000.into()));
    assert_eq!(status["capabilities"]["fee_limit"], false);
    let shown = stdout(&market.wallet(&["status"]));
    assert!(shown.contains("1000 sats may cost up to 8 sats on top"), "{shown}");
    assert!(!shown.contains(common::PASSWORD), "{shown}");
}

#[test]
fn an_invoice_is_made_and_decoded() {
    let market = Market::open();
    let made = market.wallet(&["invoice", "250", "--memo", "two books", "--expiry", "2m"]);
    let invoice = stdout(&made);
    assert_eq!(invoice.lines().count(), 1, "{invoice}");
    let decoded = farebox().args(["wallet", "decode", invoice.trim(), "--json"]).output().unwrap();
    let decoded = json(&decoded);
    assert_eq!(decoded["amount_sats"], 250);
    assert_eq!(decoded["description"], "two books");
    assert_eq!(decoded["expired"], false);
    let seconds = decoded["expires_at"].as_u64().unwrap() - decoded["created_at"].as_u64().unwrap();
    assert_eq!(seconds, 120);
    let none = farebox().args(["wallet", "decode", "lnbc1"]).output().unwrap();
    assert_eq!(none.status.code(), Some(2), "{}", stderr(&none));
}

#[test]
fn an_invoice_is_paid_once_however_often_it_is_asked_for() {
    let market = Market::open();
    let invoice = market.invoice();
    let untried = market.wallet(&["pay", "--look-up", &invoice]);
    assert_eq!(untried.status.code(), Some(3), "{}", stderr(&untried));
    for before in [false, true, true] {
        let paid = json(&market.wallet(&["pay", &invoice, "--json"]));
        assert_eq!((&paid["amount_sats"], &paid["fee_sats"]), (&5.into(), &0.into()));
        assert_eq!(paid["paid_before"], before);
        assert_eq!(paid["preimage"].as_str().unwrap().len(), 64);
        assert_eq!(market.balance(), 99_995);
    }
    let looked_up = stdout(&market.wallet(&["pay", "--look-up", &invoice]));
    assert!(looked_up.starts_with("paid 5 sats before, fee 0 sats ("), "{looked_up}");
}

#[test]
fn more_than_the_limits_is_refused_before_anything_is_paid() {
    let market = Market::open();
    let invoice = market.invoice();
    for arguments in [["--max-cost", "4"], ["--max-fee", "4"], ["--amount", "5"]] {
        let refused = market.wallet(&["pay", &invoice, arguments[0], arguments[1]]);
        assert_eq!(refused.status.code(), Some(2), "{}", stderr(&refused));
    }
    let elsewhere = "lnbc2500u1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5xysxxatsyp3k7enxv4jsxqzpu9qrsgquk0rl77nj30yxdy8j9vdx85fkpmdla2087ne0xh8nhedh8w27kyke0lp53ut353s06fv3qfegext0eh0ymjpf39tuven09sam30g4vgpfna3rh";
    let expired = market.wallet(&["pay", elsewhere]);
    assert_eq!(expired.status.code(), Some(2), "{}", stderr(&expired));
    assert_eq!(market.balance(), 100_000);
}

#[test]
fn a_wallet_that_is_not_there_has_its_exit_code() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("phoenixd:http://:5ec2e7@{nobody}");
    let output = farebox().args(["wallet", "status", "--json", "--wallet", &url]).output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    let error: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(error["error"]["code"], "wallet_unreachable");
    assert!(!stderr(&output).contains("5ec2e7"));
}

#[test]
fn the_history_shows_payments_newest_first() {
    let market = Market::open();
    let none = stdout(&market.wallet(&["history"]));
    assert_eq!(none, "No payments yet.\n");
    let (first, second) = (market.invoice(), market.wallet(&["invoice", "7"]));
    assert!(second.status.success());
    assert!(market.wallet(&["pay", &first]).status.success());
    let history = json(&market.wallet(&["history", "--json"]));
    let payments = history["payments"].as_array().unwrap();
    assert_eq!(payments.len(), 1, "an invoice that nobody paid is no payment: {history}");
    let decoded = json(&market.wallet(&["decode", &first, "--json"]));
    for name in ["payment_hash", "description", "amount_sats", "amount_msat"] {
        assert_eq!(payments[0][name], decoded[name], "{name}");
    }
    assert_eq!(
        (&payments[0]["direction"], &payments[0]["state"]),
        (&"sent".into(), &"paid".into())
    );
    let shown = stdout(&market.wallet(&["history", "--limit", "1"]));
    let hash = decoded["payment_hash"].as_str().unwrap();
    for part in ["sent", "5 sats", "0 sats", "paid", &hash[..16], "The latest 1;"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    for limit in ["0", "501", "many"] {
        let refused = market.wallet(&["history", "--limit", limit]);
        assert_eq!(refused.status.code(), Some(2), "{limit}");
    }
}

#[test]
fn the_wallet_does_not_pay_itself() {
    let market = Market::open();
    let invoice = stdout(&market.wallet(&["invoice", "7"]));
    let refused = market.wallet(&["pay", invoice.trim(), "--json"]);
    assert_eq!(refused.status.code(), Some(2), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("own node"), "{}", stderr(&refused));
    let shown: serde_json::Value = serde_json::from_slice(&refused.stdout).unwrap();
    assert_eq!((&shown["status"], &shown["amount_sats"]), (&"not_tried".into(), &7.into()));
}

/// Reads the head of a request and returns its first line.
fn request_line(stream: &TcpStream) -> String {
    let (mut line, mut header) = (String::new(), String::from("x"));
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    reader.read_line(&mut line).unwrap();
    while !header.trim().is_empty() {
        header.clear();
        reader.read_line(&mut header).unwrap();
    }
    line
}

fn answer(mut stream: TcpStream, status: u16, body: &str) {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} x\r\nContent-Length: {length}\r\nConnection: close");
    write!(stream, "{head}\r\n\r\n{body}").unwrap();
}

/// A wallet that never says what becomes of a payment; returns its URL.
fn silent_wallet() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut asked = Vec::new();
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            match request_line(&stream).split(' ').nth(1).unwrap_or_default() {
                "/getinfo" => answer(stream, 200, r#"{"chain":"regtest"}"#),
                "/payinvoice" => asked.push(stream),
                _ => answer(stream, 404, "Not found"),
            }
        }
    });
    format!("phoenixd:http://:p@{at}")
}

#[test]
fn a_payment_without_an_outcome_is_explained() {
    let market = Market::open();
    let url = silent_wallet();
    let (invoice, of_address) = (market.invoice(), market.invoice());
    let arguments = |payee: &str| -> Vec<String> {
        let given = ["pay", payee, "--wallet", &url, "--timeout", "1s", "--json"];
        given.map(str::to_owned).to_vec()
    };
    let run = |arguments: &[String]| {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        market.wallet(&arguments)
    };
    let pending = run(&arguments(&invoice));
    assert_eq!(pending.status.code(), Some(3), "{}", stderr(&pending));
    let shown: serde_json::Value = serde_json::from_slice(&pending.stdout).unwrap();
    assert_eq!((&shown["status"], &shown["invoice"]), (&"pending".into(), &invoice.into()));
    assert!(stderr(&pending).contains("pays once"), "{}", stderr(&pending));
    // An address would hand out another invoice the next time.
    let mut arguments = arguments(&address_server(of_address.clone()));
    arguments.extend(["--amount", "5"].map(str::to_owned));
    let pending = run(&arguments);
    assert_eq!(pending.status.code(), Some(3), "{}", stderr(&pending));
    assert!(stderr(&pending).contains("do not run the same command again"), "{}", stderr(&pending));
    assert!(stderr(&pending).contains(&format!("--look-up {of_address}")), "{}", stderr(&pending));
    arguments.retain(|argument| argument != "--json");
    arguments[1] = address_server(of_address.clone());
    let announced = run(&arguments);
    assert!(stderr(&announced).contains(&of_address), "{}", stderr(&announced));
}

/// The server of a Lightning address, which answers one payment with `invoice`. It takes comments
/// of 20 characters.
fn address_server(invoice: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().take(2) {
            let stream = stream.unwrap();
            let line = request_line(&stream);
            let body = if line.starts_with("GET /.well-known/lnurlp/ann ") {
                format!(
                    r#"{{"tag":"payRequest","callback":"http://{at}/pay?id=7","metadata":"[]",
                    "minSendable":1000,"maxSendable":10000000,"commentAllowed":20}}"#
                )
            } else if line.starts_with("GET /pay?id=7&amount=5000&comment=for+the+book%21 ")
                || line.starts_with("GET /pay?id=7&amount=5000 ")
                || line.starts_with("GET /pay?id=7&amount=6000 ")
            {
                format!(r#"{{"pr":"{invoice}","routes":[]}}"#)
            } else {
                r#"{"status":"ERROR","reason":"no such user"}"#.to_owned()
            };
            answer(stream, 200, &body);
        }
    });
    format!("ann@{at}")
}

#[test]
fn an_address_is_paid_what_was_asked_for_and_nothing_else() {
    let market = Market::open();
    let address = address_server(market.invoice());
    let other = market.wallet(&["pay", &address, "--amount", "6"]);
    assert_eq!(other.status.code(), Some(2), "{}", stderr(&other));
    assert!(stderr(&other).contains("another amount than 6 sats"), "{}", stderr(&other));
    assert_eq!(market.balance(), 100_000);
    let address = address_server(market.invoice());
    let nothing = market.wallet(&["pay", &address]);
    assert_eq!(nothing.status.code(), Some(2), "{}", stderr(&nothing));
    let paid = market.wallet(&["pay", &address, "--amount", "5"]);
    let expected = format!("paid 5 sats to {address}, fee 0 sats (");
    assert!(stdout(&paid).starts_with(&expected), "{} {}", stdout(&paid), stderr(&paid));
    assert_eq!(market.balance(), 99_995);
    let address = address_server(market.invoice());
    let comment = "for the book!";
    let paid = market.wallet(&["pay", &address, "--amount", "5", "--comment", comment, "--json"]);
    assert_eq!(json(&paid)["address"], *address);
    assert_eq!(market.balance(), 99_990);
    let long = "more than twenty characters";
    let address = address_server(market.invoice());
    let refused = market.wallet(&["pay", &address, "--amount", "5", "--comment", long]);
    assert_eq!(refused.status.code(), Some(2), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("more than 20 characters"), "{}", stderr(&refused));
    let stranger = address_server(String::new()).replace("ann@", "bob@");
    let refused = market.wallet(&["pay", &stranger, "--amount", "5"]);
    assert!(stderr(&refused).contains("no such user"), "{}", stderr(&refused));
}
