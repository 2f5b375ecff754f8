//! The program's command line, as its operator sees it.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn node(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_farebox-node"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("FAREBOX_") {
            command.env_remove(name);
        }
    }
    command.arg("--data").arg(data).args(arguments).stdin(Stdio::null());
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn assert_refused(output: &Output, part: &str) {
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert_eq!(errors.trim().lines().count(), 1, "{errors}");
    assert!(errors.contains(part), "{part:?} is not in {errors:?}");
}

#[test]
fn what_is_missing_is_said_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| node(folder.path(), arguments).output().unwrap();
    assert_refused(&run(&[]), "--network");
    assert_refused(&run(&["--network", "regtest"]), "--chain");
    assert_refused(&run(&["--network", "lunar", "--chain", "x"]), "regtest");
    let chain = ["--network", "regtest", "--chain", "bitcoind:http://me:secret@"];
    let refused = run(&chain);
    assert_refused(&refused, "bitcoind:http://USER:PASSWORD@HOST:PORT");
    assert!(!text(&refused.stderr).contains("secret"));
    assert_refused(&run(&["--config", "/nonexistent.toml"]), "/nonexistent.toml");
    assert_refused(&run(&["seed"]), "backup words");
    assert_refused(&run(&["passwords"]), "passwords");
}

#[test]
fn a_node_is_made_found_again_and_stopped() {
    let folder = tempfile::tempdir().unwrap();
    // Nobody listens on port 1: the node waits for the chain.
    let chain = "bitcoind:http://me:secret@127.0.0.1:1";
    let arguments = ["--network", "regtest", "--http", "127.0.0.1:0", "--chain", chain];
    let mut running = node(folder.path(), &arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut ready = String::new();
    BufReader::new(running.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    assert!(ready.contains("ready: http://127.0.0.1:"), "{ready}");
    assert_refused(&node(folder.path(), &arguments).output().unwrap(), "another farebox-node");
    let words = text(&node(folder.path(), &["seed"]).output().unwrap().stdout);
    assert_eq!(words.lines().next().unwrap().split(' ').count(), 24, "{words}");
    assert!(words.contains("do not bring back: channels"), "{words}");
    let urls = node(folder.path(), &["passwords", "--http", "127.0.0.1:9999"]).output().unwrap();
    let urls = text(&urls.stdout);
    assert_eq!(urls.matches("phoenixd:http://:").count(), 2, "{urls}");
    assert_eq!(urls.matches("@127.0.0.1:9999").count(), 2, "{urls}");
    let id = running.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert!(running.wait().unwrap().success());

    // The same words in a new folder.
    let other = tempfile::tempdir().unwrap();
    let mut restoring =
        node(other.path(), &["seed", "--restore"]).stdin(Stdio::piped()).spawn().unwrap();
    let first = words.lines().next().unwrap();
    restoring.stdin.take().unwrap().write_all(first.as_bytes()).unwrap();
    assert!(restoring.wait().unwrap().success());
    let again = text(&node(other.path(), &["seed"]).output().unwrap().stdout);
    assert_eq!(again, words);
}

#[test]
fn the_help_has_examples() {
    let folder = tempfile::tempdir().unwrap();
    let help = text(&node(folder.path(), &["--help"]).output().unwrap().stdout);
    assert!(help.contains("Examples:") && help.contains("FAREBOX_NODE_CHAIN"), "{help}");
}
