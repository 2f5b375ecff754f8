//! Submissions that are paid on a chain, through the whole program: money is taken for what is then
//! listed, and for nothing else.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use common::Demo;
use farebox_net::{ClientOptions, http_client};
use farebox_wire::evm::{B256, EvmKey};
use farebox_wire::x402::{PAYMENT_REQUIRED, PaymentRequired, SignInputs, pay_v2};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::time::Duration;

const URL: &str = "https://weather.example.com/now";

/// How a payment is settled.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum AtSettle {
    Honest,
    Refuse,
    Lost,
}

/// A facilitator that takes every payment for good, and waits with settling while it is held.
#[derive(Default)]
struct Chain {
    how: AtomicU8,
    is_held: AtomicBool,
    arrived: AtomicUsize,
    settled: AtomicUsize,
}

impl Chain {
    fn settles(&self, how: AtSettle) {
        self.how.store(how as u8, Ordering::SeqCst);
    }

    fn settled(&self) -> usize {
        self.settled.load(Ordering::SeqCst)
    }
}

async fn settle(State(chain): State<Arc<Chain>>) -> Json<Value> {
    chain.arrived.fetch_add(1, Ordering::SeqCst);
    while chain.is_held.load(Ordering::SeqCst) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let how = chain.how.load(Ordering::SeqCst);
    if how == AtSettle::Refuse as u8 {
        return Json(json!({ "success": false, "errorReason": "insufficient_funds",
            "transaction": "", "network": "eip155:84532" }));
    }
    if how == AtSettle::Lost as u8 {
        return Json(json!({ "what": "happened" }));
    }
    let number = chain.settled.fetch_add(1, Ordering::SeqCst) + 1;
    Json(json!({ "success": true, "transaction": format!("0x{number:064x}"),
        "network": "eip155:84532" }))
}

/// A demo that is paid on a chain too.
struct Market {
    demo: Demo,
    chain: Arc<Chain>,
    http: reqwest::Client,
    folder: tempfile::TempDir,
}

impl Market {
    async fn open() -> Self {
        let chain = Arc::<Chain>::default();
        let kinds = json!({ "kinds": [
            { "x402Version": 2, "scheme": "exact", "network": "eip155:84532" },
        ]});
        let app = Router::new()
            .route("/supported", get(move || async move { Json(kinds) }))
            .route("/verify", post(|| async { Json(json!({ "isValid": true })) }))
            .route("/settle", post(settle))
            .with_state(Arc::clone(&chain));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let facilitator = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });

        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("farebox.toml");
        let pay_to = "0x7777777777777777777777777777777777777777";
        let text = format!(
            "[[seller.evm]]\nnetwork = \"eip155:84532\"\npay_to = \"{pay_to}\"\n\
             facilitators = [\"{facilitator}\"]\n"
        );
        std::fs::write(&config, text).unwrap();
        let data = folder.path().join("data");
        let demo = Demo::start_with(&data, &["--config", config.to_str().unwrap()]);
        let options = ClientOptions {
            user_agent: "farebox-test".to_owned(),
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(60),
            insecure_tls: false,
            certificate: None,
            system_proxy: false,
        };
        Self { demo, chain, http: http_client(&options).unwrap(), folder }
    }

    async fn submit(&self, document: &Value, payment: Option<&str>) -> Answer {
        let mut request = self.http.post(format!("{}/api/submit", self.demo.url));
        if let Some(payment) = payment {
            request = request.header("payment-signature", payment);
        }
        let request = request.header("content-type", "application/json");
        let response = request.body(document.to_string()).send().await.unwrap();
        let header = |name: &str| {
            let value = response.headers().get(name);
            value.map(|value| value.to_str().unwrap().to_owned())
        };
        let (asked, state) = (header(PAYMENT_REQUIRED), header("x-payment-state"));
        let status = response.status().as_u16();
        let body = serde_json::from_str(&response.text().await.unwrap()).unwrap_or_default();
        Answer { status, asked, state, body }
    }

    /// A payment for a submission by the buyer of this number.
    async fn sign(&self, document: &Value, buyer: u8) -> String {
        let asked = self.submit(document, None).await;
        assert_eq!(asked.status, 402, "{}", asked.body);
        let required = PaymentRequired::parse_header(&asked.asked.unwrap()).unwrap();
        let now_s = u64::try_from(jiff::Timestamp::now().as_second()).unwrap();
        let key = EvmKey::new([buyer; 32]).unwrap();
        let inputs = SignInputs { key: &key, nonce: B256::repeat_byte(buyer), now_s };
        let payment = pay_v2(&required, &required.accepts[0], &inputs).unwrap();
        payment.to_header().1
    }

    /// How many services list the URL.
    async fn listed(&self) -> usize {
        let url = format!("{}/api/v1/services?q={URL}&limit=200", self.demo.url);
        let text = self.http.get(url).send().await.unwrap().text().await.unwrap();
        let found: Value = serde_json::from_str(&text).unwrap();
        let rows = found["services"].as_array().unwrap();
        rows.iter().filter(|row| row["url"] == URL).count()
    }

    async fn wait_until(&self, is_so: impl Fn(&Chain) -> bool) {
        let begun = std::time::Instant::now();
        while !is_so(&self.chain) {
            assert!(begun.elapsed() < Duration::from_secs(30), "nobody came to settle");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

struct Answer {
    status: u16,
    asked: Option<String>,
    state: Option<String>,
    body: Value,
}

impl Answer {
    fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }
}

fn document(name: &str) -> Value {
    json!({
        "name": name,
        "description": "The weather of any city.",
        "endpoints": [{ "url": URL, "pricing": { "amount": 10, "currency": "sats" } }],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_paid_before_it_is_listed() {
    let market = Market::open().await;
    let weather = document("Weather");
    let payment = market.sign(&weather, 1).await;
    for how in [AtSettle::Refuse, AtSettle::Lost] {
        market.chain.settles(how);
        let answer = market.submit(&weather, Some(&payment)).await;
        let expected = if how == AtSettle::Refuse { 402 } else { 503 };
        assert_eq!(answer.status, expected, "{}", answer.body);
        assert_eq!(market.listed().await, 0, "nothing is listed that is not paid for");
    }
    market.chain.settles(AtSettle::Honest);
    market.chain.is_held.store(true, Ordering::SeqCst);
    let (listing, looking) = tokio::join!(market.submit(&weather, Some(&payment)), async {
        market.wait_until(|chain| chain.arrived.load(Ordering::SeqCst) == 3).await;
        let listed = market.listed().await;
        market.chain.is_held.store(false, Ordering::SeqCst);
        listed
    });
    assert_eq!((looking, listing.status), (0, 201), "{}", listing.body);
    let again = market.submit(&weather, Some(&payment)).await;
    assert_eq!((again.status, &again.body), (201, &listing.body));
    assert_eq!((market.listed().await, market.chain.settled()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_loses_the_race_for_a_url_pays_nothing() {
    let market = Market::open().await;
    let (first, second) = (document("First"), document("Second"));
    let payments = (market.sign(&first, 1).await, market.sign(&second, 2).await);
    market.chain.is_held.store(true, Ordering::SeqCst);
    let (won, lost) = tokio::join!(market.submit(&first, Some(&payments.0)), async {
        market.wait_until(|chain| chain.arrived.load(Ordering::SeqCst) == 1).await;
        let lost = market.submit(&second, Some(&payments.1)).await;
        // Whoever has not paid yet is not asked to.
        let unpaid = market.submit(&second, None).await;
        assert_eq!((unpaid.status, unpaid.code()), (409, "already_listed"));
        // Who registers the URL for nothing in the meantime does not take it away either.
        let row = json!({ "url": URL, "method": "GET", "name": "Third", "protocol": "L402" });
        let secret = market.folder.path().join("data/demo/admin.secret");
        let secret = std::fs::read_to_string(secret).unwrap();
        let import = format!("{}/admin/api/import?format=jsonl&source=x", market.demo.url);
        let import = market.http.post(import).bearer_auth(secret.trim()).body(row.to_string());
        assert_eq!(import.send().await.unwrap().status(), 200);
        market.chain.is_held.store(false, Ordering::SeqCst);
        lost
    });
    assert_eq!((lost.status, lost.code()), (409, "already_listed"), "{}", lost.body);
    assert!(lost.state.unwrap().starts_with("not charged"));
    assert_eq!(won.status, 201, "{}", won.body);
    assert_eq!((market.chain.settled(), market.listed().await), (1, 1));
    let service = won.body["service_id"].as_str().unwrap();
    let url = format!("{}/api/services/{service}", market.demo.url);
    let shown = market.http.get(url).send().await.unwrap().text().await.unwrap();
    assert!(shown.contains("First") && shown.contains(URL), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_does_not_come_frees_the_url() {
    let market = Market::open().await;
    let (first, second) = (document("First"), document("Second"));
    let payments = (market.sign(&first, 1).await, market.sign(&second, 2).await);
    market.chain.settles(AtSettle::Refuse);
    assert_eq!(market.submit(&first, Some(&payments.0)).await.status, 402);
    market.chain.settles(AtSettle::Honest);
    assert_eq!(market.submit(&second, Some(&payments.1)).await.status, 201);
    // Of a payment whose fate is not known the URL stays, until it is.
    let late = market.submit(&first, Some(&payments.0)).await;
    assert_eq!((late.status, late.code()), (409, "already_listed"));
    assert_eq!(market.chain.settled(), 1);
}
