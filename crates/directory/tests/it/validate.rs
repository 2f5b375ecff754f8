//! What an endpoint's 402 says and what clients make of it, with endpoints on this machine.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use farebox_directory::validate::{BodySource, ValidateRequest, Validator, routes, validate};
use farebox_directory::{Clock, Protocol};
use farebox_net::{AddressPolicy, GuardOptions, GuardedClient, Resolve, ResolveError};
use http_body_util::BodyExt;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tower::ServiceExt;

/// BOLT 11, "Please send $3 for a cup of coffee to the same peer, within one minute".
const COFFEE: &str = "lnbc2500u1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5xysxxatsyp3k7enxv4jsxqzpu9qrsgquk0rl77nj30yxdy8j9vdx85fkpmdla2087ne0xh8nhedh8w27kyke0lp53ut353s06fv3qfegext0eh0ymjpf39tuven09sam30g4vgpfna3rh";
/// Within that minute.
const NOW_S: i64 = 1_496_314_660;
const HASH: &str = "0001020304050607080900010203040506070809000102030405060708090102";

pub(super) fn now() -> Timestamp {
    Timestamp::from_second(NOW_S).unwrap()
}

fn l402() -> String {
    use farebox_wire::l402::{Identifier, challenge_header};
    use farebox_wire::macaroon::Macaroon;
    let identifier = Identifier { payment_hash: HASH.parse().unwrap(), token_id: [2; 32] };
    let token = Macaroon::issue(b"key", None, identifier.encode()).encode_v2();
    challenge_header(&STANDARD.encode(token), COFFEE)
}

fn x402(amount: &str) -> String {
    let accepts = json!([{
        "scheme": "exact", "network": "eip155:8453", "amount": amount,
        "asset": "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913",
        "payTo": "0x209693Bc6afc0C5328bA36FaF03C514EF312287C", "maxTimeoutSeconds": 60,
        "extra": { "name": "USD Coin", "version": "2" },
    }]);
    STANDARD.encode(json!({ "x402Version": 2, "accepts": accepts }).to_string())
}

pub(super) fn paid() -> Response {
    let headers = [("www-authenticate", l402()), ("cache-control", "no-store".to_owned())];
    (StatusCode::PAYMENT_REQUIRED, headers, "{}").into_response()
}

/// A request as the endpoint got it.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Option<String>,
    pub(super) body: String,
}

/// An endpoint, known as `api.example.com`.
pub(super) struct Endpoint {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Endpoint {
    pub(super) async fn start(
        answer: impl Fn(&Seen) -> Response + Clone + Send + Sync + 'static,
    ) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let noted = Arc::clone(&seen);
        let handler = move |method: Method, uri: Uri, body: Bytes| async move {
            let body = String::from_utf8(body.to_vec()).unwrap();
            let (path, query) = (uri.path().to_owned(), uri.query().map(str::to_owned));
            let one = Seen { method, path, query, body };
            let response = answer(&one);
            noted.lock().unwrap().push(one);
            response
        };
        let router = Router::new().fallback(handler);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, seen }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://api.example.com:{}{path}", self.address.port())
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

/// Every name leads to this machine.
struct Here;

#[async_trait::async_trait]
impl Resolve for Here {
    async fn addresses(&self, _: &str) -> Result<Vec<IpAddr>, ResolveError> {
        Ok(vec![IpAddr::from([127, 0, 0, 1])])
    }

    async fn txt(&self, _: &str) -> Result<Vec<String>, ResolveError> {
        Ok(Vec::new())
    }
}

fn client(addresses: AddressPolicy) -> GuardedClient {
    let options = GuardOptions {
        user_agent: "farebox-test".to_owned(),
        connect_timeout: Duration::from_secs(5),
        total_timeout: Duration::from_secs(20),
        addresses,
        resolver: Arc::new(Here),
        certificate: None,
    };
    GuardedClient::new(options).unwrap()
}

pub(super) fn open() -> GuardedClient {
    client(AddressPolicy::and_networks(["127.0.0.0/8".parse().unwrap()]))
}

fn service(client: GuardedClient) -> Router {
    routes(Validator::new(client, Clock::new(now))).into()
}

async fn post(service: Router, body: &Value) -> (StatusCode, HeaderMap, Value) {
    let request = Request::post("/api/v1/validate").header("content-type", "application/json");
    let request = request.body(Body::from(body.to_string())).unwrap();
    let (parts, body) = service.oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (parts.status, parts.headers, serde_json::from_slice(&body).unwrap())
}

async fn found(body: &Value) -> Value {
    let (status, headers, found) = post(service(open()), body).await;
    assert_eq!(status, StatusCode::OK, "{found}");
    assert_eq!(headers["cache-control"], "no-store");
    found
}

fn client_of<'a>(found: &'a Value, name: &str) -> &'a Value {
    let mut clients = found["clients"].as_array().unwrap().iter();
    clients.find(|client| client["client"] == name).unwrap()
}

#[tokio::test]
async fn prices_faults_and_clients_are_told() {
    let endpoint = Endpoint::start(|_| {
        let headers = [("www-authenticate", l402()), ("payment-required", x402("0.01"))];
        let body = format!("pay\u{202e} \u{1b}[31m<b>{}</b>", "long ".repeat(2_000));
        (StatusCode::PAYMENT_REQUIRED, headers, body).into_response()
    })
    .await;
    let found = found(&json!({ "url": endpoint.url("/paid") })).await;
    assert_eq!((&found["verdict"], &found["payable"]), (&json!("payable"), &json!(true)));
    assert_eq!(found["httpStatus"], 402);
    assert_eq!(found["detectedProtocols"], json!(["L402", "x402"]));
    let headers = found["headersPresent"].as_array().unwrap();
    assert!(
        headers.contains(&json!("www-authenticate"))
            && headers.contains(&json!("payment-required"))
    );
    let snippet = found["bodySnippet"].as_str().unwrap();
    assert!(snippet.starts_with("pay [31m<b>long long") && snippet.chars().count() <= 500);

    let [l402, x402] = found["rails"].as_array().unwrap().as_slice() else { panic!("{found}") };
    assert_eq!(l402["price"], "250000 sats");
    assert_eq!(l402["offers"][0]["price_msat"], 250_000_000);
    assert_eq!((&l402["payable"], &x402["payable"]), (&json!(true), &json!(false)));
    let faults = x402["faults"].as_array().unwrap();
    let fault = faults.iter().find(|fault| fault["code"] == "amount_not_atomic").unwrap();
    assert_eq!((&fault["field"], &fault["offer"]), (&json!("amount"), &json!(0)));
    assert!(fault["fix"].as_str().unwrap().contains("smallest units"));
    let cache = &found["faults"][0];
    assert_eq!(cache["code"], "cache_control_missing");

    assert_eq!(client_of(&found, "lnget")["can_pay"], true);
    assert_eq!(client_of(&found, "x402_v2")["reason"]["code"], "amount_not_atomic");
    assert_eq!(client_of(&found, "x402_v1")["reason"]["code"], "v1_body_missing");
    assert_eq!(client_of(&found, "mppx")["reason"]["code"], "rail_not_offered");
    assert!(endpoint.seen().iter().all(|seen| seen.method == Method::GET && seen.body.is_empty()));
}

#[tokio::test]
async fn private_places_are_refused_and_not_asked() {
    let endpoint = Endpoint::start(|_| paid()).await;
    let port = endpoint.address.port();
    for (url, code) in [
        (endpoint.url("/paid"), "address_refused"),
        (format!("http://127.0.0.1:{port}/"), "address_refused"),
        (format!("http://0x7f000001:{port}/"), "address_refused"),
        (format!("http://[::ffff:127.0.0.1]:{port}/"), "address_refused"),
        (format!("http://localhost:{port}/"), "host_refused"),
        ("http://169.254.169.254/latest/meta-data/".to_owned(), "address_refused"),
        ("http://api.example.com:22/".to_owned(), "port_refused"),
    ] {
        let guarded = client(AddressPolicy::public_only());
        let (status, _, body) = post(service(guarded), &json!({ "url": url })).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{url}: {body}");
        assert_eq!(body["error"]["code"], code, "{url}");
        assert_eq!(body["error"]["parameters"], json!(["url"]));
    }
    assert!(endpoint.seen().is_empty());
}

#[tokio::test]
async fn a_redirect_to_another_host_is_told_and_not_followed() {
    let private = Endpoint::start(|_| paid()).await;
    let target = format!("http://other.example.com:{}/secret", private.address.port());
    let to = target.clone();
    let endpoint =
        Endpoint::start(move |_| (StatusCode::FOUND, [("location", to.clone())]).into_response())
            .await;
    let found = found(&json!({ "url": endpoint.url("/") })).await;
    assert_eq!(found["verdict"], "redirect_elsewhere");
    assert_eq!(found["redirect"], json!(target));
    assert!(private.seen().is_empty());
}

#[tokio::test]
async fn an_endpoint_that_does_not_answer_is_a_result() {
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let found = found(&json!({ "url": format!("http://api.example.com:{port}/") })).await;
    assert_eq!((&found["verdict"], &found["payable"]), (&json!("connect_failed"), &json!(false)));
    assert_eq!((&found["httpStatus"], &found["detectedProtocols"]), (&Value::Null, &json!([])));
    assert!(!found["fix"].as_str().unwrap().is_empty());
    assert_eq!(found["clients"], json!([]));
}

#[tokio::test]
async fn fields_that_cannot_be_used_are_named() {
    for (body, field) in [
        (json!({}), "url"),
        (json!({ "url": "ftp://a.example/" }), "url"),
        (json!({ "url": "https://a.example/", "http_method": "BREW" }), "http_method"),
        (json!({ "url": "https://a.example/", "probe_body": "{" }), "probe_body"),
        (json!({ "url": "https://a.example/", "protocol": "cash" }), "protocol"),
    ] {
        let (status, _, answer) = post(service(open()), &body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer["error"]["parameters"], json!([field]), "{body}");
    }
}

/// Speaks of payment only to whoever asks something, and says what that is.
async fn asking(document: Value) -> Endpoint {
    Endpoint::start(move |seen| {
        if seen.path == "/.well-known/l402-services" {
            return document.to_string().into_response();
        }
        let body: Value = serde_json::from_str(&seen.body).unwrap_or_default();
        match body["prompt"].is_string() && seen.method == Method::POST {
            true => paid(),
            false => (StatusCode::UNPROCESSABLE_ENTITY, "prompt is missing").into_response(),
        }
    })
    .await
}

fn document() -> Value {
    let schema = json!({ "type": "object", "required": ["prompt"],
        "properties": { "prompt": { "type": "string" }, "more": { "type": "number" } } });
    json!({ "version": "1", "services": [{ "endpoint": "/ask", "method": "POST", "request_schema": schema }] })
}

#[tokio::test]
async fn the_body_that_an_endpoint_wants_is_made_from_what_its_host_says() {
    let endpoint = asking(document()).await;
    let found = found(&json!({ "url": endpoint.url("/ask") })).await;
    assert_eq!(found["verdict"], "payable", "{found}");
    assert_eq!(found["probe_body"], r#"{"prompt":"test"}"#);
    assert_eq!(
        (&found["probe_body_source"], &found["http_method"]),
        (&json!("well_known"), &json!("POST"))
    );
    let statuses: Vec<_> =
        found["attempts"].as_array().unwrap().iter().map(|own| &own["status"]).collect();
    assert_eq!(statuses, [422, 402]);
}

#[tokio::test]
async fn nothing_is_made_up_where_a_body_is_given_or_none_is_described() {
    let endpoint = asking(document()).await;
    let given =
        json!({ "url": endpoint.url("/ask"), "http_method": "POST", "probe_body": { "q": 1 } });
    let found_given = found(&given).await;
    assert_eq!(found_given["verdict"], "needs_input");
    assert_eq!(found_given["probe_body_source"], "request");
    assert!(endpoint.seen().iter().all(|seen| seen.path == "/ask"));
    for document in [json!({}), json!("x"), json!({ "endpoint": "/other", "request_schema": {} })] {
        let endpoint = asking(document).await;
        let found = found(&json!({ "url": endpoint.url("/ask") })).await;
        assert_eq!(found["verdict"], "needs_input");
        assert_eq!(found["probe_body"], Value::Null);
    }
}

#[tokio::test]
async fn a_registration_gets_the_same_answer() {
    let endpoint = Endpoint::start(|_| paid()).await;
    let request = ValidateRequest {
        protocol: Some(Protocol::X402),
        method: Some(Method::POST),
        probe_body: Some("{}".to_owned()),
        ..ValidateRequest::new(endpoint.url("/paid"))
    };
    let found = validate(&open(), request, now()).await.unwrap();
    assert!(found.is_payable() && found.is_payable_by(Protocol::L402));
    assert!(!found.is_payable_by(Protocol::X402));
    assert_eq!(found.suggested_protocol(), Some(Protocol::L402));
    assert_eq!(found.probe_body, Some(("{}".to_owned(), BodySource::Request)));
    let offers = found.offers();
    assert_eq!((offers[0].0, offers[0].1[0].price_msat), (Protocol::L402, Some(250_000_000)));
    let diagnostic = serde_json::to_value(found.diagnostic()).unwrap();
    assert_eq!(diagnostic["httpStatus"], 402);
    assert_eq!(diagnostic["detectedProtocols"], json!(["L402"]));
    assert_eq!(diagnostic["bodySnippet"], "{}");
    assert_eq!(endpoint.seen()[0].method, Method::POST);
}

#[tokio::test]
async fn no_more_endpoints_are_looked_at_at_once_than_the_limit() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://api.example.com:{}/", listener.local_addr().unwrap().port());
    let service = service(open());
    let waiting: Vec<_> = (0..32)
        .map(|_| {
            let (service, body) = (service.clone(), json!({ "url": url }));
            tokio::spawn(async move { post(service, &body).await })
        })
        .collect();
    let mut open = Vec::new();
    for _ in 0..32 {
        open.push(listener.accept().await.unwrap());
    }
    let (status, headers, body) = post(service.clone(), &json!({ "url": url })).await;
    assert_eq!((status, &body["error"]["code"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("busy")));
    assert_eq!(headers["retry-after"], "5");
    waiting.iter().for_each(tokio::task::JoinHandle::abort);
}
