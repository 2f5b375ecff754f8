//! The books of a running server, and what it does when they are wrong.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use common::{Demo, farebox, json, output_of, stderr, stdout};
use farebox_store::rusqlite::Connection;
use std::path::Path;
use std::process::Output;

fn verify(data: &Path, arguments: &[&str]) -> Output {
    let mut command = farebox();
    command.env("FAREBOX_DATA", data).args(["admin", "ledger", "verify"]).args(arguments);
    output_of(&mut command)
}

#[test]
fn sales_are_booked_and_the_books_can_be_checked_while_the_server_runs() {
    let (data, buyer) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let demo = Demo::start(data.path());
    let url = format!("{}/demo/weather", demo.url);
    assert!(output_of(demo.buyer(buyer.path()).args(["get", &url])).status.success());
    let report = json(&verify(data.path(), &["--demo", "--json"]));
    assert_eq!(report["sound"], true);
    assert_eq!(report["classes"]["income"]["credits_msat"], 5_000);
    assert_eq!(report["classes"]["node"]["debits_msat"], 5_000);
    assert_eq!(report["classes"]["l402"]["not_zero"], 0);
    let text = stdout(&verify(data.path(), &["--demo"]));
    assert!(text.ends_with("The books are sound.\n"), "{text}");
    let missing = verify(buyer.path(), &[]);
    assert_eq!(missing.status.code(), Some(2), "{}", stderr(&missing));
}

#[test]
fn wrong_books_stop_the_sale_and_nothing_else() {
    let (data, buyer) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let demo = Demo::start(data.path());
    let url = format!("{}/demo/weather", demo.url);
    assert!(output_of(demo.buyer(buyer.path()).args(["get", &url])).status.success());
    assert!(demo.stop().success());
    let books = Connection::open(data.path().join("demo/farebox.sqlite")).unwrap();
    books.execute("DROP TRIGGER ledger_transfer_no_update", []).unwrap();
    books.execute("UPDATE ledger_transfer SET amount_msat = 5001 WHERE seq = 1", []).unwrap();
    drop(books);
    let report = verify(data.path(), &["--demo"]);
    assert_eq!(report.status.code(), Some(1));
    assert!(stdout(&report).contains("NOT sound"), "{}", stdout(&report));
    let demo = Demo::start(data.path());
    let url = format!("{}/demo/weather?city=Oslo", demo.url);
    let refused = output_of(demo.buyer(buyer.path()).args(["get", "--fail", &url]));
    assert_eq!(refused.status.code(), Some(5), "{}", stderr(&refused));
    assert!(stdout(&refused).contains("read_only"), "{}", stdout(&refused));
    assert!(output_of(demo.buyer(buyer.path()).args(["search", "weather"])).status.success());
    assert_eq!(demo.balance(buyer.path()), 100_000 - 5);
}
