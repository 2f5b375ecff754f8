//! The whole idea with the real programs: find, pay, get the answer; never twice, never lost.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use common::{Demo, json, output_of, stderr, stdout};
use farebox_store::rusqlite::{Connection, OpenFlags};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

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

    fn get(&self, arguments: &[&str]) -> Output {
        let mut command = self.demo.buyer(self.buyer_data.path());
        output_of(command.arg("get").args(arguments))
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.demo.url)
    }

    fn balance(&self) -> u64 {
        self.demo.balance(self.buyer_data.path())
    }

    fn rows(&self, file: &str, table: &str) -> u64 {
        let path = self.server_data.path().join("demo").join(file);
        let connection =
            Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        let sql = format!("SELECT count(*) FROM {table}");
        connection.query_row(&sql, [], |row| row.get(0)).unwrap()
    }
}

#[test]
fn a_purchase_costs_exactly_its_price_and_a_one_shot_route_is_paid_again() {
    let market = Market::open();
    let url = market.url("/demo/weather?city=Lisbon");
    for paid in 1..=2 {
        let output = market.get(&[&url]);
        assert!(output.status.success(), "{}", stderr(&output));
        assert_eq!(json(&output)["city"], "Lisbon");
        assert!(stderr(&output).starts_with("paid 5 sats to "), "{}", stderr(&output));
        assert_eq!(market.balance(), 100_000 - 5 * paid);
    }
}

#[test]
fn a_time_bounded_token_is_used_again() {
    let market = Market::open();
    let file = market.buyer_data.path().join("picture.bmp");
    for _ in 0..2 {
        let url = market.url("/demo/picture.bmp");
        let output = market.get(&["-o", file.to_str().unwrap(), &url]);
        assert!(output.status.success(), "{}", stderr(&output));
        assert_eq!(std::fs::metadata(&file).unwrap().len(), 4_200_054);
        assert_eq!(market.balance(), 100_000 - 20);
    }
}

#[test]
fn a_body_is_priced_and_bought_as_it_is() {
    let market = Market::open();
    let body = format!(r#"{{"text":"{}"}}"#, "Sats are small. ".repeat(200));
    let output = market.get(&["--json", "-d", &body, &market.url("/demo/summary")]);
    let report = json(&output);
    assert_eq!(report["l402_amount_sat"], 5);
    assert_eq!(report["status_code"], 200);
    assert_eq!(market.balance(), 100_000 - 5);
}

#[test]
fn looking_never_pays() {
    let market = Market::open();
    let url = market.url("/api/v1/export.csv");
    let dry = market.get(&["--dry-run", "--json", &url]);
    assert_eq!(dry.status.code(), Some(10), "{}", stderr(&dry));
    let report: serde_json::Value = serde_json::from_slice(&dry.stdout).unwrap();
    assert_eq!(
        (&report["invoice_amount_sat"], &report["within_budget"]),
        (&500.into(), &true.into())
    );
    let no_pay = json(&market.get(&["--no-pay", "--json", &url]));
    assert_eq!(no_pay["invoice_amount_sat"], 500);
    let too_dear = market.get(&["--max-cost", "499", &url]);
    assert_eq!(too_dear.status.code(), Some(2), "{}", stderr(&too_dear));
    let over = market.get(&["--dry-run", "--max-cost", "499", &url]);
    assert_eq!(over.status.code(), Some(2));
    assert_eq!(market.balance(), 100_000);
}

#[test]
fn the_export_is_sold_and_safe() {
    let market = Market::open();
    let output = market.get(&["-q", &market.url("/api/v1/export.csv?protocol=l402&l402=require")]);
    assert!(output.status.success(), "{}", stderr(&output));
    let csv = stdout(&output);
    assert!(
        csv.starts_with("id,name,description,url,protocol,price_sats,price_usd,"),
        "{csv:.200}"
    );
    assert!(csv.lines().count() > 90);
    assert_eq!(market.balance(), 100_000 - 500);
}

#[test]
fn without_a_wallet_it_says_how_to_use_the_play_wallet() {
    let market = Market::open();
    let mut command = market.demo.buyer(market.buyer_data.path());
    command.env_remove("FAREBOX_WALLET").args(["get", &market.url("/demo/weather")]);
    let output = output_of(&mut command);
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("no wallet is configured"), "{}", stderr(&output));
}

#[test]
fn a_request_that_is_wrong_is_refused_before_anybody_pays() {
    let market = Market::open();
    for (path, code) in [
        ("/demo/weather?city=Atlantis", "unknown_city"),
        ("/api/v1/export.csv?colour=red", "invalid_parameter"),
    ] {
        let failed = market.get(&["--fail", &market.url(path)]);
        assert_eq!(failed.status.code(), Some(5), "{}", stderr(&failed));
        assert!(stdout(&failed).contains(code), "{}", stdout(&failed));
    }
    let bad = market.get(&["--fail", "-d", "{}", &market.url("/demo/summary")]);
    assert_eq!(bad.status.code(), Some(5), "{}", stderr(&bad));
    assert_eq!(market.balance(), 100_000);
}

/// Kills a purchase after each millisecond of its life, then runs it again: whatever the
/// instant, one purchase is one payment and its answer arrives.
#[test]
fn a_get_killed_at_any_instant_never_pays_twice_and_loses_nothing() {
    let market = Market::open();
    let rounds = 60;
    let (mut unfinished, mut expected_payments) = (0, 0);
    for round in 0..rounds {
        let url = market.url(&format!("/demo/weather?city=Lisbon&round={round}"));
        let mut command = market.demo.buyer(market.buyer_data.path());
        command.args(["get", &url]).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(Duration::from_millis(round));
        child.kill().unwrap();
        child.wait().unwrap();
        let delivered = is_delivered(&market, &url);
        let output = market.get(&[&url]);
        assert!(output.status.success(), "round {round}: {}", stderr(&output));
        assert_eq!(json(&output)["city"], "Lisbon");
        // A purchase that was delivered is over, and the second run is another one.
        expected_payments += if delivered { 2 } else { 1 };
        unfinished += u64::from(!delivered);
        assert_eq!(100_000 - market.balance(), 5 * expected_payments, "round {round}");
    }
    assert!(unfinished > rounds / 4, "only {unfinished} runs were killed in time");
    let used = market.rows("farebox.sqlite", "redemption");
    assert_eq!(used, expected_payments, "every payment was used");
}

fn is_delivered(market: &Market, url: &str) -> bool {
    let path = market.buyer_data.path().join("buyer.sqlite");
    if !path.exists() {
        return false;
    }
    let Ok(connection) = Connection::open(path) else { return false };
    let sql = "SELECT count(*) FROM purchase WHERE url = ?1 AND state = 'delivered'";
    // A run that was killed before it made the table delivered nothing.
    connection.query_row(sql, [url], |row| row.get::<_, u64>(0)).is_ok_and(|count| count > 0)
}

#[test]
fn ten_thousand_unpaid_requests_leave_few_rows() {
    let market = Market::open();
    let before =
        (market.rows("farebox.sqlite", "redemption"), market.rows("farebox.sqlite", "listing"));
    let address = market.demo.url.replace("http://", "");
    let mut stream = TcpStream::connect(address).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    for number in 0..10_000 {
        let head = format!("GET /demo/weather?n={number} HTTP/1.1\r\nHost: x\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        assert_eq!(read_answer(&mut reader), 402);
    }
    let after =
        (market.rows("farebox.sqlite", "redemption"), market.rows("farebox.sqlite", "listing"));
    assert_eq!(before, after);
    let invoices = market.rows("play.sqlite", "incoming");
    // 64 at once and one more each second.
    assert!(invoices <= 64 + 60, "{invoices} invoices at the node");
}

fn read_answer(reader: &mut BufReader<TcpStream>) -> u16 {
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let status = line.split(' ').nth(1).unwrap().parse().unwrap();
    let mut len = 0;
    loop {
        line.clear();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            len = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; len];
    reader.read_exact(&mut body).unwrap();
    status
}

#[test]
fn a_server_that_was_killed_keeps_every_payment() {
    let market = Market::open();
    let Market { demo, server_data, buyer_data } = market;
    let url = format!("{}/demo/weather?city=Oslo", demo.url);
    let bought = output_of(demo.buyer(buyer_data.path()).args(["get", &url]));
    assert!(bought.status.success());
    drop(demo);
    let demo = Demo::start(server_data.path());
    assert_eq!(demo.balance(buyer_data.path()), 100_000 - 5);
    let rows = rows_at(server_data.path());
    assert_eq!(rows, 1);
}

fn rows_at(data: &Path) -> u64 {
    let path = data.join("demo/farebox.sqlite");
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    connection.query_row("SELECT count(*) FROM redemption", [], |row| row.get(0)).unwrap()
}
