//! The shop that is measured: the paywall on an axum router, over HTTP, with its records in SQLite
//! and the play network as its node.

use crate::Failed;
use crate::terms;
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use farebox_facilitator::Embedded;
use farebox_money::{BtcUsd, MicroUsd, Sats};
use farebox_paywall::{Amount, EvmRail, PaidRoute, Paywall, Protocol, Rails, Secret, system_clock};
use farebox_play::phoenixd_api::{self, ApiPasswords};
use farebox_play::{PlayNetwork, PlayWallet};
use farebox_rates::Rates;
use farebox_store::lease::Instance;
use farebox_store::{Database, DatabaseOptions, Location, Store};
use farebox_wallet::{NewInvoice, Receiver};
use http::StatusCode;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpListener;

/// Of the play wallet's API.
pub const PASSWORD: &str = "play";
const FUNDS: Sats = Sats::new(100_000_000);
const HOUR_S: u64 = 3_600;

/// Serves until it is killed. Prints its URL, then that of its buyer's wallet.
#[tokio::main]
pub async fn run(folder: &Path) -> Result<(), Failed> {
    let schemas =
        vec![farebox_store::schema(), farebox_ledger::schema(), farebox_paywall::schema()];
    let store = Store::open(Location::File(folder.join("shop.sqlite")), schemas).await?;
    let instance = Instance::start(store.clone()).await?;
    let database = [farebox_play::schema()];
    let database =
        Database::open(&folder.join("play.sqlite"), database, DatabaseOptions::Exclusive)?;
    let network = PlayNetwork::open(database).await?;
    let (buyer, seller) = (network.wallet("buyer").await?, network.wallet("seller").await?);
    buyer.fund_once("play", FUNDS.to_msat().ok_or("too much")?).await?;

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let play = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let rates = Rates::fixed(BtcUsd::new(MicroUsd::new(90_000_000_000)).ok_or("no rate")?);
    let rails = Rails::lightning(Arc::new(seller.clone())).at(&url).with_rates(rates.clone());
    let asset = terms::asset()?;
    let evm = EvmRail {
        token: asset.token_domain().ok_or("no such token")?,
        decimals: asset.decimals,
        pay_to: terms::pay_to()?,
        timeout_s: 300,
        facilitator: Arc::new(Embedded::default()),
    };
    let secret = Secret::new(*b"the secret of a measured shop...");
    let paywall =
        Paywall::open(rails.with_evm(evm), None, store, instance, secret, system_clock()).await?;
    let shop = sold(&paywall, &rates, seller).into_make_service_with_connect_info::<SocketAddr>();
    let api = ApiPasswords { full: PASSWORD.into(), limited: "limited".into() };
    println!("{url}\nhttp://{}", play.local_addr()?);
    tokio::select! {
        ended = axum::serve(listener, shop).into_future() => ended?,
        ended = axum::serve(play, phoenixd_api::router(buyer, api)).into_future() => ended?,
        () = paywall.run() => {}
    }
    Ok(())
}

fn sold(paywall: &Paywall, rates: &Rates, seller: PlayWallet) -> Router {
    let cent = || Amount::usd(terms::PRICE, rates);
    let route = |id| PaidRoute::one_shot(id, cent(), "The weather in one city");
    let weather = || get(|| async { Json(json!({"weather": "sunny"})) });
    let paid = |route| weather().route_layer(paywall.charge(route));
    let hour = PaidRoute::time_bounded("hour", cent(), HOUR_S, "The weather for an hour");
    Router::new()
        .route("/free", weather())
        .route("/all", paid(route("all")))
        .route("/l402", paid(route("l402").offered_by(&[Protocol::L402])))
        .route("/mpp", paid(route("mpp").offered_by(&[Protocol::Mpp])))
        .route("/x402", paid(route("x402").offered_by(&[Protocol::X402])))
        .route("/hour", paid(hour))
        .route("/api/v1/topup", post(invoice).with_state(seller))
}

/// An invoice for the shop of a peer, as `tests/interop/mpp/lightning.mjs` asks for it.
async fn invoice(
    State(seller): State<PlayWallet>,
    Json(asked): Json<Value>,
) -> Result<Json<Value>, StatusCode> {
    let sats = asked.get("amount_sats").and_then(Value::as_u64).ok_or(StatusCode::BAD_REQUEST)?;
    let amount = Sats::new(sats).to_msat().ok_or(StatusCode::BAD_REQUEST)?;
    let new = NewInvoice { amount, description: "The weather".to_owned(), expiry_s: 600 };
    let made = seller.create(new).await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    Ok(Json(json!({"invoice": made.bolt11, "payment_hash": made.payment_hash.to_string()})))
}
