//! A directory, and endpoints of this machine that remember who asked when.

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use farebox_directory::prober::{Prober, ProberOptions};
use farebox_directory::{Directory, Listing, ListingFacts, Protocol};
use farebox_net::{AddressPolicy, DnsResolver, GuardOptions, GuardedClient};
use farebox_store::Store;
use farebox_testing::TestDatabase;
use http::{Request, StatusCode};
use ipnet::IpNet;
use jiff::Timestamp;
use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// How long something that the sweep does may take.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct World {
    pub store: Store,
    pub directory: Directory,
    _database: TestDatabase,
}

/// A server at one address that answers every path with the same.
pub struct Host {
    pub address: String,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

struct Shared {
    asked: Mutex<Vec<Asked>>,
    status: Mutex<StatusCode>,
    retry_after: Mutex<Option<&'static str>>,
    delay: Duration,
    now: Mutex<(usize, usize)>,
}

#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub at: Instant,
    pub user_agent: String,
}

impl Host {
    /// At `127.0.0.number`, which is a host of its own to the sweep.
    pub async fn start(number: u8) -> Self {
        Self::slow(number, Duration::ZERO).await
    }

    pub async fn slow(number: u8, delay: Duration) -> Self {
        let shared = Arc::new(Shared {
            asked: Mutex::default(),
            status: Mutex::new(StatusCode::PAYMENT_REQUIRED),
            retry_after: Mutex::default(),
            delay,
            now: Mutex::default(),
        });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let address = (Ipv4Addr::new(127, 0, 0, number), 0);
        let listener = tokio::net::TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, shared, serving }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    pub fn answers(&self, status: u16, retry_after: Option<&'static str>) {
        *self.shared.status.lock().unwrap() = StatusCode::from_u16(status).unwrap();
        *self.shared.retry_after.lock().unwrap() = retry_after;
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }

    /// The most that were answered at once.
    pub fn most_at_once(&self) -> usize {
        self.shared.now.lock().unwrap().1
    }

    /// Nobody listens there any more.
    pub fn stop(&self) {
        self.serving.abort();
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request<Body>) -> Response {
    let header = request.headers().get("user-agent");
    let asked = Asked {
        path: request.uri().path().trim_start_matches('/').to_owned(),
        at: Instant::now(),
        user_agent: header.map(|text| text.to_str().unwrap().to_owned()).unwrap_or_default(),
    };
    shared.asked.lock().unwrap().push(asked);
    {
        let mut now = shared.now.lock().unwrap();
        now.0 += 1;
        now.1 = now.1.max(now.0);
    }
    tokio::time::sleep(shared.delay).await;
    shared.now.lock().unwrap().0 -= 1;
    let mut response = Response::builder().status(*shared.status.lock().unwrap());
    if let Some(text) = *shared.retry_after.lock().unwrap() {
        response = response.header("retry-after", text);
    }
    response.body(Body::from("{}")).unwrap()
}

/// Ends its sweep when it is dropped, as a process that dies does.
pub struct Running(JoinHandle<()>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Everything at once, every three seconds.
pub fn options() -> ProberOptions {
    ProberOptions {
        interval: Duration::from_secs(3),
        timeout: Duration::from_secs(4),
        host_gap: Duration::ZERO,
        lease: Duration::from_secs(8),
        ..ProberOptions::default()
    }
}

pub fn client() -> GuardedClient {
    let loopback: IpNet = "127.0.0.0/8".parse().unwrap();
    GuardedClient::new(GuardOptions {
        user_agent: "Farebox-prober/test (+https://directory.example)".to_owned(),
        connect_timeout: Duration::from_secs(2),
        total_timeout: Duration::from_secs(10),
        addresses: AddressPolicy::and_networks([loopback]),
        resolver: Arc::new(DnsResolver::system().unwrap()),
        certificate: None,
    })
    .unwrap()
}

impl World {
    pub async fn new() -> Self {
        let database = farebox_testing::database();
        let store = database.open(|| vec![farebox_directory::schema()]).await;
        let directory = Directory::open(store.clone(), None).await.unwrap();
        Self { store, directory, _database: database }
    }

    pub async fn list(&self, url: &str, protocol: Protocol) -> String {
        self.list_facts(ListingFacts::new(url, Some("GET"), protocol, url)).await
    }

    pub async fn list_facts(&self, facts: ListingFacts) -> String {
        self.directory.upsert_listing(facts, Timestamp::now()).await.unwrap()
    }

    /// A server that sweeps the directory, under this name.
    pub async fn sweep(&self, name: &str, options: ProberOptions) -> Running {
        let directory = Directory::open(self.store.clone(), None).await.unwrap();
        self.sweep_with(directory, name, options)
    }

    pub fn sweep_with(&self, directory: Directory, name: &str, options: ProberOptions) -> Running {
        let prober = Prober::new(directory, client(), options, name.to_owned());
        Running(tokio::spawn(prober.run()))
    }

    pub async fn listing(&self, id: &str) -> Listing {
        self.directory.refresh().await.unwrap();
        self.directory.snapshot().get(id).unwrap().listing().clone()
    }

    /// Waits until this holds.
    pub async fn until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        let begun = Instant::now();
        while !holds().await {
            assert!(begun.elapsed() < PATIENCE, "{what}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// How often each path was asked for.
pub fn counts(hosts: &[Host]) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for host in hosts {
        for asked in host.asked() {
            *counts.entry(format!("{}/{}", host.address, asked.path)).or_default() += 1;
        }
    }
    counts
}

/// The shortest time between two requests for the same path.
pub fn shortest_gap(hosts: &[Host]) -> Duration {
    let mut last: HashMap<String, Instant> = HashMap::new();
    let mut shortest = Duration::MAX;
    for host in hosts {
        for asked in host.asked() {
            let before = last.insert(format!("{}/{}", host.address, asked.path), asked.at);
            shortest = shortest.min(before.map_or(Duration::MAX, |before| asked.at - before));
        }
    }
    shortest
}
