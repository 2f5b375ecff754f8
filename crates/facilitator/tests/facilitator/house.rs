//! An engine with a database, as a process of its own would have it.

use crate::anvil::{TOKEN, random_bytes};
use farebox_evm::{Address, B256, EvmKey, ReceiptOptions, Rpc, U256};
use farebox_facilitator::{AmountRule, Engine, EngineOptions, Payment, Settlement, Terms};
use farebox_store::Schema;
use farebox_store::lease::Instance;
use farebox_testing::TestDatabase;
use farebox_wire::evm::{AssetId, ChainId, TokenDomain, TransferAuthorization, known_asset};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::task::JoinHandle;

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
    EngineOptions { receipts, ..EngineOptions::new(domain().id.chain, vec![domain()], [pay_to]) }
}

/// A process: dropped, it is killed.
pub struct House {
    pub engine: Engine,
    pub instance: Instance,
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
        let engine = Engine::new(store, instance.clone(), rpc, keys, options, clock);
        let run = engine.clone();
        let running = tokio::spawn(async move { run.run().await });
        Self { engine, instance, running }
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
