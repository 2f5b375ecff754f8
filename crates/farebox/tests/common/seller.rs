//! A seller and the wallet of its one buyer, on a play network in this process.

use super::{farebox, output_of};
use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use farebox_money::Msat;
use farebox_play::phoenixd_api::{ApiPasswords, router};
use farebox_play::{PlayNetwork, PlayWallet};
use farebox_store::{Database, DatabaseOptions};
use farebox_wallet::{InvoiceStatus, NewInvoice, Payer, Receiver};
use farebox_wire::l402::{Credential, Grant, Identifier, Proof, TokenKind, challenge_header};
use farebox_wire::macaroon::Macaroon;
use http::StatusCode;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::request::Parts;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::net::TcpListener;

pub const FUNDS: Msat = Msat::new(10_000_000);
const ROOT_KEY: &[u8] = b"the seller's root key";

/// Sells every path for the same price, one payment for one request.
pub struct Market {
    pub folder: tempfile::TempDir,
    pub network: PlayNetwork,
    pub buyer: PlayWallet,
    pub wallet_url: String,
    /// Without a slash at its end.
    pub url: String,
    pub seller: Seller,
}

#[derive(Clone)]
pub struct Seller {
    till: PlayWallet,
    price_msat: Arc<AtomicU64>,
    expiry_s: Arc<AtomicU64>,
}

impl Seller {
    pub fn set_price_sats(&self, sats: u64) {
        self.price_msat.store(sats * 1_000, Ordering::SeqCst);
    }

    /// How long its invoices can be paid.
    pub fn set_expiry_s(&self, seconds: u64) {
        self.expiry_s.store(seconds, Ordering::SeqCst);
    }

    async fn challenge(&self, method: &str, path: &str) -> Response {
        let amount = Msat::new(self.price_msat.load(Ordering::SeqCst));
        let expiry_s = u32::try_from(self.expiry_s.load(Ordering::SeqCst)).unwrap();
        let invoice = NewInvoice { amount, description: "a".into(), expiry_s };
        let created = self.till.create(invoice).await.unwrap();
        let identifier = Identifier { payment_hash: created.payment_hash, token_id: [1; 32] };
        let grant = Grant {
            kind: TokenKind::OneShot,
            proof: Proof::Preimage,
            method: method.into(),
            path: path.into(),
            body_sha256: None,
            price_usd: None,
            amount,
            expires_at: u64::from(u32::MAX),
        };
        let macaroon = Macaroon::issue(ROOT_KEY, None, identifier.encode());
        let macaroon = grant.to_caveats().into_iter().fold(macaroon, Macaroon::with_caveat);
        let token = base64::Engine::encode(
            &base64::engine::general_purpose::STANDARD,
            macaroon.encode_v2(),
        );
        let header = challenge_header(&token, &created.bolt11);
        (StatusCode::PAYMENT_REQUIRED, [(WWW_AUTHENTICATE, header)]).into_response()
    }

    /// A 402, unless the request shows that it is paid.
    pub async fn asks_for_payment(&self, request: &Parts) -> Option<Response> {
        let proof = request.headers.get(AUTHORIZATION).map(|value| value.as_bytes().to_vec());
        if let Some(proof) = proof
            && self.is_paid(&proof).await
        {
            return None;
        }
        let (method, path) = (request.method.to_string(), request.uri.path().to_owned());
        Some(self.challenge(&method, &path).await)
    }

    async fn is_paid(&self, authorization: &[u8]) -> bool {
        let Some(Ok(credential)) = Credential::parse_authorization(authorization) else {
            return false;
        };
        let status = self.till.lookup(credential.preimage.hash()).await.unwrap();
        matches!(status, InvoiceStatus::Settled { .. })
    }
}

async fn sell(State(seller): State<Seller>, request: Request) -> Response {
    match seller.asks_for_payment(&request.into_parts().0).await {
        Some(challenge) => challenge,
        None => "sold".into_response(),
    }
}

pub async fn serve(app: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address.to_string()
}

impl Market {
    /// A seller that asks for 5 sats.
    pub async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("play.sqlite");
        let database =
            Database::open(&path, [farebox_play::schema()], DatabaseOptions::Exclusive).unwrap();
        let network = PlayNetwork::open(database).await.unwrap();
        let buyer = network.wallet("buyer").await.unwrap();
        buyer.fund_once("buyer", FUNDS).await.unwrap();
        let passwords = ApiPasswords { full: "p".into(), limited: "l".into() };
        let wallet_url =
            format!("phoenixd:http://:p@{}", serve(router(buyer.clone(), passwords)).await);
        let seller = Seller {
            till: network.wallet("seller").await.unwrap(),
            price_msat: Arc::new(AtomicU64::new(5_000)),
            expiry_s: Arc::new(AtomicU64::new(600)),
        };
        let app = Router::new().fallback(sell).with_state(seller.clone());
        let url = format!("http://{}", serve(app).await);
        std::fs::create_dir(folder.path().join("data")).unwrap();
        Self { folder, network, buyer, wallet_url, url, seller }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The host with its port.
    pub fn host(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    /// Puts a policy in force.
    pub fn set_policy(&self, text: &str) {
        std::fs::write(self.data().join("policy.toml"), text).unwrap();
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = farebox();
        command.env("FAREBOX_WALLET", &self.wallet_url).env("FAREBOX_DATA", self.data());
        command.args(arguments).stdin(std::process::Stdio::null());
        command
    }

    pub async fn run(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(arguments);
        tokio::task::spawn_blocking(move || output_of(&mut command)).await.unwrap()
    }

    /// Gets a path of the seller.
    pub async fn get(&self, path: &str, arguments: &[&str]) -> Output {
        let url = format!("{}{path}", self.url);
        let arguments: Vec<&str> =
            ["get", &url].into_iter().chain(arguments.iter().copied()).collect();
        self.run(&arguments).await
    }

    /// What the wallet really paid.
    pub async fn spent(&self) -> Msat {
        FUNDS.checked_sub(self.buyer.balance().await.unwrap()).unwrap()
    }
}
