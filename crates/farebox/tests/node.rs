//! `farebox serve` and a node of its own: started, kept, taken over, stopped. A stand-in for
//! farebox-node is asked instead, with a play wallet behind it.

#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use common::{Demo, PASSWORD, farebox, json, output_of, stderr, terminate};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Far more than anything here takes on an idle machine.
const WAIT_MAX: Duration = Duration::from_secs(120);

fn until(what: &str, mut look: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !look() {
        assert!(begun.elapsed() < WAIT_MAX, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A server's folder, its node's, and what the node asks.
struct Place {
    folder: tempfile::TempDir,
    play: Demo,
    api: String,
    /// The stand-in's own flags.
    flags: Vec<&'static str>,
    start_timeout_s: u64,
}

impl Place {
    fn new(flags: &[&'static str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let play = Demo::start(&folder.path().join("play"));
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let api = free.local_addr().unwrap().to_string();
        Self { folder, play, api, flags: flags.to_vec(), start_timeout_s: 100 }
    }

    fn node_data(&self) -> PathBuf {
        self.folder.path().join("data/node")
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.node_data().join(file)).unwrap_or_default()
    }

    /// The processes that were this node, the last one last.
    fn pids(&self) -> Vec<String> {
        self.read("pids").lines().map(str::to_owned).collect()
    }

    fn node(&self) -> String {
        self.pids().pop().expect("a node")
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn command(&self, data: &str) -> Command {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stand_in/node.py");
        let (_, upstream) = self.play.wallet.split_once('@').unwrap();
        let mut args = vec!["--upstream", upstream, "--upstream-password", PASSWORD];
        args.extend(&self.flags);
        let settings = format!(
            "[seller]\nwallet = \"node\"\n[withdrawals]\nenabled = true\n[node]\nprogram = {program:?}\nargs = {args:?}\n\
             api = \"{}\"\nstart_timeout_s = {}\ndata = {:?}\n",
            self.api,
            self.start_timeout_s,
            self.node_data(),
        );
        let file = self.folder.path().join("farebox.toml");
        std::fs::write(&file, settings).unwrap();
        let mut command = farebox();
        command.args(["serve", "--listen", "127.0.0.1:0", "--config"]).arg(file);
        command.arg("--data").arg(self.folder.path().join(data));
        command
    }

    fn serve(&self) -> Server {
        let mut log = std::fs::OpenOptions::new();
        let log = log.create(true).append(true).open(self.folder.path().join("log")).unwrap();
        let mut command = self.command("data");
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let page = lines.map_while(Result::ok).find_map(|line| {
            Some(line.strip_prefix("  pages    http://")?.trim_end_matches('/').to_owned())
        });
        Server { child, address: page.unwrap_or_else(|| panic!("no start: {}", self.log())) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        for pid in self.pids() {
            if is_running(&pid) {
                kill("-KILL", &pid);
            }
        }
    }
}

struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn top_up(&self) -> (u16, String) {
        ask(&self.address, "POST", "/api/v1/topup", "", r#"{"amount_sats": 100}"#)
    }

    fn metric(&self, name: &str) -> u64 {
        let (_, answer) = ask(&self.address, "GET", "/metrics", "", "");
        let value = answer.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.unwrap_or_else(|| panic!("no {name}: {answer}")).parse().unwrap()
    }

    fn stop(mut self) -> ExitStatus {
        terminate(&self.child);
        self.child.wait().unwrap()
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks a server, with a token of an account where there is one.
fn ask(address: &str, method: &str, path: &str, token: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    let token = if token.is_empty() { String::new() } else { format!("X-Token: {token}\r\n") };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{token}\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
}

/// A text in the JSON of an answer, of the first field with that name.
fn field(answer: &str, name: &str) -> String {
    let (_, rest) =
        answer.split_once(&format!("\"{name}\":\"")).unwrap_or_else(|| panic!("{answer}"));
    rest.split('"').next().unwrap().to_owned()
}

/// An invoice for a top-up of so many satoshis.
fn top_up_invoice(address: &str, sats: u64) -> String {
    let body = format!("{{\"amount_sats\": {sats}}}");
    field(&ask(address, "POST", "/api/v1/topup", "", &body).1, "invoice")
}

/// The token of an account, for the proof that a top-up was paid.
fn claim(address: &str, preimage: &str) -> String {
    let body = format!("{{\"preimage\": \"{preimage}\"}}");
    let mut answer = (0, String::new());
    until("the payment to be known", || {
        answer = ask(address, "POST", "/api/v1/topup/claim", "", &body);
        answer.0 == 200
    });
    field(&answer.1, "token")
}

/// Has an invoice paid from a balance, and shows the proof.
fn collect(address: &str, token: &str, invoice: &str, sats: u64) -> String {
    let body = format!("{{\"invoice\": \"{invoice}\", \"amount_sats\": {sats}}}");
    let (status, answer) = ask(address, "POST", "/api/v1/ai-for-hire/collect", token, &body);
    assert_eq!(status, 200, "{answer}");
    field(&answer, "paymentPreimage")
}

fn kill(signal: &str, pid: &str) {
    assert!(Command::new("kill").args([signal, pid]).status().unwrap().success());
}

/// Not one that has ended and that nobody waited for.
fn is_running(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

#[test]
fn the_node_comes_and_goes_with_the_server_and_is_asked_with_the_password_that_cannot_pay() {
    let place = Place::new(&[]);
    let server = place.serve();
    let (status, answer) = server.top_up();
    assert_eq!(status, 402, "{answer}");
    assert!(answer.contains("\"invoice\":\"ln"), "{answer}");
    assert_eq!(server.metric("farebox_node_up"), 1);
    assert_eq!(server.metric("farebox_node_restarts_total"), 0);
    let node = place.node();
    assert!(is_running(&node));
    assert!(server.stop().success());
    assert!(!is_running(&node), "{}", place.log());
    let asked = place.read("asked");
    assert!(asked.contains("limited /createinvoice"), "{asked}");
    assert!(!asked.contains("full") && !asked.contains("None"), "{asked}");
    for text in [place.log(), place.read("node.log")] {
        assert!(!text.is_empty() && !text.contains("hunter2"), "{text}");
    }
}

#[test]
fn money_comes_in_by_one_password_and_goes_out_by_the_other() {
    let place = Place::new(&[]);
    let server = place.serve();
    let play = place.play.url.strip_prefix("http://").unwrap();
    // The stand-in's wallet is the one that buys at the demo, so that the demo has to pay it.
    let invoice = top_up_invoice(play, 1_000);
    let mut pay = place.play.buyer(place.folder.path());
    let paid = json(&output_of(pay.args(["wallet", "pay", "--json", "--max-fee", "50", &invoice])));
    let elsewhere = claim(play, paid["preimage"].as_str().unwrap());
    let invoice = top_up_invoice(&server.address, 400);
    let here = claim(&server.address, &collect(play, &elsewhere, &invoice, 400));
    assert!(!place.read("asked").contains("full"), "{}", place.read("asked"));
    collect(&server.address, &here, &top_up_invoice(play, 300), 300);
    let asked = place.read("asked");
    assert!(asked.contains("full /payinvoice"), "{asked}");
    assert!(!asked.contains("limited /payinvoice"), "{asked}");
    assert!(!asked.contains("full /createinvoice"), "{asked}");
}

#[test]
fn a_node_that_ends_while_the_server_stops_is_not_started_again() {
    let place = Place::new(&[]);
    let mut server = place.serve();
    // A request under way keeps the server for a while.
    let mut stream = TcpStream::connect(&server.address).unwrap();
    let head = "POST /api/v1/topup/claim HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{";
    stream.write_all(head.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_secs(1));
    terminate(&server.child);
    until("the server to begin stopping", || place.log().contains("requests under way may finish"));
    kill("-TERM", &place.node());
    until("the node to be missed", || place.log().contains("the node has ended"));
    // It would be started again after a second.
    std::thread::sleep(Duration::from_secs(3));
    stream.write_all(b"}").unwrap();
    assert!(server.child.wait().unwrap().success());
    assert_eq!(place.pids().len(), 1, "{}", place.log());
}

#[test]
fn a_node_that_dies_is_started_again_and_nothing_is_sold_meanwhile() {
    let place = Place::new(&[]);
    let server = place.serve();
    let first = place.node();
    // Stopped by the kernel, it neither answers nor ends.
    kill("-STOP", &first);
    until("the metric to say so", || server.metric("farebox_node_up") == 0);
    kill("-KILL", &first);
    let mut statuses = Vec::new();
    until("a top-up after the restart", || {
        statuses.push(server.top_up().0);
        statuses.last() == Some(&402)
    });
    assert!(statuses.iter().all(|status| matches!(status, 402 | 503)), "{statuses:?}");
    until("the metric to say so", || server.metric("farebox_node_up") == 1);
    assert_eq!(server.metric("farebox_node_restarts_total"), 1);
    let second = place.node();
    assert_ne!(first, second);
    assert!(place.log().contains("the node has ended"), "{}", place.log());
    assert!(server.stop().success());
    assert!(!is_running(&second));
}

#[test]
fn the_node_of_a_server_that_was_killed_is_taken_over_and_stopped_by_the_next() {
    let place = Place::new(&[]);
    let mut server = place.serve();
    let node = place.node();
    server.kill();
    assert!(is_running(&node), "a crash of the server must not be one of the node");
    let next = place.serve();
    assert_eq!(place.pids().len(), 1, "no second node");
    assert_eq!(next.top_up().0, 402);
    assert!(next.stop().success());
    assert!(!is_running(&node), "{}", place.log());
}

#[test]
fn a_node_taken_over_is_replaced_when_it_dies() {
    let place = Place::new(&[]);
    place.serve().kill();
    let node = place.node();
    let server = place.serve();
    kill("-KILL", &node);
    until("another node", || place.pids().len() == 2);
    until("its answers", || server.top_up().0 == 402);
    assert!(server.stop().success());
    assert!(!is_running(&place.node()));
}

#[test]
fn a_node_that_somebody_else_started_is_used_and_left_running() {
    let place = Place::new(&[]);
    place.serve().kill();
    let node = place.node();
    std::fs::write(place.node_data().join("supervisor"), "").unwrap();
    let server = place.serve();
    assert_eq!(server.top_up().0, 402);
    assert!(server.stop().success());
    assert_eq!(place.pids().len(), 1);
    assert!(is_running(&node));
}

#[test]
fn a_node_that_takes_no_notice_is_killed_after_half_a_minute() {
    let place = Place::new(&["--stubborn"]);
    let server = place.serve();
    let node = place.node();
    assert!(server.stop().success());
    assert!(!is_running(&node));
    assert!(place.log().contains("did not stop in 30 s and is killed"), "{}", place.log());
}

#[test]
fn a_node_that_does_not_start_is_a_clear_error() {
    let place = Place::new(&["--broken"]);
    let output = output_of(&mut place.command("data"));
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    for part in ["ended before it was ready", "exit status: 1", "node.log", "no chain is set"] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    let mut deaf = Place::new(&["--deaf"]);
    deaf.start_timeout_s = 5;
    let output = output_of(&mut deaf.command("data"));
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    for part in [&deaf.api, "after 5 s", "node.log", "waiting for the chain"] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    assert!(!is_running(&deaf.node()));
}

#[test]
fn a_node_that_a_killed_server_left_unready_is_not_joined_by_a_second_one() {
    let mut place = Place::new(&["--deaf"]);
    let mut server = place.command("data").stdout(Stdio::null()).spawn().unwrap();
    until("a node", || !place.pids().is_empty());
    server.kill().unwrap();
    server.wait().unwrap();
    place.start_timeout_s = 5;
    let output = output_of(&mut place.command("data"));
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("does not answer"), "{}", stderr(&output));
    assert_eq!(place.pids().len(), 1, "{}", place.read("node.log"));
    assert!(!is_running(&place.node()), "it does not stay behind for ever");
}

#[test]
fn two_servers_do_not_share_a_node() {
    let place = Place::new(&[]);
    let server = place.serve();
    let output = output_of(&mut place.command("other"));
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("another farebox process looks after"), "{}", stderr(&output));
    assert_eq!(server.top_up().0, 402, "the first goes on with its node");
    assert_eq!(place.pids().len(), 1);
}

#[test]
fn the_server_stops_while_its_node_is_still_coming_up() {
    let place = Place::new(&["--deaf"]);
    let mut child = place.command("data").stdout(Stdio::null()).spawn().unwrap();
    until("a node", || !place.pids().is_empty());
    terminate(&child);
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(!is_running(&place.node()));
}
