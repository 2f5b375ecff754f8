//! A directory in a folder of its own, and requests to it.

use axum::Router;
use axum::body::Body;
use farebox_directory::{Directory, HealthStatus, ListingFacts, Outcome, Protocol};
use farebox_money::{BtcUsd, MicroUsd};
use farebox_testing::TestDatabase;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use jiff::Timestamp;
use serde_json::Value;
use tower::ServiceExt;

/// When everything in these tests happens: 2027-01-15T08:00:00Z.
pub const NOW_S: i64 = 1_800_000_000;

/// Where the server of these tests is reached.
pub const PUBLIC_URL: &str = "https://directory.example";

pub struct Fixture {
    pub directory: Directory,
    database: TestDatabase,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

pub fn now() -> Timestamp {
    Timestamp::from_second(NOW_S).unwrap()
}

/// A bitcoin for 100,000 dollars: a satoshi is a tenth of a cent.
pub fn rate() -> BtcUsd {
    BtcUsd::new(MicroUsd::new(100_000_000_000)).unwrap()
}

pub fn facts(path: &str, protocol: Protocol, name: &str) -> ListingFacts {
    ListingFacts::new(&format!("https://api.example.com/{path}"), Some("GET"), protocol, name)
}

/// What a probe came to that led to this verdict.
pub fn outcome(healthy: HealthStatus) -> Outcome {
    match healthy {
        HealthStatus::Healthy => Outcome::Payable,
        HealthStatus::Degraded => Outcome::NotPayable,
        HealthStatus::Unknown => Outcome::Wall,
        HealthStatus::Down => Outcome::ServerError,
    }
}

impl Fixture {
    pub async fn empty() -> Self {
        let database = farebox_testing::database();
        let directory = open(&database).await;
        Self { directory, database }
    }

    pub async fn with_samples() -> Self {
        let fixture = Self::empty().await;
        fixture.directory.import_samples(now()).await.unwrap();
        fixture
    }

    /// The same database, opened by a process that starts anew.
    pub async fn reopened(self) -> Self {
        drop(self.directory);
        let directory = open(&self.database).await;
        Self { directory, database: self.database }
    }

    pub async fn list(&self, facts: ListingFacts) -> String {
        self.directory.upsert_listing(facts, now()).await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Answer {
        let routes = farebox_directory::routes(self.directory.clone());
        let export = farebox_directory::export_route(self.directory.clone());
        get(routes.routes(export).into(), path).await
    }

    /// What `/feed.xml` and the badges answer to a request with a header, where its name is given.
    pub async fn feed(&self, path: &str, header: (&str, &str)) -> Answer {
        let routes = farebox_directory::feed::routes(self.directory.clone(), PUBLIC_URL);
        let mut request = Request::get(path);
        if !header.0.is_empty() {
            request = request.header(header.0, header.1);
        }
        send(routes.into(), request.body(Body::empty()).unwrap()).await
    }

    /// The names that a list answers with.
    pub async fn names(&self, query: &str) -> Vec<String> {
        let answer = self.get(&format!("/api/v1/services?{query}")).await.json();
        let rows = answer["services"].as_array().unwrap();
        rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    }
}

async fn open(database: &TestDatabase) -> Directory {
    let store = database.open(|| vec![farebox_directory::schema()]).await;
    Directory::open(store, Some(rate())).await.unwrap()
}

async fn get(router: Router, path: &str) -> Answer {
    send(router, Request::get(path).body(Body::empty()).unwrap()).await
}

async fn send(router: Router, request: Request<Body>) -> Answer {
    let response = router.oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer {
        status: parts.status,
        headers: parts.headers,
        text: String::from_utf8(body.to_vec()).unwrap(),
    }
}

impl Answer {
    pub fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), "application/json", "{}", self.text);
        serde_json::from_str(&self.text).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}
