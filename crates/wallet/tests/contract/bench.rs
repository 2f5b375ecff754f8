//! A buyer and a seller on one play network, each behind the API of a backend.

use crate::doubles::nwc::Encryption;
use crate::doubles::{self, Node};
use crate::script::Script;
use farebox_money::Msat;
use farebox_play::{PlayNetwork, PlayWallet};
use farebox_store::{Database, DatabaseOptions};
use farebox_wallet::{
    CreatedInvoice, NewInvoice, PayLimits, PayOutcome, Wallet, WalletUrl, open_wallet,
};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// Opens the wallets of every double.
pub const SECRET: &str = "5ec2e7a0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d7e8";
/// Opens none.
pub const WRONG: &str = "0bad0bad0bad0bad0bad0bad0bad0bad0bad0bad0bad0bad0bad0bad0bad0bad";
/// What the buyer has at first.
pub const FUNDS: u64 = 1_000;

pub const LIMITS: PayLimits =
    PayLimits { fee_max: Msat::new(7_000), wait: Duration::from_secs(20) };
/// Long enough for an answer on a busy machine.
pub const IMPATIENT: PayLimits = PayLimits { fee_max: Msat::ZERO, wait: Duration::from_secs(2) };

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Phoenixd,
    Lnd,
    Cln,
    Lnbits,
    Nwc,
    /// With a wallet that knows the old encryption only.
    NwcOld,
}

pub struct Bench {
    pub backend: Backend,
    pub network: PlayNetwork,
    /// The money behind the buyer's API.
    pub buyer_wallet: PlayWallet,
    pub buyer: Arc<dyn Wallet>,
    pub seller: Arc<dyn Wallet>,
    /// What the buyer's server does wrong.
    pub buyer_script: Script,
    /// What the seller's server does wrong.
    pub seller_script: Script,
    buyer_url: String,
    seller_url: String,
    _folder: TempDir,
}

impl Bench {
    pub async fn open(backend: Backend) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("play.sqlite");
        let schemas = [farebox_play::schema()];
        let database = Database::open(&path, schemas, DatabaseOptions::Exclusive).unwrap();
        let network = PlayNetwork::open(database).await.unwrap();
        let buyer_wallet = network.wallet("buyer").await.unwrap();
        buyer_wallet.fund_once("test", sat(FUNDS)).await.unwrap();
        let seller_wallet = network.wallet("seller").await.unwrap();
        let (buyer_script, seller_script) = (Script::default(), Script::default());
        let buyer = Node::new(buyer_wallet.clone(), buyer_script.clone());
        let seller = Node::new(seller_wallet, seller_script.clone());
        let buyer_url = serve(backend, buyer).await;
        let seller_url = serve(backend, seller).await;
        Self {
            backend,
            network,
            buyer_wallet,
            buyer: client(&buyer_url),
            seller: client(&seller_url),
            buyer_script,
            seller_script,
            buyer_url,
            seller_url,
            _folder: folder,
        }
    }

    /// Where the buyer's server listens.
    pub fn buyer_address(&self) -> SocketAddr {
        let start = self.buyer_url.find("127.0.0.1:").unwrap();
        let address = self.buyer_url[start..].split(['?', '&']).next().unwrap();
        address.parse().unwrap()
    }

    /// The buyer after a restart: a client that remembers nothing.
    pub fn buyer_again(&self) -> Arc<dyn Wallet> {
        client(&self.buyer_url)
    }

    /// The seller after a restart.
    pub fn seller_again(&self) -> Arc<dyn Wallet> {
        client(&self.seller_url)
    }

    /// The buyer's server, asked with a secret that is not its own.
    pub fn stranger(&self) -> Arc<dyn Wallet> {
        let (right, wrong) = match self.backend {
            Backend::Lnd => (hex::encode(SECRET), hex::encode(WRONG)),
            _ => (SECRET.to_owned(), WRONG.to_owned()),
        };
        client(&self.buyer_url.replace(&right, &wrong))
    }

    /// The buyer's client with an address where nobody listens.
    pub fn nobody(&self) -> Arc<dyn Wallet> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let free = listener.local_addr().unwrap().port().to_string();
        let port = self.buyer_address().port().to_string();
        client(&self.buyer_url.replace(&port, &free))
    }

    /// Has the server reveal preimages that prove nothing.
    pub fn lie_about_preimages(&self) {
        self.buyer_script.lie_about_preimages();
        self.network.faults().wrong_preimage(true);
    }

    /// Whether the backend knows parts of a satoshi.
    pub fn is_exact(&self) -> bool {
        !matches!(self.backend, Backend::Phoenixd | Backend::Lnbits)
    }

    /// Whether the backend lets its callers limit the fee.
    pub fn has_fee_limit(&self) -> bool {
        matches!(self.backend, Backend::Lnd | Backend::Cln)
    }

    /// An invoice of the seller, good for a minute.
    pub async fn invoice(&self, sats: u64) -> CreatedInvoice {
        self.seller.create(order(sats)).await.unwrap()
    }

    /// Pays an invoice of the seller, without the buyer's API.
    pub async fn settle(&self, sats: u64) -> CreatedInvoice {
        use farebox_wallet::Payer;
        let created = self.invoice(sats).await;
        let outcome = self.buyer_wallet.pay(&created.bolt11, LIMITS).await.unwrap();
        assert!(matches!(outcome, PayOutcome::Paid { .. }), "{outcome:?}");
        created
    }

    /// What the buyer has, by its own books.
    pub async fn funds(&self) -> Msat {
        use farebox_wallet::Payer;
        self.buyer_wallet.balance().await.unwrap()
    }
}

async fn serve(backend: Backend, node: Node) -> String {
    match backend {
        Backend::Phoenixd => doubles::phoenixd::open(node, SECRET).await,
        Backend::Lnd => doubles::lnd::open(node, SECRET).await,
        Backend::Cln => doubles::cln::open(node, SECRET).await,
        Backend::Lnbits => doubles::lnbits::open(node, SECRET).await,
        Backend::Nwc => doubles::nwc::open(node, SECRET, Encryption::Both).await,
        Backend::NwcOld => doubles::nwc::open(node, SECRET, Encryption::Nip04).await,
    }
}

fn client(url: &str) -> Arc<dyn Wallet> {
    let url: WalletUrl = url.parse().unwrap();
    let shown = format!("{url} {url:?}");
    assert!(!shown.contains(SECRET) && !shown.contains(&hex::encode(SECRET)), "{shown}");
    open_wallet(&url).unwrap()
}

pub const fn sat(sats: u64) -> Msat {
    Msat::new(sats * 1_000)
}

pub fn order(sats: u64) -> NewInvoice {
    NewInvoice { amount: sat(sats), description: "a test & more".into(), expiry_s: 60 }
}
