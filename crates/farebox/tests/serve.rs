//! `farebox serve`: starts, says what is wrong in one line, stops without cutting anybody off.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use common::{Demo, farebox, json, output_of, stderr, stdout};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Output;

fn serve(data: &Path, arguments: &[&str]) -> Output {
    let mut command = farebox();
    command.args(["serve", "--demo", "--listen", "127.0.0.1:0", "--play-listen", "127.0.0.1:0"]);
    output_of(command.arg("--data").arg(data).args(arguments))
}

fn assert_one_line(output: &Output, code: i32, parts: &[&str]) {
    let text = stderr(output);
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert_eq!(text.trim().lines().count(), 1, "{text}");
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in {text:?}");
    }
}

#[test]
fn a_taken_port_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut command = farebox();
    command.args(["serve", "--demo", "--listen", &address, "--data"]).arg(folder.path());
    assert_one_line(&output_of(&mut command), 1, &[&address, "taken", "--listen"]);
    let mut command = farebox();
    command.args(["serve", "--demo", "--listen", "127.0.0.1:0", "--play-listen", &address]);
    let output = output_of(command.arg("--data").arg(folder.path()));
    assert_one_line(&output, 1, &[&address, "taken", "--play-listen"]);
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert_one_line(&serve(&file.join("data"), &[]), 1, &["cannot write", "file", "--data"]);
}

#[test]
fn a_damaged_database_is_named_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("demo/farebox.sqlite");
    std::fs::create_dir(folder.path().join("demo")).unwrap();
    std::fs::write(&path, [7; 4_096]).unwrap();
    assert_one_line(&serve(folder.path(), &[]), 1, &["farebox.sqlite", "damaged"]);
    assert_eq!(std::fs::read(&path).unwrap(), [7; 4_096]);
}

#[test]
fn a_database_with_damaged_pages_is_named() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Demo::start(folder.path()).stop().success());
    let path = folder.path().join("demo/farebox.sqlite");
    let mut bytes = std::fs::read(&path).unwrap();
    for byte in bytes.iter_mut().skip(4_096).step_by(5) {
        *byte ^= 0x5a;
    }
    std::fs::write(&path, bytes).unwrap();
    assert_one_line(&serve(folder.path(), &[]), 1, &["farebox.sqlite", "damaged"]);
}

#[test]
fn a_bad_setting_is_named_with_the_nearest_known_key() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("farebox.toml");
    std::fs::write(&config, "[serve]\nlissten = \"127.0.0.1:0\"\n").unwrap();
    let output = serve(folder.path(), &["--config", config.to_str().unwrap()]);
    assert_one_line(
        &output,
        2,
        &["farebox.toml", "serve.lissten", "did you mean \"serve.listen\"?"],
    );
    let mut command = farebox();
    let output = command.args(["config", "check"]).env("FAREBOX_SERV", "x").output().unwrap();
    assert_one_line(&output, 2, &["FAREBOX_SERV", "did you mean"]);
    let output = serve(folder.path(), &["--config", "/nonexistent/farebox.toml"]);
    assert_one_line(&output, 2, &["/nonexistent/farebox.toml"]);
}

#[test]
fn withdrawals_without_a_wallet_are_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = farebox();
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path());
    let output = output_of(command.env("FAREBOX_WITHDRAWALS__ENABLED", "true"));
    assert_one_line(&output, 2, &["withdrawals.enabled", "seller.wallet"]);
    let mut command = farebox();
    command.args(["config", "show"]);
    let secret = "phoenixd:http://:hunter2@127.0.0.1:9740";
    let shown = output_of(command.env("FAREBOX_WITHDRAWALS__WALLET", secret));
    assert!(stdout(&shown).contains("[withdrawals]"), "{}", stderr(&shown));
    assert!(!stdout(&shown).contains("hunter2"), "{}", stdout(&shown));
}

#[test]
fn a_second_server_on_the_same_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let _demo = Demo::start(folder.path());
    assert_one_line(&serve(folder.path(), &[]), 1, &["in use by another farebox process"]);
}

#[test]
fn a_request_under_way_is_answered_before_the_server_stops() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start(folder.path());
    let mut stream = TcpStream::connect(demo.url.replace("http://", "")).unwrap();
    // The head is complete, the body is not: the server is in the middle of this request.
    let head = "POST /demo/summary HTTP/1.1\r\nHost: x\r\nContent-Length: 16\r\n\r\n{\"text\":";
    stream.write_all(head.as_bytes()).unwrap();
    std::thread::sleep(std::time::Duration::from_secs(1));
    let stopping = std::thread::spawn(move || demo.stop());
    std::thread::sleep(std::time::Duration::from_millis(300));
    stream.write_all(b"\"hello\"}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 402"), "{answer}");
    assert!(stopping.join().unwrap().success());
}

#[test]
fn search_show_and_metrics_work_against_a_fresh_demo() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start(folder.path());
    let run = |arguments: &[&str]| demo.buyer(folder.path()).args(arguments).output().unwrap();
    let found = json(&run(&["search", "demo", "weather", "--json"]));
    let service = &found["services"][0];
    assert_eq!(service["name"], "Demo Weather");
    assert_eq!(service["price_sats"], 5);
    let table = stdout(&run(&["search", "weather"]));
    assert!(table.contains("Demo Weather") && table.contains("5 sats"), "{table}");
    assert!(!table.contains('\u{1b}'), "colour where no terminal is");
    let shown = stdout(&run(&["show", service["id"].as_str().unwrap()]));
    assert!(shown.contains(&format!("farebox get '{}/demo/weather'", demo.url)), "{shown}");
    let missing = run(&["show", "000000000000"]);
    assert_eq!(missing.status.code(), Some(2), "{}", stderr(&missing));
    let refused = run(&["search", "--sort", "colour"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("sort"), "{}", stderr(&refused));
    let offline = farebox().args(["search", "x", "--server", "http://127.0.0.1:9"]).output();
    let offline = offline.unwrap();
    assert_eq!(offline.status.code(), Some(4));
    assert!(stderr(&offline).contains("farebox serve --demo"), "{}", stderr(&offline));
}
