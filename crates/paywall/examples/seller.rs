//! A small shop on any axum router: `Paywall::charge` puts a price on a route. Its rails come from
//! the environment; without any, it is paid with play money over Lightning.
//!
//! ```text
//! cargo run -p farebox-paywall --example seller
//! RPC=http://127.0.0.1:8545 KEY=0x… PAYTO=0x… cargo run -p farebox-paywall --example seller
//! ```
//!
//! `PORT`, `PLAY_PORT`: where the shop and the play wallet of its buyer listen. `RPC`, `KEY`, `PAYTO`:
//! Base Sepolia or what stands in for it, the key that pays for gas, who is paid. `TEMPO_RPC`: Tempo's
//! test network or what stands in for it. `STRIPE`: the base of Stripe's API.

use axum::response::sse::{Event, Sse};
use axum::routing::{get, post};
use axum::{Json, Router};
use farebox_evm::{EvmKey, Rpc, RpcOptions};
use farebox_facilitator::{Embedded, Engine, EngineOptions};
use farebox_money::{BtcUsd, MicroUsd, Sats};
use farebox_paywall::{
    Amount, EvmRail, PaidOperation, PaidRoute, Paywall, Protocol, Rails, Secret, StripeRail,
    TempoRail, system_clock,
};
use farebox_play::PlayNetwork;
use farebox_play::phoenixd_api::{self, ApiPasswords};
use farebox_rates::Rates;
use farebox_store::lease::Instance;
use farebox_store::{Database, DatabaseOptions, Location, Store};
use farebox_wire::evm::{AssetId, ChainId, known_asset, parse_address};
use futures_util::{Stream, StreamExt};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

type Failed = Box<dyn Error + Send + Sync>;

/// A cent.
const PRICE: MicroUsd = MicroUsd::new(10_000);
/// Two dollars: cards are charged for it.
const DEAR: MicroUsd = MicroUsd::new(2_000_000);
const USDC: &str = "0x036CbD53842c5426634e7929541eC2318f3dCF7e";
const TEMPO_TESTNET: u64 = 42_431;
const TEMPO_TOKEN: &str = "0x20c0000000000000000000000000000000000000";
const PASSWORD: &str = "play";

/// The shop: every route has a price, and that is all.
fn shop(paywall: &Paywall, rates: &Rates) -> Router {
    let route = |id, text| PaidRoute::one_shot(id, Amount::usd(PRICE, rates), text);
    let mpp = |id, text| route(id, text).offered_by(&[Protocol::Mpp]);
    let dear = PaidRoute::one_shot("dear", Amount::usd(DEAR, rates), "Something dear");
    let dear = dear.offered_by(&[Protocol::Mpp]);
    let weather = get(|| async { Json(json!({"weather": "sunny"})) });
    let fail = get(|| async { (StatusCode::INTERNAL_SERVER_ERROR, "no weather today") });
    let echo = post(|body: String| async move {
        let body: Value = serde_json::from_str(&body).unwrap_or(body.into());
        Json(json!({"echo": body}))
    });
    let ticks = get(|| async { Sse::new(ticks()) });
    let (post, get) = (Method::POST, Method::GET);
    let sold = [
        (&get, "/weather", route("weather", "Weather"), weather.clone()),
        (&get, "/fail", route("fail", "Nothing"), fail),
        (&post, "/echo", route("echo", "Your own words"), echo.clone()),
        (&get, "/ticks", route("ticks", "Ticks").streaming(), ticks),
        (&get, "/mpp/weather", mpp("mpp_weather", "Weather by MPP"), weather.clone()),
        (&post, "/mpp/echo", mpp("mpp_echo", "Your own words by MPP"), echo),
        (&get, "/mpp/dear", dear, weather),
    ];
    let operations = sold.iter().map(|(method, path, route, _)| PaidOperation {
        method: (*method).clone(),
        path: (*path).to_owned(),
        route: route.clone(),
        example: (*method == post).then(|| json!({"a": 1})),
    });
    let document = paywall.openapi("A small shop", &operations.collect::<Vec<_>>());
    let sold = sold.into_iter().fold(Router::new(), |shop, (_, path, route, handler)| {
        shop.route(path, handler.route_layer(paywall.charge(route)))
    });
    let text = "A small shop. GET /openapi.json lists what it sells; each 402 says how to pay.\n";
    sold.route("/openapi.json", axum::routing::get(|| async { Json(document) }))
        .route("/llms.txt", axum::routing::get(move || async move { text }))
}

/// Five events, 300 ms apart.
fn ticks() -> impl Stream<Item = Result<Event, Infallible>> {
    futures_util::stream::iter(1..=5).then(|number| async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        Ok(Event::default().data(number.to_string()))
    })
}

#[tokio::main]
async fn main() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let store = open_store(folder.path()).await?;
    let instance = Instance::start(store.clone()).await?;
    let network = open_play(folder.path()).await?;
    let (buyer, seller) = (network.wallet("buyer").await?, network.wallet("seller").await?);
    buyer.fund_once("play", Sats::new(1_000_000).to_msat().ok_or("too much")?).await?;

    let listener = listen("PORT").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let rates = Rates::fixed(BtcUsd::new(MicroUsd::new(90_000_000_000)).ok_or("no rate")?);
    let rails = Rails::lightning(Arc::new(seller)).at(&url).with_rates(rates.clone());
    let (rails, engine) = with_evm(rails, &store, &instance)?;
    let rails = with_stripe(with_tempo(rails)?)?;
    let secret = Secret::new(*b"a secret of 32 bytes for a shop.");
    let clock = system_clock();
    let paywall = Paywall::open(rails, None, store, instance, secret, clock).await?;

    let api = ApiPasswords { full: PASSWORD.into(), limited: "limited".into() };
    let play = listen("PLAY_PORT").await?;
    println!("{url}");
    println!("phoenixd:http://:{PASSWORD}@{}", play.local_addr()?);
    let service = shop(&paywall, &rates).into_make_service_with_connect_info::<SocketAddr>();
    let engine = async {
        if let Some(engine) = &engine {
            engine.run().await;
        }
    };
    tokio::select! {
        ended = axum::serve(listener, service).into_future() => ended?,
        ended = axum::serve(play, phoenixd_api::router(buyer, api)).into_future() => ended?,
        _ = async { tokio::join!(paywall.run(), engine) } => {}
    }
    Ok(())
}

fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn required(name: &str) -> Result<String, Failed> {
    setting(name).ok_or_else(|| format!("{name} is not set").into())
}

async fn listen(name: &str) -> Result<tokio::net::TcpListener, Failed> {
    let port = setting(name).unwrap_or_else(|| "0".to_owned());
    Ok(tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?)
}

async fn open_store(folder: &Path) -> Result<Store, Failed> {
    let schemas = vec![
        farebox_store::schema(),
        farebox_ledger::schema(),
        farebox_facilitator::schema(),
        farebox_paywall::schema(),
    ];
    Ok(Store::open(Location::File(folder.join("shop.sqlite")), schemas).await?)
}

async fn open_play(folder: &Path) -> Result<PlayNetwork, Failed> {
    let path = folder.join("play.sqlite");
    let schemas = [farebox_play::schema()];
    let database = Database::open(&path, schemas, DatabaseOptions::Exclusive)?;
    Ok(PlayNetwork::open(database).await?)
}

fn with_evm(
    rails: Rails,
    store: &Store,
    instance: &Instance,
) -> Result<(Rails, Option<Engine>), Failed> {
    let Some(rpc) = setting("RPC") else { return Ok((rails, None)) };
    let id = AssetId { chain: ChainId::BASE_SEPOLIA, address: parse_address(USDC)? };
    let asset = known_asset(id).ok_or("no such token")?;
    let token = asset.token_domain().ok_or("no such token")?;
    let pay_to = parse_address(&required("PAYTO")?)?;
    let options = EngineOptions::new(id.chain, vec![token.clone()], [pay_to]);
    let rpc = Rpc::new(rpc.parse()?, RpcOptions::default())?;
    let keys = vec![EvmKey::parse(&required("KEY")?)?];
    let (store, instance) = (store.clone(), instance.clone());
    let engine = Engine::new(store, instance, rpc, keys, options, system_clock());
    let facilitator = Arc::new(Embedded::new([engine.clone()]));
    let decimals = asset.decimals;
    let rail = EvmRail { token, decimals, pay_to, timeout_s: 300, facilitator };
    Ok((rails.with_evm(rail), Some(engine)))
}

fn with_tempo(rails: Rails) -> Result<Rails, Failed> {
    let Some(rpc) = setting("TEMPO_RPC") else { return Ok(rails) };
    let chain = ChainId::new(TEMPO_TESTNET);
    let token = AssetId { chain, address: parse_address(TEMPO_TOKEN)? };
    let pay_to = parse_address(&required("PAYTO")?)?;
    let rpc = Rpc::new(rpc.parse()?, RpcOptions::default())?;
    Ok(rails.with_tempo(TempoRail { token, decimals: 6, pay_to, rpc }))
}

fn with_stripe(rails: Rails) -> Result<Rails, Failed> {
    let Some(api_base) = setting("STRIPE") else { return Ok(rails) };
    Ok(rails.with_stripe(StripeRail::new(&api_base, "sk_test_farebox", "profile_farebox")?))
}
