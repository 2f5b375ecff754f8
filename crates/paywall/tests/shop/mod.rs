//! A small shop behind a paywall, with a wallet whose settlements the test decides.

#![allow(dead_code, reason = "each test file uses its own part of the shop")]

pub mod browser;

use async_trait::async_trait;
use axum::body::Body;
use axum::extract::RawQuery;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bitcoin::hashes::{Hash, sha256};
use bitcoin::secp256k1::{Secp256k1, SecretKey};
use farebox_accounts::{Accounts, TokenKey};
use farebox_money::{BtcUsd, MicroUsd, Msat, Sats};
use farebox_paywall::{
    Amount, Clock, NotForSale, PaidRoute, Paywall, PricedRequest, Rails, Secret, schema,
};
use farebox_rates::{Publisher, Rates};
use farebox_store::lease::Instance;
use farebox_store::{Store, Transaction, params};
use farebox_testing::TestDatabase;
use farebox_wallet::{
    CreatedInvoice, InvoiceStatus, NewInvoice, Receiver, SettledCursor, Settlements, WalletError,
};
use farebox_wire::l402::parse_challenges;
use farebox_wire::lightning::{PaymentHash, Preimage};
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use lightning_invoice::{Currency, InvoiceBuilder, PaymentSecret};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tower::ServiceExt;

pub const START: u64 = 1_800_000_000;
/// How old an exchange rate of the shop can be.
pub const RATE_AGE_MAX_S: u64 = 600;

/// A wallet in memory. Its invoices are real ones of regtest.
#[derive(Default)]
pub struct TestWallet {
    invoices: Mutex<HashMap<PaymentHash, (Preimage, Msat, bool)>>,
    settled: Mutex<Vec<PaymentHash>>,
    news: tokio::sync::Notify,
    pub is_down: AtomicBool,
    /// It makes invoices and cannot look them up.
    pub is_forgetful: AtomicBool,
    /// How long after [`START`] its clock is, in seconds.
    pub late_s: AtomicU64,
    pub lookups: AtomicUsize,
}

impl TestWallet {
    pub fn pay(&self, hash: &str) -> Preimage {
        let preimage = self.pay_unreported(hash);
        self.settled.lock().unwrap().push(hash.parse().unwrap());
        self.news.notify_waiters();
        preimage
    }

    /// The node knows it, and has not told anybody yet.
    pub fn pay_unreported(&self, hash: &str) -> Preimage {
        let mut invoices = self.invoices.lock().unwrap();
        let invoice = invoices.get_mut(&hash.parse().unwrap()).unwrap();
        invoice.2 = true;
        invoice.0
    }

    /// Somebody found a way to settle it with less than was asked.
    pub fn pay_short(&self, hash: &str) -> Preimage {
        let mut invoices = self.invoices.lock().unwrap();
        let invoice = invoices.get_mut(&hash.parse().unwrap()).unwrap();
        invoice.1 = invoice.1.checked_sub(Msat::new(1)).unwrap();
        invoice.2 = true;
        invoice.0
    }

    /// A payer may send more than was asked.
    pub fn pay_over(&self, hash: &str, more_msat: u64) -> Preimage {
        let mut invoices = self.invoices.lock().unwrap();
        let invoice = invoices.get_mut(&hash.parse().unwrap()).unwrap();
        invoice.1 = invoice.1.checked_add(Msat::new(more_msat)).unwrap();
        drop(invoices);
        self.pay(hash)
    }

    pub fn preimage_of_unpaid(&self, hash: &str) -> Preimage {
        self.invoices.lock().unwrap()[&hash.parse().unwrap()].0
    }

    pub fn invoice_count(&self) -> usize {
        self.invoices.lock().unwrap().len()
    }

    fn check_up(&self) -> Result<(), WalletError> {
        let down = self.is_down.load(Ordering::SeqCst);
        if down { Err(WalletError::Unreachable("switched off".into())) } else { Ok(()) }
    }
}

#[async_trait]
impl Receiver for TestWallet {
    async fn create(&self, invoice: NewInvoice) -> Result<CreatedInvoice, WalletError> {
        self.check_up()?;
        let mut invoices = self.invoices.lock().unwrap();
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&(invoices.len() as u64 + 1).to_be_bytes());
        let preimage = Preimage::new(bytes);
        let payment_hash = preimage.hash();
        let bolt11 = sign(&invoice, payment_hash);
        invoices.insert(payment_hash, (preimage, invoice.amount, false));
        let late_s = self.late_s.load(Ordering::SeqCst);
        let expires_at = START + late_s + u64::from(invoice.expiry_s);
        Ok(CreatedInvoice { bolt11, payment_hash, expires_at })
    }

    async fn lookup(&self, hash: PaymentHash) -> Result<InvoiceStatus, WalletError> {
        self.lookups.fetch_add(1, Ordering::SeqCst);
        self.check_up()?;
        if self.is_forgetful.load(Ordering::SeqCst) {
            return Err(WalletError::Unreadable("no idea".into()));
        }
        Ok(match self.invoices.lock().unwrap().get(&hash) {
            Some((_, amount, true)) => InvoiceStatus::Settled { amount: *amount },
            Some(_) => InvoiceStatus::Open,
            None => InvoiceStatus::Unknown,
        })
    }

    async fn settled_since(
        &self,
        cursor: SettledCursor,
        wait: Duration,
    ) -> Result<Settlements, WalletError> {
        let known = usize::try_from(cursor.0).unwrap();
        let news = self.news.notified();
        let unread = || self.settled.lock().unwrap()[known..].to_vec();
        if unread().is_empty() {
            let _ = tokio::time::timeout(wait, news).await;
        }
        let hashes = unread();
        let next = SettledCursor(cursor.0 + hashes.len() as u64);
        Ok(Settlements { hashes, next })
    }
}

fn sign(invoice: &NewInvoice, hash: PaymentHash) -> String {
    let key = SecretKey::from_slice(&[7; 32]).unwrap();
    let builder = InvoiceBuilder::new(Currency::Regtest)
        .description(invoice.description.clone())
        .payment_hash(sha256::Hash::from_byte_array(*hash.as_bytes()))
        .payment_secret(PaymentSecret([3; 32]))
        .duration_since_epoch(Duration::from_secs(START))
        .min_final_cltv_expiry_delta(144)
        .expiry_time(Duration::from_secs(invoice.expiry_s.into()))
        .basic_mpp()
        .amount_milli_satoshis(invoice.amount.get());
    let sign = |message: &_| Secp256k1::new().sign_ecdsa_recoverable(message, &key);
    builder.build_signed(sign).unwrap().to_string()
}

/// What the handlers were asked and what they shall do.
#[derive(Default)]
pub struct Kitchen {
    pub served: AtomicUsize,
    pub fails: AtomicBool,
    pub panics: AtomicBool,
    pub delay_ms: AtomicU64,
    /// What is ordered has to be set aside before it is paid for, and cannot be now.
    pub is_full: AtomicBool,
    /// What is set aside now.
    pub set_aside: AtomicUsize,
}

/// What a shop has besides the usual: other ways to be paid, other routes.
pub struct Setup {
    pub rails: Box<dyn Fn(Rails) -> Rails + Send + Sync>,
    pub routes: fn(&Paywall, &Arc<Kitchen>) -> Router,
    pub clock: Arc<AtomicU64>,
}

impl Default for Setup {
    fn default() -> Self {
        let clock = Arc::new(AtomicU64::new(START));
        Self { rails: Box::new(|rails| rails), routes: |_, _| Router::new(), clock }
    }
}

pub struct Shop {
    pub router: Router,
    setup: Setup,
    pub instance: Instance,
    watch: tokio::task::JoinHandle<()>,
    pub wallet: Arc<TestWallet>,
    pub kitchen: Arc<Kitchen>,
    pub clock: Arc<AtomicU64>,
    pub paywall: Paywall,
    pub accounts: Accounts,
    /// Of the paid routes, on the shop's clock. It is not known at first.
    pub rate: Publisher,
    /// Of top-ups, on the machine's clock. It is not known at first.
    pub topup_rate: Publisher,
    pub store: Store,
    pub database: TestDatabase,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: http::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap().to_owned()
    }

    /// The token and payment hash of a 402, which must be a complete one.
    pub fn challenge(&self) -> (String, String) {
        assert_eq!(self.status, StatusCode::PAYMENT_REQUIRED, "{:?}", self.text());
        let values: Vec<_> = self.headers.get_all(header::WWW_AUTHENTICATE).iter().collect();
        assert_eq!(values.len(), 1, "one line with all challenges");
        let challenges = parse_challenges([values[0].to_str().unwrap()]);
        assert_eq!(challenges.len(), 1);
        let body = self.json();
        assert_eq!(body["macaroon"].as_str(), challenges[0].token.as_deref());
        assert_eq!(body["invoice"].as_str(), challenges[0].invoice.as_deref());
        assert_eq!(self.headers[header::CACHE_CONTROL], "no-store");
        let hash = body["payment_hash"].as_str().unwrap().to_owned();
        (challenges[0].token.clone().unwrap(), hash)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

fn secret() -> Secret {
    Secret::new([42; 32])
}

async fn open_paywall(
    setup: &Setup,
    wallet: &Arc<TestWallet>,
    accounts: &Accounts,
    store: &Store,
    instance: &Instance,
    clock: &Arc<AtomicU64>,
) -> Paywall {
    let rails = (setup.rails)(Rails::lightning(wallet.clone()));
    let time = Arc::clone(clock);
    let now: Clock = Arc::new(move || time.load(Ordering::SeqCst));
    let (store, instance) = (store.clone(), instance.clone());
    Paywall::open(rails, Some(accounts.clone()), store, instance, secret(), now).await.unwrap()
}

fn watch(paywall: &Paywall) -> tokio::task::JoinHandle<()> {
    let paywall = paywall.clone();
    tokio::spawn(async move { paywall.run().await })
}

/// Everything that a shop keeps.
pub fn schemas() -> Vec<farebox_store::Schema> {
    vec![
        farebox_store::schema(),
        farebox_ledger::schema(),
        farebox_accounts::schema(),
        farebox_limits::schema(),
        schema(),
    ]
}

impl Shop {
    pub async fn open() -> Self {
        Self::open_with(Setup::default()).await
    }

    pub async fn open_with(setup: Setup) -> Self {
        let database = farebox_testing::database();
        let store = database.open(schemas).await;
        let instance = Instance::start(store.clone()).await.unwrap();
        let wallet = Arc::new(TestWallet::default());
        let clock = Arc::clone(&setup.clock);
        let key = TokenKey::new(secret().derive("tokens"));
        let accounts =
            Accounts::open(store.clone(), instance.clone(), wallet.clone(), key).await.unwrap();
        let paywall = open_paywall(&setup, &wallet, &accounts, &store, &instance, &clock).await;
        let kitchen = Arc::new(Kitchen::default());
        let (rate, rates) = Rates::moving(RATE_AGE_MAX_S);
        let (topup_rate, topup_rates) = Rates::moving(RATE_AGE_MAX_S);
        let router = routes(&paywall, &kitchen)
            .merge(routes_in_dollars(&paywall, &kitchen, &rates))
            .merge((setup.routes)(&paywall, &kitchen))
            .merge(Router::from(farebox_accounts::api::routes(accounts.clone(), topup_rates)));
        let watch = watch(&paywall);
        Self {
            router,
            setup,
            instance,
            watch,
            wallet,
            kitchen,
            clock,
            paywall,
            accounts,
            rate,
            topup_rate,
            store,
            database,
        }
    }

    /// The process dies and another one takes its place: what is in memory is gone, and what
    /// handlers and settlements that hang had begun stays as it is.
    pub async fn crash(&mut self) {
        self.watch.abort();
        self.instance.end().await.unwrap();
        self.instance = Instance::start(self.store.clone()).await.unwrap();
        let Self { setup, wallet, accounts, store, instance, clock, .. } = &*self;
        self.paywall = open_paywall(setup, wallet, accounts, store, instance, clock).await;
        let (rate, rates) = Rates::moving(RATE_AGE_MAX_S);
        self.rate = rate;
        self.router = routes(&self.paywall, &self.kitchen)
            .merge(routes_in_dollars(&self.paywall, &self.kitchen, &rates))
            .merge((self.setup.routes)(&self.paywall, &self.kitchen));
        self.watch = watch(&self.paywall);
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub async fn get(&self, uri: &str, authorization: Option<&str>) -> Answer {
        self.send(request("GET", uri, authorization, "")).await
    }

    /// Buys a token for `GET uri`.
    pub async fn buy(&self, uri: &str) -> String {
        let (token, hash) = self.get(uri, None).await.challenge();
        let preimage = self.pay(&hash).await;
        format!("L402 {token}:{preimage}")
    }

    /// Pays an invoice, and waits until the paywall has heard of it.
    pub async fn pay(&self, hash: &str) -> String {
        let open = self.paywall.stats().open_invoices;
        let preimage = self.wallet.pay(hash).reveal_hex();
        while self.paywall.stats().open_invoices == open {
            tokio::task::yield_now().await;
        }
        preimage
    }

    /// Lets time pass, for the paywall and for the node.
    pub fn wait(&self, seconds: u64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
        self.wallet.late_s.fetch_add(seconds, Ordering::SeqCst);
    }

    pub fn served(&self) -> usize {
        self.kitchen.served.load(Ordering::SeqCst)
    }

    pub async fn redemption_rows(&self) -> u64 {
        let count = |transaction: &Transaction<'_>| {
            transaction.one("SELECT count(*) FROM redemption", params![], |row| row.get(0))
        };
        self.store.read(count).await.unwrap()
    }
}

pub fn request(method: &str, uri: &str, authorization: Option<&str>, body: &str) -> Request<Body> {
    let mut builder = Request::builder().method(method).uri(uri);
    if let Some(value) = authorization {
        builder = builder.header(header::AUTHORIZATION, value);
    }
    builder.body(Body::from(body.to_owned())).unwrap()
}

fn routes(paywall: &Paywall, kitchen: &Arc<Kitchen>) -> Router {
    let one_shot = PaidRoute::one_shot("dish", Sats::new(5), "One dish");
    let buffet = PaidRoute::time_bounded("buffet", Sats::new(50), 600, "An hour of food");
    let priced = PaidRoute::priced_by("priced", by_length, "Priced by length");
    let breaks = PaidRoute::one_shot("breaks", Sats::new(3), "An answer that breaks off");
    let large = PaidRoute::one_shot("large", Sats::new(7), "A large dish");
    let dish = handler(kitchen, |query| format!("dish {query}"));
    let other = handler(kitchen, |_| "other".into());
    let food = handler(kitchen, |_| "food".into());
    let echo = handler(kitchen, |_| "echo".into());
    let huge = handler(kitchen, |_| "x".repeat(600_000));
    let odd = PaidRoute::one_shot("odd", Sats::new(5), "<script>alert('a dish')</script>");
    let oddity = handler(kitchen, |_| "odd".into());
    let length = |request: PricedRequest<'_>| {
        Ok::<_, NotForSale>(Sats::new(request.query.map_or(1, str::len) as u64))
    };
    let long = PaidRoute::priced_by("long", length, "Priced by its query");
    let words = handler(kitchen, |_| "words".into());
    Router::new()
        .route("/dish", get(dish).post(other.clone()).route_layer(paywall.charge(one_shot.clone())))
        .route("/other", get(other).route_layer(paywall.charge(one_shot)))
        .route("/buffet", get(food).route_layer(paywall.charge(buffet)))
        .route("/priced", post(echo).route_layer(paywall.charge(priced)))
        .route("/odd", get(oddity).route_layer(paywall.charge(odd)))
        .route("/long", get(words).route_layer(paywall.charge(long)))
        .route("/large", get(huge).route_layer(paywall.charge(large)))
        .route("/broken", get(broken).route_layer(paywall.charge(breaks)))
}

fn routes_in_dollars(paywall: &Paywall, kitchen: &Arc<Kitchen>, rates: &Rates) -> Router {
    let cent = Amount::usd(MicroUsd::new(10_000), rates);
    let soup = PaidRoute::one_shot("soup", cent.clone(), "A soup for a cent");
    let bar = PaidRoute::time_bounded("bar", cent, 600, "Ten minutes for a cent");
    let rates = rates.clone();
    // A cent for each character of the query and the body.
    let by_length = move |request: PricedRequest<'_>| {
        let length = request.body.len() + request.query.map_or(0, str::len);
        Ok(Amount::usd(MicroUsd::new(10_000 * length as u64), &rates))
    };
    let weighed = PaidRoute::priced_by("weighed", by_length, "Priced by length, in dollars");
    let plate = handler(kitchen, |_| "plate".into());
    Router::new()
        .route("/soup", get(plate.clone()).route_layer(paywall.charge(soup)))
        .route("/bar", get(plate.clone()).route_layer(paywall.charge(bar)))
        .route("/weighed", post(plate).route_layer(paywall.charge(weighed)))
}

/// A price of one bitcoin.
pub fn dollars(usd: u64) -> BtcUsd {
    BtcUsd::new(MicroUsd::new(usd * 1_000_000)).unwrap()
}

async fn broken() -> Response {
    let pieces = [Ok("half an "), Err(std::io::Error::other("cut"))];
    Body::from_stream(futures_util::stream::iter(pieces)).into_response()
}

fn by_length(request: PricedRequest<'_>) -> Result<Sats, NotForSale> {
    if request.body.is_empty() {
        return Err(NotForSale::new("empty_body", "The body is empty."));
    }
    Ok(Sats::new(request.body.len() as u64))
}

pub fn handler(
    kitchen: &Arc<Kitchen>,
    text: fn(&str) -> String,
) -> impl Fn(RawQuery) -> std::pin::Pin<Box<dyn Future<Output = Response> + Send>> + Clone + use<> {
    let kitchen = Arc::clone(kitchen);
    move |RawQuery(query)| {
        let kitchen = Arc::clone(&kitchen);
        Box::pin(async move {
            let number = kitchen.served.fetch_add(1, Ordering::SeqCst) + 1;
            let delay = kitchen.delay_ms.load(Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(delay)).await;
            assert!(!kitchen.panics.load(Ordering::SeqCst), "the kitchen is on fire");
            if kitchen.fails.load(Ordering::SeqCst) {
                return (StatusCode::BAD_GATEWAY, Json(json!({"error": "burnt"}))).into_response();
            }
            let head = [("x-number", number.to_string())];
            (head, text(&query.unwrap_or_default())).into_response()
        })
    }
}
