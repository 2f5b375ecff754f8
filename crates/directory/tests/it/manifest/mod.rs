//! `/api`: services, behind a real paywall that is paid with play money.

mod browse;
mod report;
mod submit;
mod update;

use crate::common::outcome;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::map_request;
use axum::response::Response;
use axum::routing::MethodRouter;
use farebox_directory::manifest::{
    PaymentReference, Services, ServicesOptions, paid_routes, routes,
};
use farebox_directory::{Check, Directory, HealthStatus, ListingFacts};
use farebox_money::{Msat, Sats};
use farebox_paywall::{NotForSale, PaidRoute, PaymentId, Paywall, PricedRequest, Rails, Secret};
use farebox_play::{PlayNetwork, PlayWallet};
use farebox_store::lease::Instance;
use farebox_store::{Database, DatabaseOptions, Store};
use farebox_testing::TestDatabase;
use farebox_wallet::{PayLimits, PayOutcome, Payer};
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tower::ServiceExt;

pub const LISTING_SATS: u64 = 1_000;
pub const REPORT_SATS: u64 = 10;

/// A directory that sells, and a buyer.
pub struct Market {
    pub directory: Directory,
    pub router: Router,
    pub buyer: PlayWallet,
    pub store: Store,
    /// Whether answers of the handler for submissions are lost before the paywall sees them.
    pub loses_answers: Arc<AtomicBool>,
    _database: TestDatabase,
    _folder: tempfile::TempDir,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    /// The code of an error, and the parameters that it names.
    pub fn error(&self) -> (u16, String, Vec<String>) {
        let error = self.json()["error"].clone();
        let parameters = error["parameters"].as_array().cloned().unwrap_or_default();
        let parameters = parameters.iter().map(|one| one.as_str().unwrap().to_owned()).collect();
        (self.status.as_u16(), error["code"].as_str().unwrap().to_owned(), parameters)
    }
}

fn schemas() -> Vec<farebox_store::Schema> {
    vec![
        farebox_store::schema(),
        farebox_ledger::schema(),
        farebox_paywall::schema(),
        farebox_directory::schema(),
    ]
}

impl Market {
    pub async fn open() -> Self {
        Self::open_with(false).await
    }

    pub async fn open_with(reviews_submissions: bool) -> Self {
        let database = farebox_testing::database();
        let store = database.open(schemas).await;
        let directory = Directory::open(store.clone(), None).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let play = folder.path().join("play.sqlite");
        let play = Database::open(&play, [farebox_play::schema()], DatabaseOptions::Exclusive);
        let network = PlayNetwork::open(play.unwrap()).await.unwrap();
        let buyer = network.wallet("buyer").await.unwrap();
        buyer.fund_once("test", Sats::new(100_000).to_msat().unwrap()).await.unwrap();
        let rails = Rails::lightning(Arc::new(network.wallet("seller").await.unwrap()));
        let instance = Instance::start(store.clone()).await.unwrap();
        let clock = farebox_paywall::system_clock();
        let secret = Secret::new([42; 32]);
        let paywall = Paywall::open(rails, None, store.clone(), instance, secret, clock).await;
        let options = ServicesOptions {
            public_url: "https://farebox.example".to_owned(),
            listing_price: Sats::new(LISTING_SATS),
            report_price: Sats::new(REPORT_SATS),
            report_token_s: 600,
            try_an_api: Some("GET https://farebox.example/demo/weather".to_owned()),
            reviews_submissions,
            urls: Arc::new(|url| match url.host_str() {
                Some("localhost") => Err("leads nowhere in public".to_owned()),
                _ => Ok(()),
            }),
        };
        let services = Services::new(directory.clone(), options).unwrap();
        let loses_answers = Arc::new(AtomicBool::new(false));
        let router = router(services, &paywall.unwrap(), &loses_answers);
        Self {
            directory,
            router,
            buyer,
            store,
            loses_answers,
            _database: database,
            _folder: folder,
        }
    }

    pub async fn send(&self, request: Request) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(body.to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, text }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.request("GET", path, None, "").await
    }

    pub async fn request(
        &self,
        method: &str,
        path: &str,
        authorization: Option<&str>,
        body: &str,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    /// Pays what a 402 asks for and returns the credential.
    pub async fn pay(&self, asked: &Answer) -> String {
        assert_eq!(asked.status, StatusCode::PAYMENT_REQUIRED, "{}", asked.text);
        let body = asked.json();
        let invoice = body["invoice"].as_str().unwrap();
        let wait = Duration::from_secs(30);
        let limits = PayLimits { fee_max: Msat::new(1_000_000), wait };
        let PayOutcome::Paid { preimage, .. } = self.buyer.pay(invoice, limits).await.unwrap()
        else {
            panic!("not paid");
        };
        format!("L402 {}:{}", body["macaroon"].as_str().unwrap(), preimage.reveal_hex())
    }

    pub async fn spent(&self) -> u64 {
        let balance = self.buyer.balance().await.unwrap();
        100_000 - balance.to_sats_floor().get()
    }

    pub async fn submit(&self, document: &Value, authorization: Option<&str>) -> Answer {
        self.request("POST", "/api/submit", authorization, &document.to_string()).await
    }

    /// Submits and pays; the credential with the answer.
    pub async fn list(&self, document: &Value) -> (String, Value) {
        let credential = self.pay(&self.submit(document, None).await).await;
        let answer = self.submit(document, Some(&credential)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        (credential, answer.json())
    }

    /// Lists an endpoint as an import would.
    pub async fn import(&self, facts: ListingFacts) -> String {
        self.directory.upsert_listing(facts, self.directory.now()).await.unwrap()
    }

    pub async fn check(&self, listing_id: &str, healthy: HealthStatus, age_s: i64) {
        let at = self.directory.now().as_second() - age_s;
        let is_down = healthy == HealthStatus::Down;
        let check = Check {
            response_time_ms: (!is_down).then_some(100),
            http_status: Some(if is_down { 500 } else { 402 }),
            error_message: is_down.then(|| "no paywall".to_owned()),
            ..Check::new(Timestamp::from_second(at).unwrap(), healthy, outcome(healthy))
        };
        self.directory.record_check(listing_id, check).await.unwrap();
    }

    /// The ids that a list answers with.
    pub async fn ids(&self, query: &str) -> Vec<String> {
        let answer = self.get(&format!("/api/services?{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let services = answer.json()["services"].as_array().unwrap().clone();
        services.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    }
}

fn router(services: Services, paywall: &Paywall, loses_answers: &Arc<AtomicBool>) -> Router {
    let price = |_: PricedRequest<'_>| Ok::<_, NotForSale>(Sats::new(LISTING_SATS));
    let submission = PaidRoute::priced_by("submit", price, "A listing");
    let report = PaidRoute::time_bounded("report", Sats::new(REPORT_SATS), 600, "A report");
    let loses = Arc::clone(loses_answers);
    let submission = |submit: MethodRouter| {
        let lose = move |response: Response| {
            let is_lost = loses.load(Ordering::SeqCst);
            async move {
                if is_lost {
                    Response::builder().status(500).body(Body::empty()).unwrap()
                } else {
                    response
                }
            }
        };
        submit
            .route_layer(map_request(name_payment))
            .route_layer(axum::middleware::map_response(lose))
            .route_layer(paywall.charge(submission))
    };
    let report = |reports: MethodRouter| reports.route_layer(paywall.charge(report));
    let free = routes(services.clone());
    free.merge(paid_routes(services, submission, report)).into()
}

async fn name_payment(mut request: Request) -> Request {
    let id = request.extensions().get::<PaymentId>().map(|id| id.as_str().to_owned());
    request.extensions_mut().insert(PaymentReference(id.unwrap()));
    request
}

/// A submission of endpoints at these URLs.
pub fn submission(name: &str, urls: &[&str]) -> Value {
    json!({
        "name": name,
        "description": format!("What {name} does."),
        "categories": ["data", "real-time-data/weather"],
        "contact": "hello@example.com",
        "endpoints": urls.iter().map(|url| endpoint(url)).collect::<Vec<_>>(),
    })
}

pub fn endpoint(url: &str) -> Value {
    json!({
        "url": url,
        "description": format!("What {url} answers."),
        "pricing": {"amount": 10, "currency": "sats", "model": "time-bounded"},
        "content_type": "application/json",
        "consumption": {"type": "api_response", "action": "Show it."},
    })
}
