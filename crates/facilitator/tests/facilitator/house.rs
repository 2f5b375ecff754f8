//! An engine with a database, as a process of its own would have it.

use crate::anvil::{TOKEN, random_bytes, random_key};
use farebox_evm::{Address, B256, EvmKey, ReceiptOptions, Rpc, RpcOptions, U256};
use farebox_facilitator::{AmountRule, Engine, EngineOptions, Payment, Refusal, Settlement, Terms};
use farebox_store::lease::Instance;
use farebox_store::{Schema, Store};
use farebox_testing::TestDatabase;
use farebox_testing::evm_node::EvmNode;
use farebox_wire::evm::{AssetId, ChainId, TokenDomain, TransferAuthorization, known_asset};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::task::JoinHandle;

/// The method that hands a transaction over.
pub const SEND: &str = "eth_sendRawTransaction";

pub fn schemas() -> Vec<Schema> {
    vec![farebox_store::schema(), farebox_facilitator::schema()]
}

pub fn now_s() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()
}

pub fn domain() -> TokenDomain {
    let id = AssetId { chain: ChainId::new(84_532), address: TOKEN.parse().unwrap() };
    known_asset(id).unwrap().token_domain().unwrap()
}

/// Options of tests: impatient, and for the test chain's token.
pub fn options(pay_to: Address) -> EngineOptions {
    let receipts = ReceiptOptions {
        interval_min: Duration::from_millis(10),
        interval_max: Duration::from_millis(200),
    };
    let resend_after = Duration::from_millis(100);
    EngineOptions {
        receipts,
        resend_after,
        ..EngineOptions::new(domain().id.chain, vec![domain()], [pay_to])
    }
}

/// A process: dropped, it is killed.
pub struct House {
    pub engine: Engine,
    pub instance: Instance,
    pub store: Store,
    running: JoinHandle<()>,
}

impl House {
    pub async fn open(
        database: &TestDatabase,
        rpc: Rpc,
        keys: Vec<EvmKey>,
        options: EngineOptions,
    ) -> Self {
        let store = database.open(schemas).await;
        let instance = Instance::start(store.clone()).await.unwrap();
        let clock = Arc::new(now_s);
        let engine = Engine::new(store.clone(), instance.clone(), rpc, keys, options, clock);
        let run = engine.clone();
        let running = tokio::spawn(async move { run.run().await });
        Self { engine, instance, store, running }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.running.abort();
    }
}

pub fn pay(payer: &EvmKey, pay_to: Address, value: u64) -> Payment {
    let authorization = TransferAuthorization {
        from: payer.address(),
        to: pay_to,
        value: U256::from(value),
        valid_after: U256::ZERO,
        valid_before: U256::from(now_s() + 600),
        nonce: B256::new(random_bytes()),
    };
    let signature = authorization.sign(&domain(), payer);
    Payment { asset: domain().id, authorization, signature }
}

pub fn terms(pay_to: Address, value: u64) -> Terms {
    Terms { pay_to, amount: AmountRule::Exactly(U256::from(value)) }
}

pub const fn is_settled(settlement: &Settlement) -> bool {
    matches!(settlement, Settlement::Settled { .. })
}

/// Options of a seller who does not wait, with every look soon.
pub fn quick(pay_to: Address) -> EngineOptions {
    EngineOptions {
        settle_wait: Duration::from_millis(300),
        resolve_period: Duration::from_millis(20),
        ..options(pay_to)
    }
}

/// The node, asked impatiently.
pub fn node_rpc(node: &EvmNode) -> Rpc {
    let options = RpcOptions { timeout: Duration::from_millis(400), ..RpcOptions::default() };
    Rpc::new(node.url.parse().unwrap(), options).unwrap()
}

/// An engine, a node that misbehaves on command, and a buyer with money.
pub struct Shop {
    pub house: House,
    pub node: EvmNode,
    pub payer: EvmKey,
    pub pay_to: Address,
    pub database: TestDatabase,
}

pub async fn shop(options: impl Fn(Address) -> EngineOptions) -> Shop {
    Shop::open(farebox_testing::database(), options).await
}

/// Ends a process, as by a power cut.
pub async fn kill(house: House) {
    house.running.abort();
    // The other processes on a PostgreSQL would wait a minute to see that it is gone.
    house.instance.end().await.unwrap();
}

impl Shop {
    pub async fn open(database: TestDatabase, options: impl Fn(Address) -> EngineOptions) -> Self {
        let node = EvmNode::start(domain()).await;
        let (payer, pay_to) = (random_key(), random_key().address());
        node.mint(payer.address(), 1_000);
        let rpc = node_rpc(&node);
        let house = House::open(&database, rpc, vec![random_key()], options(pay_to)).await;
        Self { house, node, payer, pay_to, database }
    }

    /// A payment of one unit.
    pub fn pay(&self) -> Payment {
        pay(&self.payer, self.pay_to, 1)
    }

    pub fn terms(&self) -> Terms {
        terms(self.pay_to, 1)
    }

    pub async fn verify(&self, payment: &Payment) -> Result<(), Refusal> {
        self.house.engine.verify(payment, &self.terms()).await
    }

    pub async fn settle(&self, payment: &Payment) -> Result<Settlement, Refusal> {
        self.house.engine.settle(payment, &self.terms()).await
    }

    /// Settles again and again while it is pending.
    pub async fn settle_to_the_end(&self, payment: &Payment) -> Settlement {
        let mut last = None;
        // Long past anything that is waited for: a test that hangs says nothing.
        for _ in 0..200 {
            last = Some(match self.settle(payment).await.unwrap() {
                pending @ Settlement::Pending { .. } => pending,
                end => return end,
            });
        }
        panic!("it stays {last:?}")
    }

    pub fn store(&self) -> Store {
        self.house.store.clone()
    }

    /// How many units the seller has.
    pub fn paid(&self) -> u64 {
        self.node.balance(self.pay_to).to()
    }
}
