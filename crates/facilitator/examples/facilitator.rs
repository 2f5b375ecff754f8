//! A facilitator for one chain and its USDC, to try it out: prints its URL.
//!
//!   RPC     the URL of the chain's RPC
//!   KEY     the key that pays for gas, in hexadecimal digits
//!   FOLDER  where its database is

use async_trait::async_trait;
use farebox_evm::{EvmKey, Rpc, RpcOptions, calls};
use farebox_facilitator::api::{Discovery, DiscoveryError, DiscoveryQuery, routes};
use farebox_facilitator::{Embedded, Engine, EngineOptions, Recipients};
use farebox_store::lease::Instance;
use farebox_store::{Location, Store};
use farebox_wire::evm::{ASSETS, Asset, ChainId};
use farebox_wire::x402::DiscoveryPage;
use std::env;
use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// A directory without rows.
struct NoDirectory;

#[async_trait]
impl Discovery for NoDirectory {
    async fn resources(&self, _: &DiscoveryQuery) -> Result<DiscoveryPage, DiscoveryError> {
        Ok(DiscoveryPage { x402_version: 2, ..DiscoveryPage::default() })
    }
}

fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let rpc = Rpc::new(env::var("RPC")?.parse()?, RpcOptions::default())?;
    let key = EvmKey::parse(&env::var("KEY")?)?;
    let file = PathBuf::from(env::var("FOLDER")?).join("facilitator.sqlite");
    let schemas = vec![farebox_store::schema(), farebox_facilitator::schema()];
    let store = Store::open(Location::File(file), schemas).await?;
    let instance = Instance::start(store.clone()).await?;

    let chain = ChainId::new(rpc.call(calls::chain_id()).await?.to());
    let assets = ASSETS.iter().filter(|asset| asset.id.chain == chain);
    let assets = assets.filter_map(Asset::token_domain).collect();
    // Everybody's payments, since this is for trying out: an open facilitator burns gas.
    let recipients = Recipients::Anybody;
    let options = EngineOptions { recipients, ..EngineOptions::new(chain, assets, []) };
    let engine = Engine::new(store, instance, rpc, vec![key], options, Arc::new(now_s));
    let facilitator = Arc::new(Embedded::new([engine.clone()]));

    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("http://{}", listener.local_addr()?);
    let router = axum::Router::from(routes(facilitator, Arc::new(NoDirectory), 256));
    tokio::select! {
        served = async { axum::serve(listener, router).await } => served?,
        () = engine.run() => {}
    }
    Ok(())
}
