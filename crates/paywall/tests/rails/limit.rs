//! The limit on requests, and the payment that lifts it, on every rail.

use crate::shop::{Answer, request};
use crate::support::stall::{challenge_of, from_address, paid, sign_mpp, x402_of};
use crate::support::{AtSettle, AtVerify, Stall};
use axum::Router;
use axum::body::Body;
use axum::routing::get;
use farebox_limits::{Clock, Limits, Policy, RATE_LIMIT, RATE_LIMIT_POLICY, Rules};
use farebox_money::Sats;
use farebox_paywall::{PaidRoute, RateLimit};
use farebox_wire::l402::{Credential, Grant};
use farebox_wire::mpp::methods::evm_authorization::NonceForm;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tower::ServiceExt;

const FREE: u32 = 5;
const PAID: u32 = 40;
const WAYS: [&str; 5] = ["l402", "mpp lightning", "mpp evm", "x402 v2", "x402 v1"];

/// A free API with a limit, beside a paid route, of the same server.
struct Api {
    stall: Stall,
    router: Router,
    limits_ms: Arc<AtomicU64>,
}

fn rules() -> Rules {
    Rules {
        free: Policy::per_minute("free", FREE),
        paid: Policy::per_minute("paid", PAID),
        token: Policy::per_minute("token", PAID),
        credentials: Policy::per_minute("credentials", 3),
        ..Rules::default()
    }
}

fn is_exempt(path: &str) -> bool {
    path == "/page"
}

impl Api {
    async fn open() -> Self {
        let stall = Stall::open().await;
        let limits_ms = Arc::new(AtomicU64::new(1_800_000_000_000));
        let time = Arc::clone(&limits_ms);
        let clock: Clock = Arc::new(move || time.load(Ordering::SeqCst));
        let limits = Limits::at(stall.store.clone(), rules(), clock);
        let limit = RateLimit::new(limits, is_exempt);
        let limit = limit.selling(stall.paywall.clone(), Sats::new(100), 600);
        let answer = || async { "answer" };
        let cheap = PaidRoute::time_bounded("cheap", Sats::new(1), 600, "A cheap route");
        let cheap = get(answer).route_layer(stall.paywall.charge(cheap));
        let router = Router::new()
            .route("/list", get(answer).post(answer).options(answer))
            .route("/list/{id}", get(answer))
            .route("/page", get(answer))
            .layer(limit)
            .route("/cheap", cheap);
        Self { stall, router, limits_ms }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    async fn get(&self, uri: &str) -> Answer {
        self.send(request("GET", uri, None, "")).await
    }

    /// The answer to the first request that is not free.
    async fn use_up(&self) -> Answer {
        for left in (0..FREE).rev() {
            let answer = self.get("/list").await;
            assert_eq!(answer.status, StatusCode::OK);
            let told = answer.headers[RATE_LIMIT].to_str().unwrap();
            assert!(told.starts_with(&format!("\"free\";r={left};t=")), "{told}");
        }
        self.get("/list?page=2").await
    }

    /// The headers that show a payment for what a 402 offers.
    async fn buy(&self, way: &str, offer: &Answer) -> HeaderMap {
        let credential = match way {
            "x402 v2" => return headers_of(&paid("GET", "/", &self.stall.sign_v2(offer), "")),
            "x402 v1" => return headers_of(&paid("GET", "/", &self.stall.sign_v1(offer), "")),
            "mpp evm" => sign_mpp(&challenge_of(offer, "evm"), NonceForm::default()),
            "mpp lightning" => {
                crate::mpp_lightning::paid(&self.stall, &challenge_of(offer, "lightning"))
            }
            _ => {
                let token = offer.json()["macaroon"].as_str().unwrap().to_owned();
                let hash = offer.json()["payment_hash"].as_str().unwrap().to_owned();
                format!("L402 {token}:{}", self.stall.shop.pay(&hash).await)
            }
        };
        headers_of(&request("GET", "/", Some(&credential), ""))
    }

    async fn show(&self, method: &str, uri: &str, shown: &HeaderMap) -> Answer {
        self.send(with(method, uri, shown)).await
    }

    /// How many of so many requests are answered; the others are refused with 429.
    async fn served_of(&self, attempts: u32, shown: &HeaderMap, address: &str) -> u32 {
        let mut served = 0;
        for _ in 0..attempts {
            let request = from_address(with("GET", "/list", shown), address);
            match self.send(request).await.status {
                StatusCode::OK => served += 1,
                other => assert_eq!(other, StatusCode::TOO_MANY_REQUESTS),
            }
        }
        served
    }

    fn pass(&self, seconds: u64) {
        self.limits_ms.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }
}

fn headers_of(request: &Request<Body>) -> HeaderMap {
    request.headers().clone()
}

fn with(method: &str, uri: &str, shown: &HeaderMap) -> Request<Body> {
    let mut made = request(method, uri, None, "");
    made.headers_mut().extend(shown.clone());
    made
}

#[tokio::test]
async fn beyond_the_free_limit_more_is_offered_on_every_rail() {
    let api = Api::open().await;
    let offer = api.use_up().await;
    let (token, _) = offer.challenge();
    assert_eq!(offer.code(), "rate_limited");
    assert_eq!(offer.json()["amount_sats"], 100);
    assert_eq!(offer.headers[RATE_LIMIT_POLICY], "\"free\";q=5;w=60");
    assert_eq!(offer.headers[RATE_LIMIT], "\"free\";r=0;t=70");
    assert_eq!(offer.headers[header::RETRY_AFTER], "70");
    assert!(!offer.headers.contains_key("x-topup-url"), "a balance does not buy it");
    assert_eq!(offer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    let exposed = offer.headers[header::ACCESS_CONTROL_EXPOSE_HEADERS].to_str().unwrap();
    assert!(exposed.contains("ratelimit") && exposed.contains("www-authenticate"));
    for method in ["lightning", "evm"] {
        challenge_of(&offer, method);
    }
    let resource = x402_of(&offer).resource.unwrap();
    assert_eq!(resource.url, "https://shop.example.com/list?page=2");
    let shown = format!("L402 {token}:{}", "00".repeat(32));
    let shown = Credential::from_headers([shown.as_bytes()], []).unwrap().unwrap();
    let grant = Grant::read(&shown.macaroons[0].caveats, "").unwrap();
    assert!(grant.is_server_wide(), "{grant:?}");
    assert_eq!(api.get("/page").await.status, StatusCode::OK, "exempt");
    assert_eq!(api.send(request("OPTIONS", "/list", None, "")).await.status, StatusCode::OK);
    let other = from_address(request("GET", "/list", None, ""), "198.51.100.1:1");
    assert_eq!(api.send(other).await.status, StatusCode::OK, "another client");
    api.pass(70);
    assert_eq!(api.get("/list").await.status, StatusCode::OK, "a minute later");
}

#[tokio::test]
async fn a_client_that_is_refused_again_and_again_costs_no_invoice_and_no_row_more() {
    let api = Api::open().await;
    api.use_up().await.challenge();
    for number in 0..50 {
        let answer = api.get(&format!("/list/{number}")).await;
        assert_eq!(answer.status, StatusCode::PAYMENT_REQUIRED);
    }
    assert_eq!(api.stall.wallet.invoice_count(), 1);
    assert_eq!(api.stall.redemption_rows().await, 0);
}

#[tokio::test]
async fn one_payment_of_any_rail_is_good_for_the_paid_limit_on_every_route() {
    for way in WAYS {
        let api = Api::open().await;
        let offer = api.use_up().await;
        let shown = api.buy(way, &offer).await;
        for (method, uri) in [("GET", "/list"), ("POST", "/list"), ("GET", "/list/7?x=1")] {
            let answer = api.show(method, uri, &shown).await;
            assert_eq!(answer.status, StatusCode::OK, "{way} {method} {uri}: {}", answer.text());
            assert_eq!(answer.headers[RATE_LIMIT_POLICY], "\"paid\";q=40;w=60", "{way}");
        }
        // From now on nobody is asked any more.
        api.stall.facilitator.verifies(AtVerify::Down);
        api.stall.facilitator.settles(AtSettle::Down);
        assert_eq!(api.served_of(60, &shown, "0.0.0.0:1").await, PAID - 3, "{way}");
        let refused = api.show("GET", "/list", &shown).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{way}");
        assert_eq!(refused.code(), "rate_limited", "{way}");
        assert_eq!(refused.headers[RATE_LIMIT_POLICY], "\"paid\";q=40;w=60", "{way}");
        assert!(refused.headers.contains_key(header::RETRY_AFTER), "{way}");
        assert!(!refused.headers.contains_key(header::WWW_AUTHENTICATE), "{way}");
        api.pass(70);
        assert_eq!(api.served_of(60, &shown, "0.0.0.0:1").await, PAID, "{way}: the next minute");
        let expected = usize::from(way.starts_with("x402") || way == "mpp evm");
        assert_eq!(api.stall.facilitator.transfers(), expected, "{way}");
        assert_eq!(api.stall.redemption_rows().await, 1, "{way}");
    }
}

#[tokio::test]
async fn a_payment_that_is_shared_and_payments_that_are_heaped_up_buy_no_more_than_one() {
    let api = Api::open().await;
    let offer = api.use_up().await;
    let first = api.buy("l402", &offer).await;
    let mut served = 0;
    for number in 0..10 {
        served += api.served_of(10, &first, &format!("198.51.100.{number}:1")).await;
    }
    assert_eq!(served, PAID, "one payment, ten addresses");
    api.pass(140);
    let mut payments = vec![first];
    for _ in 0..2 {
        let offer = api.use_up().await;
        payments.push(api.buy("l402", &offer).await);
        api.pass(140);
    }
    let mut served = 0;
    for shown in &payments {
        served += api.served_of(30, shown, "0.0.0.0:1").await;
    }
    assert_eq!(served, PAID, "three payments, one address");
}

#[tokio::test]
async fn what_is_bought_for_a_route_and_what_is_bought_for_all_are_two_things() {
    let api = Api::open().await;
    let offer = api.get("/cheap").await;
    let cheap = api.buy("l402", &offer).await;
    assert_eq!(api.show("GET", "/cheap", &cheap).await.status, StatusCode::OK);
    let offer = api.use_up().await;
    let refused = api.show("GET", "/list", &cheap).await;
    assert_eq!((refused.status, refused.code().as_str()), (offer.status, "wrong_method"));
    let shown = api.buy("l402", &offer).await;
    assert_eq!(api.show("GET", "/list", &shown).await.status, StatusCode::OK);
    let refused = api.show("GET", "/cheap", &shown).await;
    assert_eq!(refused.status, StatusCode::PAYMENT_REQUIRED, "the paid route is not in it");
    assert_eq!(api.show("GET", "/cheap", &cheap).await.status, StatusCode::OK, "nor limited");
}

#[tokio::test]
async fn a_payment_is_good_for_its_time_and_no_longer() {
    for way in ["l402", "x402 v2"] {
        let api = Api::open().await;
        let offer = api.use_up().await;
        let shown = api.buy(way, &offer).await;
        assert_eq!(api.show("GET", "/list", &shown).await.status, StatusCode::OK, "{way}");
        api.stall.wait(1_200);
        let answer = api.show("GET", "/list", &shown).await;
        assert_eq!(answer.status, StatusCode::PAYMENT_REQUIRED, "{way}");
        api.pass(70);
        let answer = api.show("GET", "/list", &shown).await;
        assert_eq!(answer.headers[RATE_LIMIT_POLICY], "\"free\";q=5;w=60", "{way}");
    }
}

#[tokio::test]
async fn whoever_has_paid_is_not_asked_again_while_nobody_can_say_it() {
    let api = Api::open().await;
    let offer = api.use_up().await;
    let json = offer.json();
    let preimage = api.stall.wallet.pay_unreported(json["payment_hash"].as_str().unwrap());
    let token = json["macaroon"].as_str().unwrap();
    let credential = format!("L402 {token}:{}", preimage.reveal_hex());
    let shown = headers_of(&request("GET", "/", Some(&credential), ""));
    api.stall.wallet.is_down.store(true, Ordering::SeqCst);
    let unknown = api.show("GET", "/list", &shown).await;
    assert_eq!(unknown.status, StatusCode::SERVICE_UNAVAILABLE, "{}", unknown.text());
    assert!(!unknown.headers.contains_key(header::WWW_AUTHENTICATE));
    assert_eq!(unknown.headers[header::RETRY_AFTER], "5", "soon, and not a minute later");
    api.stall.wallet.is_down.store(false, Ordering::SeqCst);
    assert_eq!(api.show("GET", "/list", &shown).await.status, StatusCode::OK);
}

#[tokio::test]
async fn where_no_payment_helps_it_is_429() {
    let api = Api::open().await;
    for _ in 0..FREE {
        api.get("/list").await;
    }
    api.stall.paywall.stop_selling();
    let refused = api.get("/list").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.code(), "rate_limited");
    assert_eq!(refused.headers[header::RETRY_AFTER], "70");
    assert_eq!(refused.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
}

#[tokio::test]
async fn payments_that_are_no_good_are_not_looked_up_without_end() {
    let api = Api::open().await;
    let offer = api.use_up().await;
    api.stall.facilitator.verifies(AtVerify::Refuse);
    for _ in 0..20 {
        let shown = headers_of(&paid("GET", "/", &api.stall.sign_v2(&offer), ""));
        assert_ne!(api.show("GET", "/list", &shown).await.status, StatusCode::OK);
    }
    assert_eq!(api.stall.facilitator.verified.load(Ordering::SeqCst), 3);
    api.stall.facilitator.verifies(AtVerify::Honest);
    let shown = headers_of(&paid("GET", "/", &api.stall.sign_v2(&offer), ""));
    let refused = api.show("GET", "/list", &shown).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "wait, and keep the payment");
    api.pass(70);
    let answer = api.show("GET", "/list", &shown).await;
    assert_eq!(answer.headers[RATE_LIMIT_POLICY], "\"paid\";q=40;w=60");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_requests_at_once_are_counted_exactly() {
    let api = Arc::new(Api::open().await);
    let storm = async |shown: HeaderMap| {
        let tasks: Vec<_> = (0..200)
            .map(|_| {
                let (api, shown) = (Arc::clone(&api), shown.clone());
                tokio::spawn(async move { api.show("GET", "/list", &shown).await.status })
            })
            .collect();
        let mut served = 0;
        for task in tasks {
            served += u32::from(task.await.unwrap() == StatusCode::OK);
        }
        served
    };
    assert_eq!(storm(HeaderMap::new()).await, FREE);
    let offer = api.get("/list").await;
    for way in ["l402", "x402 v2"] {
        api.pass(70);
        let shown = api.buy(way, &offer).await;
        // Some come while the payment is being settled, and are told to come again.
        assert!(storm(shown.clone()).await <= PAID + FREE, "{way}");
        assert!(api.served_of(200, &shown, "0.0.0.0:1").await <= PAID, "{way}");
        api.pass(70);
        assert_eq!(storm(shown).await, PAID, "{way}");
    }
}
