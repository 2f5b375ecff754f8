//! Two servers on one PostgreSQL share the sweep, and one that is killed loses none of it.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use common::farebox;
use farebox_directory::import::Import;
use farebox_directory::import::formats::Format;
use farebox_directory::{Directory, Listing};
use farebox_testing::TestDatabase;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Cursor};
use std::net::Ipv4Addr;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const ENDPOINTS: u32 = 3_000;
const HOSTS: u32 = 1_000;
const INTERVAL: Duration = Duration::from_secs(25);
const LEASE: Duration = Duration::from_secs(8);
/// No two probes of an endpoint are closer: five in a hundred of the interval are chance, and
/// times are recorded in whole seconds.
const GAP_MIN: Duration = Duration::from_millis(25_000 * 95 / 100 - 1_000 - 250);

/// Endpoints on many addresses of this machine, which remember when each was asked.
struct Endpoints {
    port: u16,
    asked: Arc<Mutex<HashMap<String, Vec<Instant>>>>,
}

impl Endpoints {
    async fn start() -> Self {
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked: Arc<Mutex<HashMap<String, Vec<Instant>>>> = Arc::default();
        let all = Arc::clone(&asked);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(answer(stream, Arc::clone(&all)));
            }
        });
        Self { port, asked }
    }

    fn list(&self) -> Cursor<Vec<u8>> {
        let line = |number: u32| {
            let address = Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 20, 0, 1)) + number % HOSTS);
            format!(
                "{{\"url\":\"http://{address}:{}/{number}\",\"http_method\":\"GET\",\
                 \"protocol\":\"L402\",\"name\":\"endpoint {number}\"}}\n",
                self.port
            )
        };
        Cursor::new((0..ENDPOINTS).map(line).collect::<String>().into_bytes())
    }

    /// Endpoints that were asked after `since`.
    fn asked_after(&self, since: Instant) -> usize {
        let asked = self.asked.lock().unwrap();
        asked.values().filter(|times| times.iter().any(|at| *at > since)).count()
    }

    /// Requests that came too soon after another for the same endpoint, from `since` on.
    fn too_soon(&self, since: Instant) -> usize {
        let asked = self.asked.lock().unwrap();
        let too_soon = |times: &Vec<Instant>| {
            let pairs = times.windows(2).filter(|pair| pair[1] > since);
            pairs.filter(|pair| pair[1] - pair[0] < GAP_MIN).count()
        };
        asked.values().map(too_soon).sum()
    }
}

async fn answer(mut stream: TcpStream, asked: Arc<Mutex<HashMap<String, Vec<Instant>>>>) {
    let mut request = Vec::new();
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
            return;
        }
    }
    let line = String::from_utf8_lossy(&request).lines().next().unwrap().to_owned();
    asked.lock().unwrap().entry(line).or_default().push(Instant::now());
    let head = "HTTP/1.1 402 Payment Required\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
    let _ = stream.write_all(head.as_bytes()).await;
}

/// A server of its own, killed when it goes.
struct Server {
    child: Child,
    url: String,
    _folder: tempfile::TempDir,
}

impl Server {
    fn start(database: &TestDatabase) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = farebox();
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path()).envs([
            ("FAREBOX_STORE__POSTGRES", database.postgres_url().unwrap()),
            ("FAREBOX_DIRECTORY__ALLOW_ADDRESSES", "[\"127.0.0.0/8\"]"),
            ("FAREBOX_DIRECTORY__PROBE__INTERVAL_SECONDS", &INTERVAL.as_secs().to_string()),
            ("FAREBOX_DIRECTORY__PROBE__LEASE_SECONDS", &LEASE.as_secs().to_string()),
            ("FAREBOX_DIRECTORY__PROBE__TIMEOUT_SECONDS", "3"),
            ("FAREBOX_LIMITS__ENABLED", "false"),
        ]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let page = lines.find_map(|line| Some(line.strip_prefix("  pages")?.trim().to_owned()));
        let url = page.expect("the server did not start").trim_end_matches('/').to_owned();
        // It goes on printing, and somebody must read.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, url, _folder: folder }
    }

    /// Endpoints in its share.
    async fn share(&self) -> u64 {
        let health = reqwest::get(format!("{}/api/v1/health", self.url)).await.unwrap();
        let health: serde_json::Value =
            serde_json::from_str(&health.text().await.unwrap()).unwrap();
        health["sweep"]["endpoints"].as_u64().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn until(what: &str, patience: Duration, holds: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < patience, "{what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_share_a_sweep_and_one_that_is_killed_loses_none_of_it() {
    let Some(database) = farebox_testing::postgres() else { return };
    farebox_net::prepare_tls();
    let endpoints = Endpoints::start().await;
    let store = database.open(|| vec![farebox_store::schema(), farebox_directory::schema()]).await;
    let directory = Directory::open(store, None).await.unwrap();
    let import = Import {
        source: "test".to_owned(),
        format: Format::Jsonl,
        document: None,
        trust: None,
        dry_run: false,
    };
    let report = directory.import(import, endpoints.list(), |_| {}).await.unwrap();
    assert_eq!(report.added, u64::from(ENDPOINTS));

    let patience = Duration::from_secs(120);
    let (first, second) = (Server::start(&database), Server::start(&database));
    let all = u64::from(ENDPOINTS);
    let shared = async || {
        let (first, second) = (first.share().await, second.share().await);
        first + second == all && first.abs_diff(second) < all / 3
    };
    until("each has about half", patience, shared).await;
    let begun = Instant::now();
    let whole = async || endpoints.asked_after(begun) == ENDPOINTS as usize;
    until("a whole sweep", patience, whole).await;
    assert_eq!(endpoints.too_soon(begun), 0, "an endpoint was probed twice in an interval");

    // In the middle of the next one.
    tokio::time::sleep(INTERVAL / 3).await;
    let killed = Instant::now();
    drop(first);
    until("the other has all", patience, async || second.share().await == all).await;
    let whole = async || endpoints.asked_after(killed) == ENDPOINTS as usize;
    until("a whole sweep by the one that is left", patience, whole).await;
    // What the first had asked and not recorded yet when it was killed is asked again.
    let again = endpoints.too_soon(begun);
    let second_of_work = ENDPOINTS as usize / 25;
    assert!(again <= 2 * second_of_work, "{again} endpoints were probed twice in an interval");
    directory.refresh().await.unwrap();
    let snapshot = directory.snapshot();
    let is_old = |one: &&Listing| one.health.last_checked.is_none();
    assert_eq!(snapshot.listings().filter(is_old).count(), 0);
    println!("{again} of {ENDPOINTS} endpoints were probed twice around the kill");
}
