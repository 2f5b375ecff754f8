//! A play network whose buyer and seller are behind phoenixd's API on a loopback port.

use farebox_money::Msat;
use farebox_play::phoenixd_api::{ApiPasswords, router};
use farebox_play::{PlayNetwork, PlayWallet};
use farebox_store::{Database, DatabaseOptions};
use farebox_wallet::{CreatedInvoice, NewInvoice, PayLimits, Phoenixd, Receiver};
use std::net::SocketAddr;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;

pub const FULL: &str = "full/pass:wörd";
pub const LIMITED: &str = "limited";

pub const LIMITS: PayLimits = PayLimits { fee_max: Msat::ZERO, wait: Duration::from_secs(30) };

pub struct Play {
    pub network: PlayNetwork,
    /// The wallet behind `buyer_at`.
    pub buyer_wallet: PlayWallet,
    pub buyer_at: SocketAddr,
    /// A client of the buyer's API, which may pay.
    pub buyer: Phoenixd,
    /// A client of the seller's API, which may not.
    pub seller: Phoenixd,
    _folder: TempDir,
}

/// A network whose buyer has `sats`.
pub async fn play(sats: u64) -> Play {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("play.sqlite");
    let schemas = [farebox_play::schema()];
    let database = Database::open(&path, schemas, DatabaseOptions::Exclusive).unwrap();
    let network = PlayNetwork::open(database).await.unwrap();
    let buyer_wallet = network.wallet("buyer").await.unwrap();
    buyer_wallet.fund_once("test", sat(sats)).await.unwrap();
    let seller_wallet = network.wallet("seller").await.unwrap();
    let buyer_at = serve(buyer_wallet.clone()).await;
    let seller_at = serve(seller_wallet).await;
    Play {
        network,
        buyer_wallet,
        buyer_at,
        buyer: client(buyer_at, "full%2Fpass%3Aw%C3%B6rd"),
        seller: client(seller_at, LIMITED),
        _folder: folder,
    }
}

async fn serve(wallet: PlayWallet) -> SocketAddr {
    let passwords = ApiPasswords { full: FULL.into(), limited: LIMITED.into() };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = axum::serve(listener, router(wallet, passwords)).into_future();
    tokio::spawn(serving);
    address
}

/// A client of the API at `address`.
pub fn client(address: SocketAddr, password: &str) -> Phoenixd {
    let url = format!("phoenixd:http://:{password}@{address}");
    Phoenixd::new(url.parse().unwrap()).unwrap()
}

pub const fn sat(sats: u64) -> Msat {
    Msat::new(sats * 1_000)
}

/// An invoice that is good for a minute.
pub async fn invoice(wallet: &impl Receiver, sats: u64) -> CreatedInvoice {
    let invoice =
        NewInvoice { amount: sat(sats), description: "a test & more".into(), expiry_s: 60 };
    wallet.create(invoice).await.unwrap()
}
