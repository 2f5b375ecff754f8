//! A buyer and a seller on one network, each behind the API of a backend.

use crate::doubles::nwc::Encryption;
use crate::doubles::{self, Node};
use crate::line::Line;
use crate::real;
use crate::script::Script;
use farebox_money::Msat;
use farebox_play::{PlayNetwork, PlayWallet};
use farebox_store::{Database, DatabaseOptions};
use farebox_wallet::{
    CreatedInvoice, NewInvoice, PayLimits, PayOutcome, Wallet, WalletUrl, open_wallet,
};
use farebox_wire::bolt11::Network;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

/// Opens the wallets of every double.
pub const SECRET: &str = "5ec2e7a0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d7e8";
/// Opens none.
const WRONG: &str = "0bad0bad0bad0bad0bad0bad0bad0bad0bad0bad0bad0bad0bad0bad0bad0bad";
/// What the buyer has at first.
pub const FUNDS: u64 = 1_000;

pub const LIMITS: PayLimits =
    PayLimits { fee_max: Msat::new(7_000), wait: Duration::from_secs(20) };
/// Long enough for an answer on a busy machine.
pub const IMPATIENT: PayLimits = PayLimits { fee_max: Msat::ZERO, wait: Duration::from_secs(2) };

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// The play network itself, without an API in between.
    Play,
    Phoenixd,
    /// A node that speaks phoenixd's API and takes a fee limit.
    PhoenixdLimits,
    Lnd,
    Cln,
    Lnbits,
    Nwc,
    /// With a wallet that knows the old encryption only.
    NwcOld,
    /// A server of LNbits that `tests/interop/lnbits/run` starts, with fake funds.
    RealLnbits,
}

pub struct Bench {
    pub backend: Backend,
    /// The buyer's money, without an API that breaks.
    pub money: Arc<dyn Wallet>,
    pub buyer: Arc<dyn Wallet>,
    pub seller: Arc<dyn Wallet>,
    /// What the buyer's server does wrong.
    pub buyer_script: Script,
    /// What the seller's server does wrong.
    pub seller_script: Script,
    /// To the buyer's server.
    pub buyer_line: Line,
    /// To the seller's server.
    pub seller_line: Line,
    buyer_at: Place,
    seller_at: Place,
    network: Option<PlayNetwork>,
    _folder: TempDir,
}

/// A wallet's URL and the secret in it.
pub struct Place {
    pub url: String,
    pub secret: String,
}

impl Bench {
    pub async fn open(backend: Backend) -> Self {
        let folder = tempfile::tempdir().unwrap();
        if backend == Backend::RealLnbits {
            return Self::real(folder).await;
        }
        let network = play(&folder).await;
        let (buyer_money, seller_money) = wallets(&network).await;
        let (buyer_script, seller_script) = (Script::default(), Script::default());
        let (buyer_at, buyer_line) = serve(backend, &buyer_money, &buyer_script).await;
        let (seller_at, seller_line) = serve(backend, &seller_money, &seller_script).await;
        let (buyer, seller): (Arc<dyn Wallet>, Arc<dyn Wallet>) = match backend {
            Backend::Play => (Arc::new(buyer_money.clone()), Arc::new(seller_money)),
            _ => (client(&buyer_at), client(&seller_at)),
        };
        Self {
            backend,
            money: Arc::new(buyer_money),
            buyer,
            seller,
            buyer_script,
            seller_script,
            buyer_line,
            seller_line,
            buyer_at,
            seller_at,
            network: Some(network),
            _folder: folder,
        }
    }

    async fn real(folder: TempDir) -> Self {
        let (buyer_script, seller_script) = (Script::default(), Script::default());
        let (direct, buyer_at, buyer_line) = real::open("buyer", FUNDS, &buyer_script).await;
        let (_, seller_at, seller_line) = real::open("seller", 0, &seller_script).await;
        Self {
            backend: Backend::RealLnbits,
            money: client(&direct),
            buyer: client(&buyer_at),
            seller: client(&seller_at),
            buyer_script,
            seller_script,
            buyer_line,
            seller_line,
            buyer_at,
            seller_at,
            network: None,
            _folder: folder,
        }
    }

    /// The play network behind the doubles.
    pub fn network(&self) -> &PlayNetwork {
        self.network.as_ref().expect("a rule for doubles")
    }

    /// Where the buyer's server listens.
    pub fn buyer_address(&self) -> SocketAddr {
        self.buyer_line.address
    }

    /// The buyer after a restart: a client that remembers nothing.
    pub fn buyer_again(&self) -> Arc<dyn Wallet> {
        match self.backend {
            Backend::Play => Arc::clone(&self.buyer),
            _ => client(&self.buyer_at),
        }
    }

    /// The seller after a restart.
    pub fn seller_again(&self) -> Arc<dyn Wallet> {
        match self.backend {
            Backend::Play => Arc::clone(&self.seller),
            _ => client(&self.seller_at),
        }
    }

    /// The buyer's server, asked with a secret that is not its own.
    pub fn stranger(&self) -> Arc<dyn Wallet> {
        let Place { url, secret } = &self.buyer_at;
        client(&Place { url: url.replace(secret, WRONG), secret: WRONG.into() })
    }

    /// The buyer's client with an address where nobody listens.
    pub fn nobody(&self) -> Arc<dyn Wallet> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let free = listener.local_addr().unwrap().to_string();
        let Place { url, secret } = &self.buyer_at;
        let url = url.replace(&self.buyer_address().to_string(), &free);
        client(&Place { url, secret: secret.clone() })
    }

    /// Has the server reveal preimages that prove nothing.
    pub fn lie_about_preimages(&self) {
        self.buyer_script.change(|plan| plan.wrong_preimage = true);
        if let Some(network) = &self.network {
            network.faults().wrong_preimage(true);
        }
    }

    /// Whether the backend knows parts of a satoshi.
    pub fn is_exact(&self) -> bool {
        use Backend::{Lnbits, Phoenixd, PhoenixdLimits, RealLnbits};
        !matches!(self.backend, Phoenixd | PhoenixdLimits | Lnbits | RealLnbits)
    }

    /// Whether the backend lets its callers limit the fee.
    pub fn has_fee_limit(&self) -> bool {
        use Backend::{Cln, Lnd, PhoenixdLimits, Play};
        matches!(self.backend, Lnd | Cln | PhoenixdLimits | Play)
    }

    /// Whether the backend's wallets have nodes that they name.
    pub fn has_node_id(&self) -> bool {
        !matches!(self.backend, Backend::Lnbits | Backend::RealLnbits)
    }

    /// The network that invoices are for.
    pub fn chain(&self) -> Network {
        match self.backend {
            Backend::RealLnbits => Network::Bitcoin,
            _ => Network::Regtest,
        }
    }

    /// How far apart two settlements have to be to have an order.
    pub fn tick(&self) -> Duration {
        match self.backend {
            Backend::RealLnbits => Duration::from_millis(1_100),
            _ => Duration::from_millis(3),
        }
    }

    /// An invoice of the seller, good for a minute.
    pub async fn invoice(&self, sats: u64) -> CreatedInvoice {
        self.seller.create(order(sats)).await.unwrap()
    }

    /// An invoice of the seller that its network takes for expired.
    pub async fn expired_invoice(&self, sats: u64) -> CreatedInvoice {
        let Some(network) = &self.network else { return self.old_invoice(sats).await };
        let created = self.invoice(sats).await;
        network.clock().advance(Duration::from_secs(62));
        created
    }

    /// An invoice of the seller whose time has passed.
    pub async fn old_invoice(&self, sats: u64) -> CreatedInvoice {
        let created = self.seller.create(NewInvoice { expiry_s: 1, ..order(sats) }).await.unwrap();
        past(created.expires_at).await;
        created
    }

    /// Pays an invoice of the seller, without the buyer's API.
    pub async fn settle(&self, sats: u64) -> CreatedInvoice {
        let created = self.invoice(sats).await;
        self.pay_directly(&created).await;
        created
    }

    /// Pays without the buyer's API.
    pub async fn pay_directly(&self, created: &CreatedInvoice) {
        let outcome = self.money.pay(&created.bolt11, LIMITS).await.unwrap();
        assert!(matches!(outcome, PayOutcome::Paid { .. }), "{outcome:?}");
    }

    /// What the buyer has, by its own books.
    pub async fn funds(&self) -> Msat {
        self.money.balance().await.unwrap()
    }
}

/// Waits until the second is over.
pub async fn past(at: u64) {
    let end = SystemTime::UNIX_EPOCH + Duration::from_secs(at + 1);
    while SystemTime::now() <= end {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn play(folder: &TempDir) -> PlayNetwork {
    let path = folder.path().join("play.sqlite");
    let schemas = [farebox_play::schema()];
    let database = Database::open(&path, schemas, DatabaseOptions::Exclusive).unwrap();
    PlayNetwork::open(database).await.unwrap()
}

/// Of the buyer and the seller.
async fn wallets(network: &PlayNetwork) -> (PlayWallet, PlayWallet) {
    let buyer = network.wallet("buyer").await.unwrap();
    buyer.fund_once("test", sat(FUNDS)).await.unwrap();
    (buyer, network.wallet("seller").await.unwrap())
}

async fn serve(backend: Backend, money: &PlayWallet, script: &Script) -> (Place, Line) {
    use doubles::{cln, lnbits, lnd, nwc, phoenixd};
    script.change(|plan| plan.takes_fee_limit = backend == Backend::PhoenixdLimits);
    let node = Node::new(money.clone(), script.clone());
    let (at, url) = match backend {
        Backend::Lnd => lnd::open(node).await,
        Backend::Cln => cln::open(node).await,
        Backend::Lnbits => lnbits::open(node).await,
        Backend::Nwc => nwc::open(node, Encryption::Both).await,
        Backend::NwcOld => nwc::open(node, Encryption::Nip04).await,
        Backend::Play | Backend::Phoenixd | Backend::PhoenixdLimits | Backend::RealLnbits => {
            phoenixd::open(node).await
        }
    };
    let line = Line::to(at).await;
    let url = url.replace(&at.to_string(), &line.address.to_string());
    let secret = if backend == Backend::Lnd { hex::encode(SECRET) } else { SECRET.to_owned() };
    (Place { url, secret }, line)
}

pub fn client(place: &Place) -> Arc<dyn Wallet> {
    let url: WalletUrl = place.url.parse().unwrap();
    let shown = format!("{url} {url:?}");
    assert!(!shown.contains(&place.secret), "{shown}");
    open_wallet(&url).unwrap()
}

pub const fn sat(sats: u64) -> Msat {
    Msat::new(sats * 1_000)
}

pub fn order(sats: u64) -> NewInvoice {
    NewInvoice { amount: sat(sats), description: "a test & more".into(), expiry_s: 60 }
}
