//! The HTTP API, and facilitators that are asked over it.

use crate::house::{Shop, domain, quick, shop};
use async_trait::async_trait;
use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use farebox_facilitator::api::{Discovery, DiscoveryError, DiscoveryQuery, routes};
use farebox_facilitator::{
    Embedded, Facilitator, FacilitatorError, FacilitatorList, Remote, RemoteOptions,
};
use farebox_wire::x402::{DiscoveryPage, ExactEvmPayload, FacilitatorRequest, Pagination};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

struct Rows;

#[async_trait]
impl Discovery for Rows {
    async fn resources(&self, query: &DiscoveryQuery) -> Result<DiscoveryPage, DiscoveryError> {
        let pagination =
            Pagination { limit: query.limit, offset: Some(query.offset), ..Pagination::default() };
        let Some(words) = &query.words else {
            let pagination = Some(pagination);
            return Ok(DiscoveryPage { x402_version: 2, pagination, ..DiscoveryPage::default() });
        };
        // Three rows are found, and named by what was asked for.
        let rows = (query.offset..3).take(usize::try_from(query.limit).unwrap());
        let items = rows.map(|row| {
            let resource = format!("https://seller.example/{words}/{row}");
            serde_json::from_value(json!({ "resource": resource, "type": "http" })).unwrap()
        });
        let pagination = Some(Pagination { total: Some(3), ..pagination });
        Ok(DiscoveryPage { x402_version: 2, items: items.collect(), pagination })
    }
}

async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

/// The engine of a shop over HTTP.
async fn served(shop: &Shop) -> String {
    let embedded = Arc::new(Embedded::new([shop.house.engine.clone()]));
    serve(routes(embedded, Arc::new(Rows), 64).into()).await
}

/// A new payment of one unit, as sellers send it.
fn body(shop: &Shop, version: u64) -> Value {
    let payment = shop.pay();
    let (authorization, signature) = (payment.authorization, payment.signature);
    let payload = ExactEvmPayload { authorization, signature }.to_object();
    let pay_to = shop.pay_to.to_checksum(None);
    let asset = domain().id.address.to_checksum(None);
    let extra = json!({ "name": "USDC", "version": "2" });
    if version == 1 {
        return json!({
            "x402Version": 1,
            "paymentPayload": {
                "x402Version": 1, "scheme": "exact", "network": "base-sepolia", "payload": payload,
            },
            "paymentRequirements": {
                "scheme": "exact", "network": "base-sepolia", "maxAmountRequired": "1",
                "resource": "https://seller.example/weather", "description": "", "mimeType": "",
                "payTo": pay_to, "maxTimeoutSeconds": 60, "asset": asset, "extra": extra,
            },
        });
    }
    let requirements = json!({
        "scheme": "exact", "network": "eip155:84532", "amount": "1", "payTo": pay_to,
        "maxTimeoutSeconds": 60, "asset": asset, "extra": extra,
    });
    json!({
        "x402Version": 2,
        "paymentPayload": { "x402Version": 2, "accepted": requirements, "payload": payload },
        "paymentRequirements": requirements,
    })
}

fn request(body: &Value) -> FacilitatorRequest {
    FacilitatorRequest::parse(body.to_string().as_bytes()).unwrap()
}

async fn ask(url: String, body: &str) -> (u16, Value) {
    farebox_net::prepare_tls();
    let request = reqwest::Client::new().post(url).body(body.to_owned());
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
}

#[tokio::test]
async fn payments_of_both_versions_are_verified_and_settled() {
    let shop = shop(quick).await;
    let url = served(&shop).await;
    for (version, network) in [(1, "base-sepolia"), (2, "eip155:84532")] {
        let body = body(&shop, version).to_string();
        let (status, answer) = ask(format!("{url}/verify"), &body).await;
        let payer = shop.payer.address().to_checksum(None);
        assert_eq!((status, answer), (200, json!({ "isValid": true, "payer": payer })));
        let (status, settled) = ask(format!("{url}/settle"), &body).await;
        assert_eq!((status, &settled["success"]), (200, &json!(true)), "{settled}");
        assert_eq!(settled["network"], network);
        assert_eq!(settled["transaction"].as_str().unwrap().len(), 66);
        let (status, again) = ask(format!("{url}/settle"), &body).await;
        assert_eq!((status, &again["success"]), (200, &json!(false)), "one request delivers");
        assert_eq!(again["errorReason"], "duplicate_settlement");
        assert_eq!(again["transaction"], settled["transaction"]);
        let (_, again) = ask(format!("{url}/verify"), &body).await;
        assert_eq!(again["invalidReason"], "invalid_exact_evm_nonce_already_used");
    }
    assert_eq!(shop.paid(), 2);
}

#[tokio::test]
async fn a_pending_settlement_names_its_transaction() {
    let shop = shop(quick).await;
    let url = served(&shop).await;
    let body = body(&shop, 2).to_string();
    shop.node.faults().hides_receipts = true;
    let (status, pending) = ask(format!("{url}/settle"), &body).await;
    assert_eq!(status, 200);
    assert_eq!(pending["success"], false);
    assert_eq!(pending["errorReason"], "settlement_pending");
    assert_eq!(pending["transaction"].as_str().unwrap().len(), 66);
    shop.node.faults().hides_receipts = false;
    let settled = loop {
        let (_, answer) = ask(format!("{url}/settle"), &body).await;
        if answer["errorReason"] != "settlement_pending" {
            break answer;
        }
    };
    assert_eq!(settled["success"], true, "who was told of nothing is told of the outcome");
    assert_eq!(settled["transaction"], pending["transaction"]);
}

#[tokio::test]
async fn what_is_no_request_is_400_and_what_is_too_long_413() {
    let shop = shop(quick).await;
    let url = served(&shop).await;
    for text in ["", "{", "[]", "{}", r#"{"x402Version":3}"#] {
        assert_eq!(ask(format!("{url}/verify"), text).await.0, 400, "{text}");
        assert_eq!(ask(format!("{url}/settle"), text).await.0, 400, "{text}");
    }
    let long = "x".repeat(100_000);
    assert_eq!(ask(format!("{url}/settle"), &long).await.0, 413);
}

#[tokio::test]
async fn without_a_node_it_is_503_and_nothing_is_taken() {
    let shop = shop(quick).await;
    let url = served(&shop).await;
    let body = body(&shop, 2);
    drop(shop.node);
    let (status, answer) = ask(format!("{url}/settle"), &body.to_string()).await;
    assert_eq!((status, &answer["success"]), (503, &json!(false)));
}

#[tokio::test]
async fn what_is_supported_and_found_is_listed() {
    let shop = shop(quick).await;
    let url = served(&shop).await;
    let remote = Remote::new(RemoteOptions::new(url.parse().unwrap())).unwrap();
    let supported = remote.supported().await.unwrap();
    let kinds: Vec<_> = supported.kinds.iter().map(|kind| kind.network.as_str()).collect();
    assert_eq!(kinds, ["eip155:84532", "base-sepolia"]);
    assert_eq!(supported.signers["eip155:*"].len(), 1);
    let list = format!("{url}/discovery/resources");
    let page = reqwest::get(format!("{list}?limit=5000&offset=3")).await.unwrap();
    let page: Value = serde_json::from_slice(&page.bytes().await.unwrap()).unwrap();
    assert_eq!(page["pagination"], json!({ "limit": 1000, "offset": 3 }));
    assert_eq!(reqwest::get(format!("{list}?limit=many")).await.unwrap().status(), 400);
}

#[tokio::test]
async fn a_search_is_read_on_by_its_cursor() {
    let shop = shop(quick).await;
    let search = format!("{}/discovery/search", served(&shop).await);
    let ask = async |query: &str| {
        let answer = reqwest::get(format!("{search}?{query}")).await.unwrap();
        let status = answer.status().as_u16();
        let body: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        (status, body)
    };
    let (status, first) = ask("query=rain&limit=2").await;
    assert_eq!((status, &first["x402Version"]), (200, &json!(2)));
    assert_eq!(first["resources"][1]["resource"], "https://seller.example/rain/1");
    assert_eq!(first["partialResults"], true);
    assert_eq!(first["pagination"], json!({ "limit": 2, "cursor": "2" }));
    let (_, last) = ask("query=rain&limit=2&cursor=2").await;
    assert_eq!(last["resources"].as_array().unwrap().len(), 1);
    assert_eq!(last["pagination"], json!({ "limit": 2, "cursor": null }));
    let long = format!("query={}", "x".repeat(201));
    for wrong in ["", "query=x&cursor=-1", "query=x&cursor=many", "query=x&limit=many", &long] {
        assert_eq!(ask(wrong).await.0, 400, "{wrong}");
    }
}

/// A facilitator that answers as told, and counts.
struct Stub {
    url: String,
    settles: Arc<AtomicUsize>,
    answer: Arc<Mutex<(u16, Value)>>,
}

impl Stub {
    async fn start(status: u16, answer: Value) -> Self {
        let settles = Arc::new(AtomicUsize::new(0));
        let answer = Arc::new(Mutex::new((status, answer)));
        let (count, told) = (Arc::clone(&settles), Arc::clone(&answer));
        let settle = move || {
            count.fetch_add(1, Ordering::SeqCst);
            let (status, body) = told.lock().unwrap().clone();
            async move {
                if status == 0 {
                    tokio::time::sleep(Duration::from_secs(60)).await;
                }
                (StatusCode::from_u16(status).unwrap(), body.to_string()).into_response()
            }
        };
        let kinds = json!({ "kinds": [
            { "x402Version": 2, "scheme": "exact", "network": "eip155:84532" },
        ]});
        let router = Router::new()
            .route("/x402/settle", post(settle.clone()))
            .route("/x402/verify", post(settle))
            .route("/x402/supported", get(move || async move { kinds.to_string() }));
        Self { url: format!("{}/x402", serve(router).await), settles, answer }
    }

    fn remote(&self) -> Arc<dyn Facilitator> {
        remote(&self.url)
    }

    fn asked(&self) -> usize {
        self.settles.load(Ordering::SeqCst)
    }
}

fn remote(url: &str) -> Arc<dyn Facilitator> {
    let mut options = RemoteOptions::new(url.parse().unwrap());
    options.settle_timeout = Duration::from_millis(200);
    Arc::new(Remote::new(options).unwrap())
}

fn list(shop: &Shop, members: Vec<Arc<dyn Facilitator>>) -> FacilitatorList {
    let store = shop.store();
    let names = (0..).map(|place: u32| format!("member {place}"));
    FacilitatorList::new(names.zip(members), store).asking_again_after(Duration::from_millis(10))
}

fn settled() -> Value {
    json!({ "success": true, "transaction": "0x01", "network": "eip155:84532", "payer": null })
}

#[tokio::test]
async fn a_settlement_goes_on_only_when_nothing_can_have_been_done() {
    let shop = shop(quick).await;
    let good = Stub::start(200, settled()).await;
    let unsupported = json!({ "success": false, "errorReason": "unsupported_scheme" });
    let refusing = [(200, unsupported), (401, Value::Null), (429, Value::Null), (404, Value::Null)];
    for (status, answer) in refusing {
        let first = Stub::start(status, answer).await;
        let list = list(&shop, vec![first.remote(), good.remote()]);
        let answer = list.settle(&request(&body(&shop, 2))).await.unwrap();
        assert!(answer.success, "{status}");
    }
    let nobody = remote("http://127.0.0.1:1/");
    let list = list(&shop, vec![nobody, good.remote()]);
    assert!(list.settle(&request(&body(&shop, 2))).await.unwrap().success);
    assert_eq!(good.asked(), 5);
}

#[tokio::test]
async fn a_settlement_that_may_have_been_done_stays_where_it_is() {
    let shop = shop(quick).await;
    let good = Stub::start(200, settled()).await;
    let pending = json!({ "success": false, "errorReason": "settlement_pending" });
    for (status, answer) in [
        (500, Value::Null),
        (502, Value::Null),
        (200, Value::Null),
        (0, Value::Null),
        (200, pending),
    ] {
        let first = Stub::start(status, answer).await;
        let members = vec![first.remote(), good.remote()];
        let request = request(&body(&shop, 2));
        let unsure = list(&shop, members.clone()).settle(&request).await;
        let is_unsure = match &unsure {
            Err(FacilitatorError::Unknown(_)) => true,
            Ok(answer) => answer.error_reason.as_deref() == Some("settlement_pending"),
            Err(FacilitatorError::Unavailable(_)) => false,
        };
        assert!(is_unsure, "{status}: {unsure:?}");
        assert_eq!((first.asked(), good.asked()), (2, 0), "asked again, with the same one");
        // Another process, and the first facilitator is well again.
        *first.answer.lock().unwrap() = (200, settled());
        let list = list(&shop, members);
        assert!(list.settle(&request).await.unwrap().success);
        assert_eq!((first.asked(), good.asked()), (3, 0));
        // It is gone: that is no reason to ask another one.
        *first.answer.lock().unwrap() = (404, Value::Null);
        assert!(matches!(list.settle(&request).await, Err(FacilitatorError::Unknown(_))));
        assert_eq!(good.asked(), 0);
    }
}

#[tokio::test]
async fn a_question_goes_to_whoever_answers() {
    let shop = shop(quick).await;
    let broken = Stub::start(500, Value::Null).await;
    let good = Stub::start(200, json!({ "isValid": true })).await;
    let list = list(&shop, vec![broken.remote(), good.remote()]);
    let request = request(&body(&shop, 2));
    for _ in 0..5 {
        assert!(list.verify(&request).await.unwrap().is_valid);
    }
    assert_eq!((broken.asked(), good.asked()), (3, 5), "the broken one is left alone");
    assert_eq!(list.resting(), ["member 0"]);
}

#[tokio::test]
async fn an_engine_here_and_a_facilitator_elsewhere_are_one_list() {
    let shop = shop(quick).await;
    let embedded: Arc<dyn Facilitator> = Arc::new(Embedded::new([shop.house.engine.clone()]));
    let list = list(&shop, vec![remote("http://127.0.0.1:1/"), embedded]);
    let request = request(&body(&shop, 2));
    assert!(list.settle(&request).await.unwrap().success);
    assert_eq!(shop.paid(), 1);
}
