//! `farebox probe --recorded`: recorded answers, one a line.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use common::{farebox, output_of, stdout};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};

/// Cases of our own, every family of answers at least once.
const ANSWERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/probe_recorded/answers.jsonl");

fn recorded(arguments: &[&str]) -> Output {
    output_of(farebox().args(["probe", "--recorded"]).args(arguments))
}

fn from_standard_input(input: &[u8]) -> (Option<i32>, Vec<Value>) {
    let mut command = farebox();
    command.args(["probe", "--json", "--recorded", "-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut to = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || to.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    (output.status.code(), lines(&String::from_utf8(output.stdout).unwrap()))
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn texts(value: &Value) -> BTreeSet<&str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

/// Expected and found, line by line.
fn pairs(path: &str) -> Vec<(Value, Value)> {
    let output = recorded(&[path, "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let expected = lines(&std::fs::read_to_string(path).unwrap());
    let found = lines(&stdout(&output));
    assert_eq!(expected.len(), found.len());
    expected.into_iter().zip(found).collect()
}

#[test]
fn every_family_of_answers_comes_to_what_it_should() {
    for (expected, found) in pairs(ANSWERS) {
        let id = &expected["id"];
        assert_eq!(found["id"], *id);
        assert_eq!(found["health"], expected["expected"], "{id}: {found}");
        assert_eq!(texts(&found["payable"]), texts(&expected["payable"]), "{id}: {found}");
        let (wanted, named) = (texts(&expected["reasons"]), texts(&found["reasons"]));
        assert!(wanted.is_subset(&named), "{id}: {wanted:?} in {named:?}");
        if let Some(after_3) = expected.get("expected_after_3") {
            assert_eq!(found["health_after_3"], *after_3, "{id}");
        }
        for reason in found["details"].as_array().unwrap() {
            assert!(reason["message"].as_str().unwrap().ends_with('.'), "{id}: {reason}");
            let is_error = reason["severity"] == "error";
            assert!(!is_error || reason["fix"] != "" || reason["code"] == "not_probed", "{reason}");
        }
    }
}

/// A collection that is not ours to pass on: `FAREBOX_CHALLENGES` names its file where it is.
#[test]
fn a_collection_of_answers_comes_to_what_is_expected_in_95_of_100() {
    let Ok(path) = std::env::var("FAREBOX_CHALLENGES") else {
        return;
    };
    assert!(Path::new(&path).exists(), "no file {path}");
    let pairs = pairs(&path);
    let health = |(expected, found): &&(Value, Value)| expected["expected"] == found["health"];
    let payable = |(expected, found): &&(Value, Value)| {
        texts(&expected["payable"]) == texts(&found["payable"])
    };
    let (health, payable) =
        (pairs.iter().filter(health).count(), pairs.iter().filter(payable).count());
    println!("health {health}, payable rails {payable} of {}", pairs.len());
    assert!(health * 100 >= pairs.len() * 95 && payable * 100 >= pairs.len() * 95);
}

#[test]
fn people_read_a_table_and_how_many_are_as_expected() {
    let output = recorded(&[ANSWERS]);
    assert_eq!(output.status.code(), Some(0));
    let text = stdout(&output);
    assert!(text.contains("health as expected"), "{text}");
    assert!(
        text.contains("(100.0 %)") && !text.lines().any(|line| line.starts_with('!')),
        "{text}"
    );
}

#[test]
fn lines_that_cannot_be_read_are_named_and_the_others_judged() {
    let good = json!({ "id": 7, "request": { "url": "https://api.seller.dev/" }, "response": { "status": 200 } });
    let long = format!("{{\"id\":\"{}\"}}", "x".repeat(2 * 1_024 * 1_024));
    let escape = json!({ "request": { "url": "https://api.seller.dev/" },
        "response": { "status": 402, "body": { "file": "../../etc/passwd" } } });
    let nothing = json!({ "request": { "url": "https://api.seller.dev/" } });
    let deep = "[".repeat(100_000);
    let input = format!("{good}\n\nnot json\n{long}\n{escape}\n{nothing}\n{deep}\n{good}");
    let (code, found) = from_standard_input(input.as_bytes());
    assert_eq!(code, Some(1));
    let numbers: Vec<_> = found.iter().filter_map(|line| line["line"].as_u64()).collect();
    assert_eq!(numbers, [3, 4, 5, 6, 7]);
    assert!(found.iter().filter(|line| line["id"] == 7).all(|line| line["health"] == "degraded"));
    assert_eq!(found.len(), 7);
    assert_eq!(from_standard_input(b""), (Some(0), vec![]));
    let missing = recorded(&["/nowhere/answers.jsonl"]);
    assert_eq!(missing.status.code(), Some(2));
    assert_eq!(output_of(farebox().arg("probe")).status.code(), Some(2));
}

/// Each line is answered before the next one is read.
#[test]
fn lines_are_judged_as_they_come() {
    use std::io::{BufRead, BufReader};
    let mut command = farebox();
    command.args(["probe", "--json", "--recorded", "-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (mut to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut from = BufReader::new(from);
    for id in 0..3 {
        let line = json!({ "id": id, "request": { "url": "https://api.seller.dev/" }, "response": { "status": 404 } });
        writeln!(to, "{line}").unwrap();
        let mut answer = String::new();
        from.read_line(&mut answer).unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!((&answer["id"], &answer["health"]), (&json!(id), &json!("down")));
    }
    drop(to);
    assert!(child.wait().unwrap().success());
}
