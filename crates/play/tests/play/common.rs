//! A play network in a folder that goes away with it.

use farebox_money::Msat;
use farebox_play::{PlayNetwork, PlayWallet};
use farebox_store::{Database, DatabaseOptions, OpenError};
use farebox_wallet::{CreatedInvoice, NewInvoice, PayLimits, PayOutcome, Payer, Receiver};
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

pub const LIMITS: PayLimits = PayLimits { fee_max: Msat::ZERO, wait: Duration::from_secs(30) };

pub struct Play {
    pub network: PlayNetwork,
    pub buyer: PlayWallet,
    pub seller: PlayWallet,
    pub folder: TempDir,
}

/// A network whose buyer has `sats`.
pub async fn play(sats: u64) -> Play {
    let folder = tempfile::tempdir().unwrap();
    let network = open(folder.path()).await;
    let buyer = network.wallet("buyer").await.unwrap();
    let seller = network.wallet("seller").await.unwrap();
    assert!(buyer.fund_once("test", sat(sats)).await.unwrap());
    Play { network, buyer, seller, folder }
}

/// Opens the network in a folder, once its last owner is gone.
pub async fn open(folder: &Path) -> PlayNetwork {
    let path = folder.join("play.sqlite");
    loop {
        let schemas = [farebox_play::schema()];
        match Database::open(&path, schemas, DatabaseOptions::Exclusive) {
            Ok(database) => return PlayNetwork::open(database).await.unwrap(),
            Err(OpenError::InUse { .. }) => tokio::time::sleep(Duration::from_millis(5)).await,
            Err(error) => panic!("{error}"),
        }
    }
}

pub const fn sat(sats: u64) -> Msat {
    Msat::new(sats * 1_000)
}

/// An invoice of a wallet, good for a minute.
pub async fn invoice(wallet: &PlayWallet, sats: u64) -> CreatedInvoice {
    let invoice = NewInvoice { amount: sat(sats), description: "a test".into(), expiry_s: 60 };
    wallet.create(invoice).await.unwrap()
}

pub async fn pay(wallet: &PlayWallet, invoice: &CreatedInvoice) -> PayOutcome {
    wallet.pay(&invoice.bolt11, LIMITS).await.unwrap()
}
