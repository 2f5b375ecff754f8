//! What the tests share.

pub mod server;
pub mod shop;
pub mod tempo_node;
pub mod token_shop;
pub mod wallet;

use farebox_buyer::{
    Answer, BuyError, Buyer, EvmWallet, Limits, MemorySink, Mode, Observer, Outcome, Quote,
    Request, Step, Wallet,
};
use farebox_evm::{Rpc, RpcOptions};
use farebox_net::{ClientOptions, http_client};
use farebox_store::rusqlite::Connection;
use farebox_wallet::Payer;
use farebox_wire::evm::{ChainId, EvmKey};
use http::Method;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wallet::TestWallet;

/// Remembers the names of the steps, and what was warned of.
#[derive(Default)]
pub struct Recorder {
    names: Mutex<Vec<String>>,
    warnings: Mutex<Vec<String>>,
}

impl Recorder {
    pub fn names(&self) -> Vec<String> {
        self.names.lock().unwrap().clone()
    }

    pub fn count(&self, name: &str) -> usize {
        self.names().iter().filter(|own| *own == name).count()
    }

    pub fn warnings(&self) -> Vec<String> {
        self.warnings.lock().unwrap().clone()
    }
}

impl Observer for Recorder {
    fn step(&self, step: &Step<'_>) {
        self.names.lock().unwrap().push(name_of(step));
        if let Step::Warning(text) = step {
            self.warnings.lock().unwrap().push((*text).to_owned());
        }
    }
}

/// `Resuming`, `Paying`, …
pub fn name_of(step: &Step<'_>) -> String {
    let shown = format!("{step:?}");
    shown.chars().take_while(char::is_ascii_alphanumeric).collect()
}

/// A buyer with a folder and a wallet of its own.
pub struct Desk {
    pub folder: tempfile::TempDir,
    pub wallet: TestWallet,
    pub buyer: Buyer,
    pub limits: Limits,
    pub recorder: Recorder,
}

impl Desk {
    pub fn new() -> Self {
        Self::with_wallet(TestWallet::new())
    }

    pub fn with_wallet(wallet: TestWallet) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let buyer = open(folder.path(), Some(("test", Arc::new(wallet.clone()))));
        Self { folder, wallet, buyer, limits: quick_limits(), recorder: Recorder::default() }
    }

    /// Without a Lightning wallet, with a key for tokens and a policy that lets it pay.
    pub fn with_tokens() -> Self {
        let mut desk = Self::new();
        desk.buyer = desk.token_buyer();
        desk
    }

    /// The buyer of [`Desk::with_tokens`], as another process or a later run has it.
    pub fn token_buyer(&self) -> Buyer {
        token_buyer_in(self.folder.path())
    }

    /// Gets an address as a later run that has a node of the chain.
    pub async fn get_with_node(&self, url: &str, node: &str) -> Result<Outcome, BuyError> {
        let chain = ChainId::BASE_SEPOLIA;
        let rpc = Rpc::new(node.parse().unwrap(), RpcOptions::default()).unwrap();
        let evm = EvmWallet { nodes: BTreeMap::from([(chain, rpc)]), ..evm_wallet() };
        let buyer = self.token_buyer().with_evm(evm);
        let mut sink = MemorySink::default();
        let request = get_request(url);
        buyer.get(&request, &self.limits, Mode::Pay, &self.recorder, &mut sink).await
    }

    /// The states of all payments in tokens, oldest first.
    pub fn transfers(&self) -> Vec<String> {
        self.column("SELECT state FROM transfer ORDER BY id")
    }

    /// The states of everything that counts against the budget, oldest first.
    pub fn spends(&self) -> Vec<String> {
        self.column("SELECT state FROM spend ORDER BY id")
    }

    fn column(&self, sql: &str) -> Vec<String> {
        let connection = self.records();
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    /// The same folder, as another process or a later run has it.
    pub fn reopened(&self, name: &str) -> Buyer {
        open(self.folder.path(), Some((name, Arc::new(self.wallet.clone()))))
    }

    pub async fn run(&self, request: &Request, mode: Mode) -> Result<(Outcome, Vec<u8>), BuyError> {
        let mut sink = MemorySink::default();
        let run = self.buyer.get(request, &self.limits, mode, &self.recorder, &mut sink);
        let outcome = run.await?;
        Ok((outcome, sink.body().to_vec()))
    }

    /// Gets an address and returns the answer and its text.
    pub async fn get(&self, url: &str) -> Result<(Answer, String), BuyError> {
        self.answer(&get_request(url), Mode::Pay).await
    }

    pub async fn answer(
        &self,
        request: &Request,
        mode: Mode,
    ) -> Result<(Answer, String), BuyError> {
        match self.run(request, mode).await? {
            (Outcome::Answered(answer), body) => Ok((answer, String::from_utf8(body).unwrap())),
            (Outcome::Quoted(quote), _) => panic!("quoted: {quote:?}"),
        }
    }

    pub async fn quote(&self, request: &Request, mode: Mode) -> Result<Quote, BuyError> {
        match self.run(request, mode).await? {
            (Outcome::Quoted(quote), _) => Ok(quote),
            (Outcome::Answered(answer), _) => panic!("answered: {answer:?}"),
        }
    }

    /// The states of all purchases, oldest first.
    pub fn states(&self) -> Vec<String> {
        self.column("SELECT state FROM purchase ORDER BY id")
    }

    pub fn token_count(&self) -> u32 {
        let sql = "SELECT count(*) FROM token";
        self.records().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    pub fn records(&self) -> Connection {
        Connection::open(self.folder.path().join("buyer.sqlite")).unwrap()
    }
}

pub fn open(folder: &Path, wallet: Option<(&str, Arc<dyn Payer>)>) -> Buyer {
    let wallet = wallet.map(|(name, payer)| Wallet { name: name.to_owned(), payer });
    Buyer::open(folder, client(), wallet).unwrap()
}

/// A buyer without a Lightning wallet, with a key for tokens and a policy that lets it pay.
pub fn token_buyer_in(folder: &Path) -> Buyer {
    open(folder, None).with_evm(evm_wallet()).with_policy(TOKEN_POLICY.parse().unwrap())
}

/// The key that pays tokens in tests.
pub fn evm_wallet() -> EvmWallet {
    EvmWallet {
        key: Arc::new(EvmKey::new([7; 32]).unwrap()),
        chains: None,
        nodes: BTreeMap::new(),
        legacy_nonce_hosts: Vec::new(),
        gas_price_max: 100_000_000_000,
    }
}

/// Allows a dollar a call in tokens, and ten a day.
pub const TOKEN_POLICY: &str = r#"
[total]
day = "10 USD"

[rates]
btc_usd = "100000"

[[rules]]
name = "tokens"
rails = ["x402", "mpp"]
call = "1 USD"
"#;

pub fn client() -> reqwest::Client {
    http_client(&ClientOptions {
        user_agent: "test".into(),
        connect_timeout: Duration::from_secs(5),
        read_timeout: Duration::from_secs(5),
        insecure_tls: false,
        certificate: None,
        system_proxy: false,
    })
    .unwrap()
}

pub fn quick_limits() -> Limits {
    Limits {
        payment_timeout: Duration::from_millis(1_500),
        answer_timeout: Duration::from_secs(4),
        ..Limits::default()
    }
}

pub fn get_request(url: &str) -> Request {
    Request::new(Method::GET, url).unwrap()
}

pub fn post_request(url: &str, body: &str) -> Request {
    Request::new(Method::POST, url).unwrap().with_body(body.to_owned())
}
