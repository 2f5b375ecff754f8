//! Lists imported from the command line.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use common::{Demo, farebox, json, output_of, stderr, stdout};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

const LIST: &str = r#"{"url":"https://api.example.com/a","protocol":"L402","http_method":"GET","name":"First","price_sats":5}
{"url":"https://api.example.com/b","protocol":"x402","http_method":"GET","name":"Second","price_usd":0.01}
{"name":"Nowhere"}
"#;

fn import(data: &Path, arguments: &[&str]) -> Command {
    let mut command = farebox();
    command.args(["admin", "import"]).args(arguments).env("FAREBOX_DATA", data);
    command
}

fn report(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    json(output)
}

#[test]
fn a_file_is_imported_and_again_changes_nothing() {
    let data = tempfile::tempdir().unwrap();
    let list = data.path().join("list.jsonl");
    std::fs::write(&list, LIST).unwrap();
    let list = list.to_str().unwrap();
    let dry = report(&output_of(&mut import(data.path(), &[list, "--dry-run", "--json"])));
    assert_eq!((&dry["added"], &dry["dry_run"]), (&2.into(), &true.into()));
    let first = report(&output_of(&mut import(data.path(), &[list, "--source", "mine", "--json"])));
    assert_eq!((&first["added"], &first["refused"]["no_url"]), (&2.into(), &1.into()));
    let again = output_of(&mut import(data.path(), &[list, "--source", "mine"]));
    let text = stdout(&again);
    assert!(text.contains("unchanged         2"), "{text}");
    assert!(text.contains("row 3: names no URL"), "{text}");
}

#[test]
fn standard_input_is_read_in_the_form_that_is_named() {
    let data = tempfile::tempdir().unwrap();
    let table = data.path().join("table");
    std::fs::write(&table, "url,protocol,name\nhttps://api.example.com/a,L402,A\n").unwrap();
    let mut command = import(data.path(), &["-", "--format", "csv", "--json"]);
    command.stdin(std::fs::File::open(&table).unwrap());
    assert_eq!(report(&output_of(&mut command))["added"], 1);
}

#[test]
fn what_was_imported_is_shown_by_the_server_and_a_running_server_takes_a_list_too() {
    let data = tempfile::tempdir().unwrap();
    let list = data.path().join("list.jsonl");
    std::fs::write(&list, LIST).unwrap();
    let list = list.to_str().unwrap();
    report(&output_of(&mut import(data.path(), &[list, "--demo", "--source", "mine", "--json"])));
    let demo = Demo::start(data.path());
    let mut search = farebox();
    search.args(["search", "--json", "First"]).env("FAREBOX_SERVER", &demo.url);
    let found = json(&output_of(&mut search));
    let names: Vec<&str> = found["services"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|row| row["name"].as_str())
        .collect();
    assert!(names.contains(&"First"), "{names:?}");
    // The server has its file to itself, so it is sent what there is to import.
    let more = data.path().join("more.jsonl");
    std::fs::write(&more, LIST.replace("com/a", "com/c").replace("First", "Third")).unwrap();
    let more = more.to_str().unwrap();
    let mut while_it_runs = import(data.path(), &[more, "--demo", "--source", "mine", "--json"]);
    while_it_runs.env("FAREBOX_SERVER", &demo.url);
    let sent = report(&output_of(&mut while_it_runs));
    assert_eq!((&sent["added"], &sent["unchanged"]), (&1.into(), &1.into()));
    let mut search = farebox();
    search.args(["search", "--json", "Third"]).env("FAREBOX_SERVER", &demo.url);
    assert!(stdout(&output_of(&mut search)).contains("\"Third\""));
}

#[test]
fn what_cannot_be_read_is_a_mistake_of_the_arguments() {
    let data = tempfile::tempdir().unwrap();
    let page = data.path().join("page.html");
    std::fs::write(&page, "<!doctype html>").unwrap();
    let page = page.to_str().unwrap();
    for (arguments, code, part) in [
        (vec!["/nonexistent/list"], 2, "cannot read"),
        (vec![page], 2, "--format"),
        (vec![page, "--format", "xml"], 2, "possible values"),
        (vec![page, "--trust", "owner"], 2, "possible values"),
        (vec!["http://127.0.0.1:8080/list.csv"], 4, "127.0.0.1"),
        (vec!["http://169.254.169.254/latest"], 4, "169.254.169.254"),
    ] {
        let output = output_of(&mut import(data.path(), &arguments));
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(part), "{arguments:?}: {}", stderr(&output));
    }
}
