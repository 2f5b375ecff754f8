//! A shop at a public address that is paid in satoshis and in dollars on a chain.

use super::FakeFacilitator;
use crate::shop::{Answer, Kitchen, Setup, Shop, dollars, handler};
use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use farebox_money::{MicroUsd, Sats};
use farebox_paywall::{Amount, EvmRail, PaidRoute, PaymentId, Preparation, PricedRequest, Rails};
use farebox_rates::{Publisher, Rates};
use farebox_wire::evm::{
    Address, AssetId, B256, ChainId, EvmKey, TokenDomain, TransferAuthorization, U256,
};
use farebox_wire::mpp::methods::evm::EvmCharge;
use farebox_wire::mpp::methods::evm_authorization::{EvmPayload, NonceForm};
use farebox_wire::mpp::{self, Challenge, Credential};
use farebox_wire::x402::{
    PAYMENT_REQUIRED, Payment, PaymentRequired, PaymentRequiredV1, SignInputs, pay_v1, pay_v2,
};
use futures_util::{StreamExt, stream};
use http::{Request, StatusCode, header};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub const SITE: &str = "https://shop.example.com";
pub const REALM: &str = "shop.example.com";
/// What a dish for 5 sats is at 100,000 dollars a bitcoin, in units of a millionth of a dollar.
pub const DISH_UNITS: u64 = 5_000;

/// The token in which the stall is paid.
pub fn usdc() -> TokenDomain {
    let address: Address = "0x036CbD53842c5426634e7929541eC2318f3dCF7e".parse().unwrap();
    let id = AssetId { chain: ChainId::BASE_SEPOLIA, address };
    TokenDomain { name: "USDC".to_owned(), version: "2".to_owned(), id }
}

pub fn pay_to() -> Address {
    Address::repeat_byte(0x77)
}

pub fn buyer_key() -> EvmKey {
    EvmKey::new([0x11; 32]).unwrap()
}

/// A number that no payment of this process had before.
pub fn nonce() -> B256 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    B256::left_padding_from(&NEXT.fetch_add(1, Ordering::SeqCst).to_be_bytes())
}

pub struct Stall {
    pub shop: Shop,
    pub facilitator: Arc<FakeFacilitator>,
    /// Of prices in satoshis that are asked in dollars.
    pub rail_rate: Publisher,
}

impl Deref for Stall {
    type Target = Shop;

    fn deref(&self) -> &Shop {
        &self.shop
    }
}

impl DerefMut for Stall {
    fn deref_mut(&mut self) -> &mut Shop {
        &mut self.shop
    }
}

impl Stall {
    pub async fn open() -> Self {
        Self::open_by(|rails| rails).await
    }

    pub async fn open_by(more: impl Fn(Rails) -> Rails + Send + Sync + 'static) -> Self {
        let clock = Arc::new(AtomicU64::new(crate::shop::START));
        let facilitator = Arc::new(FakeFacilitator::new(Arc::clone(&clock)));
        let (rail_rate, rates) = Rates::moving(crate::shop::RATE_AGE_MAX_S);
        rail_rate.publish(dollars(100_000), crate::shop::START);
        let evm = EvmRail {
            token: usdc(),
            decimals: 6,
            pay_to: pay_to(),
            timeout_s: 300,
            facilitator: facilitator.clone(),
        };
        let rails = move |rails: Rails| {
            more(rails.at(SITE).with_rates(rates.clone()).with_evm(evm.clone()))
        };
        let setup = Setup { rails: Box::new(rails), routes, clock };
        Self { shop: Shop::open_with(setup).await, facilitator, rail_rate }
    }

    /// A request that shows an x402 payment.
    pub async fn pay(&self, uri: &str, payment: &Payment) -> Answer {
        self.send(paid("GET", uri, payment, "")).await
    }

    /// A fresh x402 payment of version 2 for `GET uri`.
    pub async fn sign(&self, uri: &str) -> Payment {
        self.sign_v2(&self.get(uri, None).await)
    }

    /// A payment of version 2 that answers a 402.
    pub fn sign_v2(&self, answer: &Answer) -> Payment {
        let required = x402_of(answer);
        let option = &required.accepts[0];
        pay_v2(&required, option, &self.inputs(&buyer_key())).unwrap()
    }

    /// A payment of version 1 that answers a 402.
    pub fn sign_v1(&self, answer: &Answer) -> Payment {
        let required = v1_of(answer);
        pay_v1(&required.accepts[0], &self.inputs(&buyer_key())).unwrap()
    }

    pub fn inputs<'a>(&self, key: &'a EvmKey) -> SignInputs<'a> {
        SignInputs { key, nonce: nonce(), now_s: self.clock.load(Ordering::SeqCst) }
    }
}

/// The MPP challenges of a 402, in their order.
pub fn challenges_of(answer: &Answer) -> Vec<Challenge> {
    assert_eq!(answer.status, StatusCode::PAYMENT_REQUIRED, "{}", answer.text());
    let lines = answer.headers.get_all(header::WWW_AUTHENTICATE);
    let lines: Vec<_> = lines.iter().map(http::HeaderValue::as_bytes).collect();
    mpp::parse_challenges(&lines).into_iter().map(Result::unwrap).collect()
}

pub fn challenge_of(answer: &Answer, method: &str) -> Challenge {
    challenges_of(answer).into_iter().find(|challenge| challenge.method == method).unwrap()
}

/// What x402 asks of a 402.
pub fn x402_of(answer: &Answer) -> PaymentRequired {
    assert_eq!(answer.status, StatusCode::PAYMENT_REQUIRED, "{}", answer.text());
    PaymentRequired::parse_header(answer.headers[PAYMENT_REQUIRED].to_str().unwrap()).unwrap()
}

/// What version 1 asks of a 402, in its body.
pub fn v1_of(answer: &Answer) -> PaymentRequiredV1 {
    let mut body = answer.json();
    // It stands for more than one protocol here.
    body.as_object_mut().unwrap().remove("error");
    PaymentRequiredV1::parse_body(body.to_string().as_bytes()).unwrap()
}

/// A credential of MPP with a signed transfer.
pub fn sign_mpp(challenge: &Challenge, form: NonceForm) -> String {
    let charge = EvmCharge::decode(&challenge.request).unwrap();
    let authorization = TransferAuthorization {
        from: buyer_key().address(),
        to: charge.recipient,
        value: charge.amount,
        valid_after: U256::ZERO,
        valid_before: U256::from(challenge.expires_at().unwrap()),
        nonce: form.nonce(&challenge.id, &challenge.realm),
    };
    let signature = authorization.sign(&usdc(), &buyer_key());
    let payload = EvmPayload { authorization, signature }.payload();
    Credential { challenge: challenge.clone(), source: None, payload }.render().unwrap()
}

pub fn paid(method: &str, uri: &str, payment: &Payment, body: &str) -> Request<Body> {
    let (name, value) = payment.to_header();
    let mut request = crate::shop::request(method, uri, None, body);
    request.headers_mut().insert(name, value.parse().unwrap());
    request
}

/// The same request from another address.
pub fn from_address(mut request: Request<Body>, address: &str) -> Request<Body> {
    let address: SocketAddr = address.parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(address));
    request
}

/// An answer that was paid for.
pub fn answered(answer: &Answer) -> &Answer {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer
}

fn by_length(request: PricedRequest<'_>) -> Result<Amount, farebox_paywall::NotForSale> {
    Ok(Sats::new(1 + request.body.len() as u64).into())
}

fn routes(paywall: &farebox_paywall::Paywall, kitchen: &Arc<Kitchen>) -> Router {
    let (_, rates) = Rates::moving(1);
    let cent = Amount::usd(MicroUsd::new(10_000), &rates);
    let coffee = PaidRoute::one_shot("coffee", cent, "A coffee for a cent");
    let by_weight = PaidRoute::priced_by("by_weight", by_length, "Priced by length, never free");
    let pass = PaidRoute::time_bounded("pass", Sats::new(50), 600, "Ten minutes");
    let feast =
        PaidRoute::one_shot("feast", Amount::usd(MicroUsd::new(1_000_000), &rates), "A feast");
    let ticker = PaidRoute::one_shot("ticker", Sats::new(5), "Paid first").streaming();
    let stream = PaidRoute::one_shot("stream", Sats::new(5), "A stream").streaming();
    let events = PaidRoute::one_shot("events", Sats::new(5), "Events");
    let order = PaidRoute::one_shot("order", Sats::new(5), "Made for good").collected_first();
    let table = PaidRoute::one_shot("table", Sats::new(5), "Set aside, paid, made for good");
    let table = table.prepared_by(SetAside(Arc::clone(kitchen)));
    let plate = handler(kitchen, |query| format!("plate {query}"));
    Router::new()
        .route("/coffee", get(plate.clone()).route_layer(paywall.charge(coffee)))
        .route("/by_weight", post(plate.clone()).route_layer(paywall.charge(by_weight)))
        .route(
            "/pass",
            get(plate.clone()).post(plate.clone()).route_layer(paywall.charge(pass.clone())),
        )
        .route("/pass2", get(plate.clone()).route_layer(paywall.charge(pass)))
        .route("/table", post(plate.clone()).route_layer(paywall.charge(table)))
        .route("/order", get(plate.clone()).route_layer(paywall.charge(order)))
        .route("/feast", get(plate.clone()).route_layer(paywall.charge(feast)))
        .route("/ticker", get(plate).route_layer(paywall.charge(ticker)))
        .route("/stream", get(sending(kitchen, "text/plain")).route_layer(paywall.charge(stream)))
        .route(
            "/events",
            get(sending(kitchen, "text/event-stream")).route_layer(paywall.charge(events)),
        )
}

/// Counts what is set aside.
struct SetAside(Arc<Kitchen>);

#[async_trait]
impl Preparation for SetAside {
    async fn prepare(&self, _: &PaymentId, body: Bytes) -> Result<(), Box<Response>> {
        assert_eq!(body, "for two");
        if self.0.is_full.load(Ordering::SeqCst) {
            return Err(Box::new(StatusCode::CONFLICT.into_response()));
        }
        self.0.set_aside.store(1, Ordering::SeqCst);
        Ok(())
    }

    async fn abandon(&self, _: &PaymentId) {
        self.0.set_aside.store(0, Ordering::SeqCst);
    }
}

type Sending = std::pin::Pin<Box<dyn Future<Output = Response> + Send>>;

/// Sends one chunk at once, and the other when the kitchen takes no time any more.
fn sending(kitchen: &Arc<Kitchen>, kind: &'static str) -> impl Fn() -> Sending + Clone + use<> {
    let kitchen = Arc::clone(kitchen);
    move || {
        let kitchen = Arc::clone(&kitchen);
        Box::pin(async move {
            kitchen.served.fetch_add(1, Ordering::SeqCst);
            if kitchen.fails.load(Ordering::SeqCst) {
                return StatusCode::BAD_GATEWAY.into_response();
            }
            let first = stream::once(async { Ok::<_, Infallible>("data: first\n\n") });
            let last = stream::once(async move {
                while kitchen.delay_ms.load(Ordering::SeqCst) > 0 {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                Ok("data: last\n\n")
            });
            let body = Body::from_stream(first.chain(last));
            ([(header::CONTENT_TYPE, kind)], body).into_response()
        })
    }
}
