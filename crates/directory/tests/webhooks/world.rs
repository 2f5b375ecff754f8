//! A directory with webhooks, and receivers that misbehave on command.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Router, extract::ConnectInfo};
use farebox_directory::webhook::{Courier, SecretSeal, WebhookOptions, Webhooks};
use farebox_directory::{Clock, Directory, ListingFacts, Protocol};
use farebox_net::{AddressPolicy, DnsResolver, GuardOptions, GuardedClient};
use farebox_testing::TestDatabase;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use tower::ServiceExt;

/// When these tests begin: 2027-01-15T08:00:00Z.
pub const NOW_S: i64 = 1_800_000_000;
pub const SECRET: &str = "your-secret-min-16-chars";

pub struct World {
    pub directory: Directory,
    pub webhooks: Webhooks,
    pub courier: Courier,
    time: Arc<AtomicI64>,
    pub database: TestDatabase,
}

/// How a receiver answers what is no challenge.
#[derive(Clone)]
pub enum Manner {
    Status(u16),
    /// It redirects to itself.
    Redirect,
    /// It takes the message and answers when it is told to.
    Wait(Arc<Notify>),
}

pub struct Receiver {
    pub url: String,
    shared: Arc<Shared>,
    serving: tokio::task::JoinHandle<()>,
}

struct Shared {
    messages: Mutex<Vec<Message>>,
    manner: Mutex<Manner>,
    /// What it answers a challenge with, if not the challenge.
    challenge_answer: Mutex<Option<String>>,
    arrived: Notify,
}

#[derive(Clone, Debug)]
pub struct Message {
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Message {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

impl Receiver {
    pub async fn start() -> Self {
        let shared = Arc::new(Shared {
            messages: Mutex::default(),
            manner: Mutex::new(Manner::Status(200)),
            challenge_answer: Mutex::default(),
            arrived: Notify::new(),
        });
        let router = Router::new().fallback(receive).with_state(Arc::clone(&shared));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, shared, serving }
    }

    pub fn answers(&self, manner: Manner) {
        *self.shared.manner.lock().unwrap() = manner;
    }

    pub fn answers_challenges(&self, answer: &str) {
        *self.shared.challenge_answer.lock().unwrap() = Some(answer.to_owned());
    }

    /// What it was told, without challenges.
    pub fn told(&self) -> Vec<Message> {
        let messages = self.shared.messages.lock().unwrap().clone();
        messages.into_iter().filter(|m| m.json()["type"] != "webhook.verify").collect()
    }

    pub fn challenges(&self) -> usize {
        let all = self.shared.messages.lock().unwrap().len();
        all - self.told().len()
    }

    /// Waits for a message.
    pub async fn arrival(&self) {
        self.shared.arrived.notified().await;
    }

    /// Nobody listens there any more.
    pub fn stop(&self) {
        self.serving.abort();
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn receive(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let message = Message { headers, body };
    let json = message.json();
    shared.messages.lock().unwrap().push(message);
    shared.arrived.notify_one();
    if json["type"] == "webhook.verify" {
        let own = shared.challenge_answer.lock().unwrap().clone();
        return own
            .unwrap_or_else(|| json["data"]["challenge"].as_str().unwrap().to_owned())
            .into_response();
    }
    let manner = shared.manner.lock().unwrap().clone();
    match manner {
        Manner::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Manner::Redirect => (StatusCode::FOUND, [("location", "/elsewhere")]).into_response(),
        Manner::Wait(go_on) => {
            go_on.notified().await;
            StatusCode::OK.into_response()
        }
    }
}

pub struct Answer {
    pub status: StatusCode,
    pub json: Value,
}

impl Answer {
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.json);
        self.json
    }
}

pub fn client(addresses: AddressPolicy) -> GuardedClient {
    GuardedClient::new(GuardOptions {
        user_agent: "farebox-test".to_owned(),
        connect_timeout: Duration::from_secs(5),
        total_timeout: Duration::from_secs(20),
        addresses,
        resolver: Arc::new(DnsResolver::system().unwrap()),
        certificate: None,
    })
    .unwrap()
}

impl World {
    pub async fn new() -> Self {
        Self::on(farebox_testing::database(), "one").await
    }

    /// A server on a database, with a name of its own.
    pub async fn on(database: TestDatabase, name: &str) -> Self {
        let schemas = || vec![farebox_store::schema(), farebox_directory::schema()];
        let store = database.open(schemas).await;
        let time = Arc::new(AtomicI64::new(NOW_S));
        let clock = Arc::clone(&time);
        let clock =
            Clock::new(move || Timestamp::from_second(clock.load(Ordering::SeqCst)).unwrap());
        let directory = Directory::open(store, None).await.unwrap().with_clock(clock);
        let local = AddressPolicy::and_networks(["127.0.0.0/8".parse().unwrap()]);
        let options = WebhookOptions { seal: SecretSeal::new(&[7; 32]), allows_http: true };
        let webhooks = Webhooks::new(directory.clone(), client(local), options);
        let courier = Courier::new(webhooks.clone(), name.to_owned());
        Self { directory, webhooks, courier, time, database }
    }

    /// The same server, killed and started again.
    pub async fn restarted(self) -> Self {
        let Self { directory, webhooks, courier, time, database } = self;
        drop((directory, webhooks, courier));
        let world = Self::on(database, "one").await;
        world.time.store(time.load(Ordering::SeqCst), Ordering::SeqCst);
        world
    }

    /// The same server with other settings.
    pub fn with(mut self, webhooks: Webhooks) -> Self {
        self.webhooks = webhooks;
        self
    }

    pub fn wait(&self, seconds: i64) {
        self.time.fetch_add(seconds, Ordering::SeqCst);
    }

    pub async fn deliver(&mut self) -> usize {
        self.courier.drain().await.unwrap()
    }

    /// Lists an endpoint: `service.new`.
    pub async fn list(&self, path: &str, protocol: Protocol) -> String {
        let url = format!("https://api.example.com/{path}");
        let facts = ListingFacts::new(&url, Some("GET"), protocol, path);
        self.directory.upsert_listing(facts, self.directory.now()).await.unwrap()
    }

    pub async fn register(&self, body: Value) -> Answer {
        self.register_from("192.0.2.1", body).await
    }

    pub async fn register_from(&self, address: &str, body: Value) -> Answer {
        let request = Request::post("/api/v1/webhooks").body(Body::from(body.to_string()));
        self.send(address, request.unwrap()).await
    }

    /// A webhook that hears of new listings and has answered its challenge; its id.
    pub async fn hook(&mut self, receiver: &Receiver) -> String {
        let body = json!({ "url": receiver.url, "secret": SECRET });
        let id = self.register(body).await.expect(201)["id"].as_str().unwrap().to_owned();
        self.deliver().await;
        assert_eq!(self.look(&id).await["status"], "active");
        id
    }

    pub async fn look(&self, id: &str) -> Value {
        self.ask("GET", id, Some(SECRET)).await.expect(200)
    }

    pub async fn ask(&self, method: &str, id: &str, secret: Option<&str>) -> Answer {
        let request = Request::builder().method(method).uri(format!("/api/v1/webhooks/{id}"));
        let request = match secret {
            Some(secret) => request.header("x-webhook-secret", secret),
            None => request,
        };
        self.send("192.0.2.1", request.body(Body::empty()).unwrap()).await
    }

    async fn send(&self, address: &str, mut request: Request<Body>) -> Answer {
        let peer = SocketAddr::new(address.parse().unwrap(), 1);
        request.extensions_mut().insert(ConnectInfo(peer));
        let routes: Router = farebox_directory::webhook::routes(self.webhooks.clone()).into();
        let (parts, body) = routes.oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, json: serde_json::from_slice(&body).unwrap_or_default() }
    }
}
