//! Accounts on a database of their own, paid by a node that says what it is told to.

#![allow(dead_code, reason = "each test file uses its own part")]

#[path = "../withdrawals/invoices.rs"]
pub mod invoices;
#[path = "../model/node.rs"]
pub mod node;

use farebox_accounts::{Accounts, ClaimRequest, Payout, TokenKey, WithdrawalRules};
use farebox_ledger::{Report, verify};
use farebox_money::Sats;
use farebox_store::lease::Instance;
use farebox_store::{Schema, Store};
use farebox_testing::TestDatabase;
use farebox_wire::lightning::Preimage;
use node::Node;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub struct House {
    pub accounts: Accounts,
    pub node: Arc<Node>,
    pub store: Store,
    pub database: TestDatabase,
    clients: AtomicU64,
}

fn schemas() -> Vec<Schema> {
    vec![farebox_store::schema(), farebox_ledger::schema(), farebox_accounts::schema()]
}

impl House {
    pub async fn open() -> Self {
        let database = farebox_testing::database();
        let store = database.open(schemas).await;
        let instance = Instance::start(store.clone()).await.unwrap();
        let node = Arc::new(Node::default());
        let key = TokenKey::new([7; 32]);
        let accounts = Accounts::open(store.clone(), instance, node.clone(), key).await.unwrap();
        let rules = WithdrawalRules::default();
        let payout = Payout { payer: node.clone(), wallet: "house".to_owned(), rules };
        let accounts = accounts.with_withdrawals(payout);
        Self { accounts, node, store, database, clients: AtomicU64::default() }
    }

    /// The preimage of a new top-up, which the node says is paid.
    pub async fn paid_topup(&self, sats: u64) -> Preimage {
        // A client has only so many open.
        let client = format!("client-{}", self.clients.fetch_add(1, Ordering::SeqCst));
        let topup = self.accounts.topup(Sats::new(sats), None, &client).await.unwrap();
        self.node.preimage_of(topup.invoice.payment_hash)
    }

    pub async fn verify(&self) -> Report {
        self.store.read(verify).await.unwrap()
    }
}

pub fn claim(preimage: Preimage, client: &str) -> ClaimRequest {
    ClaimRequest { preimage, token: None, idempotency_key: None, client: client.to_owned() }
}
