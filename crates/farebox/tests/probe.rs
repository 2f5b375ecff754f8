//! `farebox probe` as a program, against the demo server.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use common::{Demo, farebox, json, output_of, stderr, stdout};
use serde_json::json;
use std::process::Output;

fn probe(arguments: &[&str]) -> Output {
    output_of(farebox().arg("probe").args(arguments))
}

#[test]
fn a_paid_api_is_payable_and_nothing_is_paid_or_written() {
    let (server_data, buyer_data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let demo = Demo::start(server_data.path());
    let before = demo.balance(buyer_data.path());
    let empty = tempfile::tempdir().unwrap();
    let url = format!("{}/demo/weather", demo.url);
    let mut command = demo.buyer(empty.path());
    let found = output_of(command.args(["probe", "--json", &url]));
    assert_eq!(found.status.code(), Some(0), "{}", stderr(&found));
    let report = json(&found);
    assert_eq!((&report["verdict"], &report["status"]), (&json!("payable"), &json!(402)));
    let offer = &report["rails"][0]["offers"][0];
    assert_eq!((&offer["price"]["msat"], &offer["test_money"]), (&json!(5_000), &json!(true)));
    assert_eq!(demo.balance(buyer_data.path()), before);
    assert_eq!(empty.path().read_dir().unwrap().count(), 0, "no records are kept");
    let text = stdout(&probe(&[&url]));
    assert!(text.contains("L402: payable") && !text.contains('\u{1b}'), "{text}");
    // A route for POST alone is found by itself, and asks for input.
    let summary = probe(&["--json", &format!("{}/demo/summary", demo.url)]);
    assert_eq!(summary.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&summary.stdout).unwrap();
    assert_eq!((&report["method"], &report["verdict"]), (&json!("POST"), &json!("needs_input")));
    let body = probe(&["-d", r#"{"text":"hello"}"#, &format!("{}/demo/summary", demo.url)]);
    assert_eq!(body.status.code(), Some(0), "{}", stdout(&body));
    let free = probe(&[&format!("{}/api/v1/services", demo.url)]);
    assert_eq!(free.status.code(), Some(1));
    assert!(stdout(&free).contains("free"), "{}", stdout(&free));
}

#[test]
fn what_cannot_be_asked_is_named() {
    let unreachable = probe(&["--json", "http://127.0.0.1:1/"]);
    assert_eq!(unreachable.status.code(), Some(4));
    let error: serde_json::Value = serde_json::from_slice(&unreachable.stderr).unwrap();
    assert_eq!(error["error"]["code"], "connect_failed");
    let login = probe(&["-H", "Authorization: Bearer abl_x", "http://127.0.0.1:1/"]);
    assert_eq!(login.status.code(), Some(2));
    assert!(stderr(&login).contains("no credentials"), "{}", stderr(&login));
    assert_eq!(probe(&["ftp://127.0.0.1/"]).status.code(), Some(2));
}
