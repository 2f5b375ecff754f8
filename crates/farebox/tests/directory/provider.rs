//! A provider's API on this machine, behind our own paywall, paid with play money.

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use farebox_money::{BtcUsd, MicroUsd, Sats};
use farebox_paywall::{Amount, PaidRoute, Paywall, Protocol, Rails, Secret, system_clock};
use farebox_play::PlayNetwork;
use farebox_rates::Rates;
use farebox_store::lease::Instance;
use farebox_store::{Database, DatabaseOptions, Location, Store};
use http::StatusCode;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use tower::ServiceExt;

/// How well the provider's paywall works.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Stage {
    /// A 402 that says nothing about how to pay.
    Bare,
    /// An invoice with a macaroon.
    L402,
    /// MPP beside it.
    L402AndMpp,
}

pub struct Provider {
    pub port: u16,
    stage: Arc<AtomicU8>,
    file: Arc<Mutex<String>>,
    _folder: tempfile::TempDir,
}

#[derive(Clone)]
struct Shop {
    stage: Arc<AtomicU8>,
    file: Arc<Mutex<String>>,
    l402: Router,
    both: Router,
}

impl Provider {
    pub async fn open(stage: Stage) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let paywall = paywall(folder.path(), &format!("http://localhost:{port}")).await;
        let selling = |protocols: &[Protocol]| {
            let price = Amount::from(Sats::new(7));
            let route = PaidRoute::one_shot("weather", price, "Weather").offered_by(protocols);
            let weather = get(|| async { "sunny" }).route_layer(paywall.charge(route));
            Router::new().route("/weather", weather)
        };
        let stage = Arc::new(AtomicU8::new(stage as u8));
        let file = Arc::<Mutex<String>>::default();
        let shop = Shop {
            stage: Arc::clone(&stage),
            file: Arc::clone(&file),
            l402: selling(&[Protocol::L402]),
            both: selling(&[Protocol::L402, Protocol::Mpp]),
        };
        let app = Router::new()
            .route("/.well-known/402index-verify.txt", get(published))
            .route("/.well-known/l402-directory-verify.txt", get(published))
            .fallback(sell)
            .with_state(shop);
        let service = app.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Self { port, stage, file, _folder: folder }
    }

    /// Where it sells, under a name of this machine.
    pub fn url(&self, host: &str) -> String {
        format!("http://{host}:{}/weather", self.port)
    }

    pub fn set_stage(&self, stage: Stage) {
        self.stage.store(stage as u8, Ordering::SeqCst);
    }

    /// Puts the hash of a claim where the directory looks for it, of a domain or of a service.
    pub fn publish(&self, hash: &str) {
        *self.file.lock().unwrap() = hash.to_owned();
    }
}

async fn paywall(folder: &Path, url: &str) -> Paywall {
    let schemas = vec![
        farebox_store::schema(),
        farebox_ledger::schema(),
        farebox_facilitator::schema(),
        farebox_paywall::schema(),
    ];
    let store = Store::open(Location::File(folder.join("shop.sqlite")), schemas).await.unwrap();
    let instance = Instance::start(store.clone()).await.unwrap();
    let play = [farebox_play::schema()];
    let play = Database::open(&folder.join("play.sqlite"), play, DatabaseOptions::Exclusive);
    let network = PlayNetwork::open(play.unwrap()).await.unwrap();
    let wallet = network.wallet("seller").await.unwrap();
    let rates = Rates::fixed(BtcUsd::new(MicroUsd::new(90_000_000_000)).unwrap());
    let rails = Rails::lightning(Arc::new(wallet)).at(url).with_rates(rates);
    let secret = Secret::new(*b"a secret of 32 bytes for a shop.");
    Paywall::open(rails, None, store, instance, secret, system_clock()).await.unwrap()
}

async fn published(State(shop): State<Shop>) -> String {
    shop.file.lock().unwrap().clone()
}

async fn sell(State(shop): State<Shop>, request: Request) -> Response {
    let stage = shop.stage.load(Ordering::SeqCst);
    let selling = match stage {
        stage if stage == Stage::L402 as u8 => shop.l402,
        stage if stage == Stage::L402AndMpp as u8 => shop.both,
        _ => return (StatusCode::PAYMENT_REQUIRED, "pay somehow").into_response(),
    };
    selling.oneshot(request).await.unwrap()
}
