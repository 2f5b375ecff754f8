//! A directory with claims, a provider's site, and a DNS of their own.

use async_trait::async_trait;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::{Router, extract::ConnectInfo};
use farebox_directory::claim::{ClaimOptions, Claims, Reach};
use farebox_directory::{Admin, AdminSecret, Clock, Directory, ListingFacts, Protocol};
use farebox_net::{AddressPolicy, GuardOptions, GuardedClient, Resolve, ResolveError};
use farebox_testing::TestDatabase;
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tower::ServiceExt;

/// When these tests begin: 2027-01-15T08:00:00Z.
pub const NOW_S: i64 = 1_800_000_000;
pub const HOUR_S: i64 = 3_600;
/// The provider's host; it leads to this machine.
pub const HOST: &str = "api.example.com";
/// The admin's secret.
pub const ADMIN_SECRET: &str = "0123456789abcdef";
/// Where the hash of a domain's claim is published.
pub const FILE: &str = "/.well-known/402index-verify.txt";
/// Where the challenge of a service's claim is met.
pub const SERVICE_FILE: &str = "/.well-known/l402-directory-verify.txt";

pub struct World {
    pub directory: Directory,
    pub claims: Claims,
    pub site: Site,
    pub dns: Arc<Dns>,
    time: Arc<AtomicI64>,
    _database: TestDatabase,
}

/// What a page of the site answers.
#[derive(Clone)]
pub struct Page {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Page {
    pub fn text(body: impl Into<String>) -> Self {
        Self { status: 200, headers: Vec::new(), body: body.into() }
    }
}

/// A site of several hosts at one port.
pub struct Site {
    pub port: u16,
    pages: Pages,
    serving: tokio::task::JoinHandle<()>,
}

type Pages = Arc<Mutex<HashMap<String, Page>>>;

impl Site {
    async fn start() -> Self {
        let pages = Pages::default();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&pages));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { port, pages, serving }
    }

    pub fn publish(&self, path: &str, page: Page) {
        self.pages.lock().unwrap().insert(path.to_owned(), page);
    }

    pub fn url(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}/{path}", self.port)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(State(pages): State<Pages>, request: Request) -> Response {
    let page = pages.lock().unwrap().get(request.uri().path()).cloned();
    let Some(page) = page else { return StatusCode::NOT_FOUND.into_response() };
    let mut response = Response::builder().status(page.status);
    for (name, value) in page.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(page.body)).unwrap()
}

/// Names that lead where a test says; all others lead to this machine.
#[derive(Default)]
pub struct Dns {
    pub addresses: Mutex<HashMap<String, IpAddr>>,
    pub texts: Mutex<HashMap<String, Vec<String>>>,
}

#[async_trait]
impl Resolve for Dns {
    async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, ResolveError> {
        let known = self.addresses.lock().unwrap().get(name).copied();
        Ok(vec![known.unwrap_or(Ipv4Addr::LOCALHOST.into())])
    }

    async fn txt(&self, name: &str) -> Result<Vec<String>, ResolveError> {
        Ok(self.texts.lock().unwrap().get(name).cloned().unwrap_or_default())
    }
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub json: Value,
}

impl Answer {
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.json);
        self.json
    }

    /// The code of an error.
    #[track_caller]
    pub fn refused(self, status: u16) -> String {
        self.expect(status)["error"]["code"].as_str().unwrap().to_owned()
    }
}

impl World {
    /// Hosts of this machine can be claimed.
    pub async fn new() -> Self {
        let local = "127.0.0.0/8".parse().unwrap();
        Self::with(Reach::Local, AddressPolicy::and_networks([local])).await
    }

    pub async fn with(reach: Reach, addresses: AddressPolicy) -> Self {
        let database = farebox_testing::database();
        let schemas = || vec![farebox_store::schema(), farebox_directory::schema()];
        let store = database.open(schemas).await;
        let time = Arc::new(AtomicI64::new(NOW_S));
        let clock = Arc::clone(&time);
        let clock =
            Clock::new(move || Timestamp::from_second(clock.load(Ordering::SeqCst)).unwrap());
        let directory = Directory::open(store, None).await.unwrap().with_clock(clock);
        let dns = Arc::new(Dns::default());
        let resolver: Arc<dyn Resolve> = Arc::clone(&dns) as Arc<dyn Resolve>;
        let client = GuardedClient::new(GuardOptions {
            user_agent: "farebox-test".to_owned(),
            connect_timeout: Duration::from_secs(5),
            total_timeout: Duration::from_secs(20),
            addresses,
            resolver,
            certificate: None,
        });
        let options = ClaimOptions { directory_url: "https://directory.example".to_owned(), reach };
        let claims = Claims::new(directory.clone(), client.unwrap(), options);
        let site = Site::start().await;
        Self { directory, claims, site, dns, time, _database: database }
    }

    pub fn wait(&self, seconds: i64) {
        self.time.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Lists an endpoint of the site.
    pub async fn list(&self, host: &str, path: &str, protocol: Protocol) -> String {
        let url = self.site.url(host, path);
        let facts = ListingFacts::new(&url, Some("GET"), protocol, "A name");
        self.directory.upsert_listing(facts, self.directory.now()).await.unwrap()
    }

    /// Whether a listing is marked as its provider's.
    pub fn is_marked(&self, id: &str) -> bool {
        self.directory.snapshot().get(id).unwrap().listing().facts.domain_verified
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.post_from("192.0.2.1", path, body).await
    }

    /// A request of another client.
    pub async fn post_from(&self, address: &str, path: &str, body: Value) -> Answer {
        let request = http::Request::post(path).header("content-type", "application/json");
        let request = request.body(Body::from(body.to_string())).unwrap();
        self.send(address, request).await
    }

    pub async fn send(&self, address: &str, mut request: Request) -> Answer {
        let peer = SocketAddr::new(address.parse().unwrap(), 1);
        request.extensions_mut().insert(ConnectInfo(peer));
        let routes = farebox_directory::claim::routes(self.claims.clone());
        let admin = Admin::new(self.directory.clone(), AdminSecret::new(ADMIN_SECRET).unwrap());
        let admin = farebox_directory::claim::admin_routes(self.claims.clone(), admin);
        let routes = routes.merge(admin);
        let routes: Router = routes.into();
        let (parts, body) = routes.oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let json = serde_json::from_slice(&body).unwrap_or_default();
        Answer { status: parts.status, headers: parts.headers, json }
    }

    /// An admin takes [`HOST`] from its owner.
    pub async fn reset(&self, secret: &str) -> Answer {
        let request = http::Request::post(format!("/api/v1/admin/domains/{HOST}/reset"));
        let request = request.header("authorization", format!("Bearer {secret}"));
        self.send("192.0.2.1", request.body(Body::empty()).unwrap()).await
    }

    /// Begins a claim of [`HOST`].
    pub async fn claim(&self) -> Begun {
        self.claim_from("192.0.2.1").await
    }

    pub async fn claim_from(&self, address: &str) -> Begun {
        let body = serde_json::json!({ "domain": HOST });
        let answer = self.post_from(address, "/api/v1/claim", body).await;
        assert!(answer.status.is_success(), "{}", answer.json);
        Begun(answer.json)
    }

    pub async fn verify(&self) -> Answer {
        self.post("/api/v1/claim/verify", serde_json::json!({ "domain": HOST })).await
    }

    /// Begins a claim of [`HOST`] and proves it by the file.
    pub async fn own(&self) -> Begun {
        let begun = self.claim().await;
        self.site.publish(FILE, Page::text(begun.hash()));
        self.verify().await.expect(200);
        begun
    }

    /// Whether a token commands [`HOST`].
    pub async fn commands(&self, token: &str) -> bool {
        use farebox_directory::claim::authorise;
        let (domain, token) = (self.claims.hostname(HOST).unwrap(), token.to_owned());
        let look = move |transaction: &farebox_store::Transaction<'_>| {
            Ok(authorise(transaction, &domain, &token, HOST).is_ok())
        };
        self.directory.store().read(look).await.unwrap()
    }
}

/// The answer to a claim.
pub struct Begun(pub Value);

impl Begun {
    pub fn token(&self) -> &str {
        self.0["verification_token"].as_str().unwrap()
    }

    pub fn hash(&self) -> &str {
        self.0["verification_hash"].as_str().unwrap()
    }

    /// What a wallet or a node signs.
    pub fn message(&self) -> &str {
        self.0["other_methods"][1]["message"].as_str().unwrap()
    }
}
