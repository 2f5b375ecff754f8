//! Accounts on a database, asked through their HTTP API.

use crate::invoices::Draft;
use crate::wallet::Wallet;
use axum::body::Body;
use farebox_accounts::{Accounts, ClaimRequest, Payout, TokenKey, WithdrawalRules, api};
use farebox_ledger::{AccountClass, AccountKey, NewTransfer, Report, TransferCode, writer};
use farebox_money::{Msat, Sats};
use farebox_rates::Rates;
use farebox_store::lease::Instance;
use farebox_store::{Store, Transaction, params};
use farebox_testing::TestDatabase;
use farebox_wire::lightning::PaymentHash;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tower::ServiceExt;

pub const COLLECT: &str = "/api/v1/ai-for-hire/collect";
const PATIENCE: Duration = Duration::from_secs(60);

/// A process: its accounts, and what it does in the background.
pub struct Node {
    pub accounts: Accounts,
    pub instance: Instance,
    pub store: Store,
    background: Option<JoinHandle<()>>,
}

pub struct Bank {
    pub node: Node,
    pub wallet: Arc<Wallet>,
    pub database: TestDatabase,
    pub rules: WithdrawalRules,
}

/// Somebody with a token.
#[derive(Clone, Debug)]
pub struct Customer {
    pub token: String,
    pub account: String,
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    pub fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    pub fn assert(&self, status: u16, code: &str) {
        assert_eq!((self.status.as_u16(), self.code()), (status, code), "{}", self.body);
    }
}

fn schemas() -> Vec<farebox_store::Schema> {
    vec![farebox_store::schema(), farebox_ledger::schema(), farebox_accounts::schema()]
}

/// Limits that no test meets by chance, and a wallet that is waited for long enough.
pub fn rules() -> WithdrawalRules {
    WithdrawalRules { pay_wait: Duration::from_secs(20), ..WithdrawalRules::default() }
}

impl Node {
    pub async fn open(store: Store, wallet: &Arc<Wallet>, rules: &WithdrawalRules) -> Self {
        let instance = Instance::start(store.clone()).await.unwrap();
        let key = TokenKey::new([1; 32]);
        let accounts = Accounts::open(store.clone(), instance.clone(), wallet.clone(), key);
        let payout = Payout { payer: wallet.clone(), wallet: "test".into(), rules: rules.clone() };
        let accounts = accounts.await.unwrap().with_withdrawals(payout);
        Self { accounts, instance, store, background: None }
    }

    /// Begins its background work.
    pub fn run(&mut self) {
        let (accounts, instance) = (self.accounts.clone(), self.instance.clone());
        self.background = Some(tokio::spawn(async move {
            tokio::join!(accounts.run(), instance.keep_alive());
        }));
    }

    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<Value>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header("x-token", token);
        }
        let body = body.map_or(Body::empty(), |body| Body::from(body.to_string()));
        let router = axum::Router::from(api::routes(self.accounts.clone(), Rates::moving(60).1));
        let response = router.oneshot(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub async fn collect(&self, who: &Customer, invoice: &str, sats: u64) -> Answer {
        let body = json!({"invoice": invoice, "amount_sats": sats});
        self.ask(Method::POST, COLLECT, Some(&who.token), Some(body)).await
    }

    pub async fn look(&self, who: &Customer, hash: PaymentHash) -> Answer {
        let path = format!("{COLLECT}/{hash}");
        self.ask(Method::GET, &path, Some(&who.token), None).await
    }

    /// Looks until the withdrawal has another state than pending.
    pub async fn await_end(&self, who: &Customer, hash: PaymentHash) -> Answer {
        let begun = Instant::now();
        loop {
            let answer = self.look(who, hash).await;
            if answer.body["status"] != "pending" {
                return answer;
            }
            assert!(begun.elapsed() < PATIENCE, "still pending: {}", answer.body);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Runs a statement.
    pub async fn execute(&self, sql: &'static str) {
        let execute = move |transaction: &Transaction<'_>| transaction.execute(sql, params![]);
        self.store.write(execute).await.unwrap();
    }

    pub async fn balance(&self, who: &Customer) -> Msat {
        self.accounts.balance(&who.account).await.unwrap()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(background) = &self.background {
            background.abort();
        }
    }
}

impl Bank {
    pub async fn open() -> Self {
        Self::with_rules(rules()).await
    }

    pub async fn with_rules(rules: WithdrawalRules) -> Self {
        Self::on(farebox_testing::database(), rules).await
    }

    pub async fn on(database: TestDatabase, rules: WithdrawalRules) -> Self {
        let store = database.open(schemas).await;
        let wallet = Arc::new(Wallet::default());
        let node = Node::open(store, &wallet, &rules).await;
        Self { node, wallet, database, rules }
    }

    /// The process dies, and another one is started on its database.
    pub async fn restart(self) -> Self {
        let Self { node, wallet, database, rules } = self;
        drop(node);
        let store = database.open(schemas).await;
        // Nobody notices the death of a process that shares its database for a minute.
        let forget =
            |transaction: &Transaction<'_>| transaction.execute("DELETE FROM lease", params![]);
        store.write(forget).await.unwrap();
        let node = Node::open(store, &wallet, &rules).await;
        Self { node, wallet, database, rules }
    }

    /// Another process on the same database.
    pub async fn second_node(&self) -> Node {
        let store = self.database.open(schemas).await;
        Node::open(store, &self.wallet, &self.rules).await
    }

    /// Somebody who has topped up.
    pub async fn customer(&self, sats: u64) -> Customer {
        let accounts = &self.node.accounts;
        let topup = accounts.topup(Sats::new(sats), None, "test").await.unwrap();
        let hash = topup.invoice.payment_hash;
        let preimage = (1..).map(Wallet::topup_preimage).find(|preimage| preimage.hash() == hash);
        let request = ClaimRequest {
            preimage: preimage.unwrap(),
            token: None,
            idempotency_key: None,
            client: "test".into(),
        };
        let token = accounts.claim(request).await.unwrap().token;
        let account = accounts.authenticate(&token).await.unwrap();
        Customer { token: token.reveal().to_owned(), account }
    }

    /// An invoice of a payee that the wallet can pay.
    pub fn invoice(&self, seed: u16, sats: u64) -> (String, PaymentHash) {
        self.sign(&Draft::sats(seed, sats))
    }

    pub fn sign(&self, draft: &Draft) -> (String, PaymentHash) {
        self.wallet.knows(draft.preimage);
        (draft.sign(), draft.hash())
    }

    /// The account pays a fee of the task board.
    pub async fn charge(&self, who: &Customer, kind: &'static str, sats: u64) {
        let from = AccountKey::User(who.account.clone());
        let to = AccountKey::Income(kind.to_owned());
        let amount = Sats::new(sats).to_msat().unwrap();
        let reference = format!("{kind}-{}", who.account);
        let code = TransferCode::Correction;
        let fee = NewTransfer::new(code, &reference, 0, from, to, amount);
        let post = move |transaction: &Transaction<'_>| {
            Ok::<_, farebox_store::StoreError>(writer::post(transaction, &[fee], 1)?)
        };
        self.node.store.write(post).await.unwrap();
    }

    /// Sound books, in which nothing is on its way and the node has what the wallet says.
    pub async fn assert_settled(&self, topped_up_sats: u64, paid_out_msat: u64) {
        let report = self.report().await;
        for class in AccountClass::ALL.into_iter().filter(|class| class.is_clearing()) {
            let totals = report.classes.get(&class).copied().unwrap_or_default();
            assert_eq!(totals.open, 0, "{class:?} is not at zero");
        }
        let node = report.classes[&AccountClass::Node];
        let held = node.debits.get() - node.credits.get();
        assert_eq!(held, topped_up_sats * 1_000 - paid_out_msat, "what the node has");
    }

    pub async fn report(&self) -> Report {
        let report = self.node.store.read(farebox_ledger::verify).await.unwrap();
        assert!(report.is_sound(), "{:?}", report.findings);
        report
    }

    /// What is on its way.
    pub async fn inflight(&self, hash: PaymentHash) -> Msat {
        let read = move |transaction: &Transaction<'_>| {
            writer::balance(transaction, &AccountKey::Inflight(hash))
        };
        self.node.store.read(read).await.unwrap().available().unwrap()
    }
}

/// Waits until `is_so`.
pub async fn until(mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "it did not come to be");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
