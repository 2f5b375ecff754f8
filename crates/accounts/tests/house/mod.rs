//! Accounts on a database of their own, paid by a node that says what it is told to.

#![allow(dead_code, reason = "each test file uses its own part")]

use async_trait::async_trait;
use farebox_accounts::{Accounts, ClaimRequest, TokenKey};
use farebox_ledger::{Report, verify};
use farebox_money::{Msat, Sats};
use farebox_store::lease::Instance;
use farebox_store::{Schema, Store};
use farebox_testing::TestDatabase;
use farebox_wallet::{
    CreatedInvoice, InvoiceStatus, NewInvoice, Receiver, SettledCursor, Settlements, WalletError,
};
use farebox_wire::lightning::{PaymentHash, Preimage};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A node all of whose invoices are paid in full.
#[derive(Default)]
pub struct Node {
    made: AtomicU64,
    invoices: Mutex<HashMap<PaymentHash, (Msat, Preimage)>>,
}

#[async_trait]
impl Receiver for Node {
    async fn create(&self, invoice: NewInvoice) -> Result<CreatedInvoice, WalletError> {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&self.made.fetch_add(1, Ordering::SeqCst).to_be_bytes());
        let preimage = Preimage::new(bytes);
        let payment_hash = preimage.hash();
        self.invoices.lock().unwrap().insert(payment_hash, (invoice.amount, preimage));
        let expires_at = u64::from(u32::MAX);
        Ok(CreatedInvoice { bolt11: "lnbcrt1".to_owned(), payment_hash, expires_at })
    }

    async fn lookup(&self, hash: PaymentHash) -> Result<InvoiceStatus, WalletError> {
        let invoices = self.invoices.lock().unwrap();
        Ok(match invoices.get(&hash) {
            Some((amount, _)) => InvoiceStatus::Settled { amount: *amount },
            None => InvoiceStatus::Unknown,
        })
    }

    async fn settled_since(
        &self,
        cursor: SettledCursor,
        wait: Duration,
    ) -> Result<Settlements, WalletError> {
        tokio::time::sleep(wait).await;
        Ok(Settlements { hashes: Vec::new(), next: cursor })
    }
}

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
        Self { accounts, node, store, database, clients: AtomicU64::default() }
    }

    /// The preimage of a new top-up, which the node says is paid.
    pub async fn paid_topup(&self, sats: u64) -> Preimage {
        // A client has only so many open.
        let client = format!("client-{}", self.clients.fetch_add(1, Ordering::SeqCst));
        let topup = self.accounts.topup(Sats::new(sats), None, &client).await.unwrap();
        self.node.invoices.lock().unwrap()[&topup.invoice.payment_hash].1
    }

    pub async fn verify(&self) -> Report {
        self.store.read(verify).await.unwrap()
    }
}

pub fn claim(preimage: Preimage, client: &str) -> ClaimRequest {
    ClaimRequest { preimage, token: None, idempotency_key: None, client: client.to_owned() }
}
