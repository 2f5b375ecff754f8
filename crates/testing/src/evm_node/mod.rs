//! A chain with one EIP-3009 token, in memory, behind JSON-RPC; it misbehaves on command.

mod ledger;
mod raw;
mod server;

pub use ledger::{Ledger, Mined};
pub use raw::{RawTransaction, decode};

use farebox_wire::evm::{Address, TokenDomain, U256};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::task::JoinHandle;

/// What goes wrong with one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The call is done, and its answer never comes.
    SilentAfter,
    /// The call is not done, and no answer comes.
    SilentBefore,
    /// The call is done, and the answer is no JSON.
    GarbageAfter,
    /// The call is not done, and the answer is no JSON.
    GarbageBefore,
    /// The call is done, and the answer is longer than anybody reads.
    HugeAfter,
    /// The call is done, and the answer is a status.
    StatusAfter(u16),
    /// The call is not done; a refusal with these words.
    Refuse(&'static str),
}

/// How the node misbehaves.
#[derive(Default)]
pub struct Faults {
    /// Each meets the next call of its method.
    pub planned: VecDeque<(&'static str, Fault)>,
    /// One of so many transactions handed over meets a fault, as the numbers fall.
    pub random: Option<(fastrand::Rng, u32)>,
    /// Receipts are not given out.
    pub hides_receipts: bool,
    /// Transactions are taken and forgotten.
    pub forgets_transactions: bool,
}

/// The node; its server stops when this is dropped.
pub struct EvmNode {
    /// Where it is asked.
    pub url: String,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

pub(crate) struct Shared {
    pub(crate) ledger: Mutex<Ledger>,
    pub(crate) faults: Mutex<Faults>,
    pub(crate) calls: Mutex<Vec<String>>,
}

impl EvmNode {
    /// A chain with this token on a free port. Each transaction gets a block of its own at once.
    pub async fn start(domain: TokenDomain) -> Self {
        let shared = Arc::new(Shared {
            ledger: Mutex::new(Ledger::new(domain)),
            faults: Mutex::default(),
            calls: Mutex::default(),
        });
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = server::router(Arc::clone(&shared));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, shared, serving }
    }

    /// The chain's books.
    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.shared.ledger.lock().unwrap()
    }

    /// How it misbehaves.
    pub fn faults(&self) -> MutexGuard<'_, Faults> {
        self.shared.faults.lock().unwrap()
    }

    /// Has the next call of a method meet a fault.
    pub fn plan(&self, method: &'static str, fault: Fault) {
        self.faults().planned.push_back((method, fault));
    }

    /// Gives an account units of the token.
    pub fn mint(&self, account: Address, units: u64) {
        *self.ledger().balances.entry(account).or_default() += U256::from(units);
    }

    /// What an account has of the token.
    #[must_use]
    pub fn balance(&self, account: Address) -> U256 {
        self.ledger().balances.get(&account).copied().unwrap_or_default()
    }

    /// How often a method was called.
    #[must_use]
    pub fn count(&self, method: &str) -> usize {
        self.shared.calls.lock().unwrap().iter().filter(|called| *called == method).count()
    }

    /// How many requests came.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.shared.calls.lock().unwrap().iter().filter(|called| called.is_empty()).count()
    }
}

impl Drop for EvmNode {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
