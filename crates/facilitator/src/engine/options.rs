//! What an operator decides.

use farebox_evm::{ReceiptOptions, U256};
use farebox_wire::evm::{Address, ChainId, TokenDomain};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Seconds since 1970.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// Whose payments are settled. Each settlement costs the operator gas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipients {
    /// Payments to these accounts: one's own, as a rule.
    Only(BTreeSet<Address>),
    /// Anybody's.
    Anybody,
}

impl Recipients {
    pub(crate) fn contains(&self, account: Address) -> bool {
        match self {
            Self::Only(accounts) => accounts.contains(&account),
            Self::Anybody => true,
        }
    }
}

/// How an engine settles on its chain.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// The chain. A node of another chain is not used.
    pub chain: ChainId,
    /// The tokens that are taken, with what their signatures are bound to.
    pub assets: Vec<TokenDomain>,
    /// Whose payments are settled.
    pub recipients: Recipients,
    /// The most that is paid for gas, in wei for each unit.
    pub max_gas_price: u128,
    /// Units of gas that one transfer may take.
    pub gas_limit_max: u64,
    /// How long a settlement is waited for before its outcome is called pending.
    pub settle_wait: Duration,
    /// An authorization must be good for so many seconds more, or a block may come too late.
    pub validity_min_s: u64,
    /// Blocks on a payment, its own included, before it counts.
    pub confirmations: u64,
    /// How often the node is asked for receipts.
    pub receipts: ReceiptOptions,
    /// How often unfinished payments are looked for.
    pub resolve_period: Duration,
    /// Transactions of one key that wait for a block at once.
    pub in_flight_max: usize,
    /// When a transaction that is in no block is sent again as it is.
    pub resend_after: Duration,
    /// When it is replaced by one that pays more for gas.
    pub replace_after: Duration,
    /// A key's account with less than this, in wei, is complained of.
    pub low_balance: U256,
}

impl EngineOptions {
    /// The usual ones, for a chain, its tokens and the accounts that are paid.
    #[must_use]
    pub fn new(
        chain: ChainId,
        assets: Vec<TokenDomain>,
        pay_to: impl IntoIterator<Item = Address>,
    ) -> Self {
        Self {
            chain,
            assets,
            recipients: Recipients::Only(pay_to.into_iter().collect()),
            max_gas_price: 50_000_000_000,
            gas_limit_max: 400_000,
            settle_wait: Duration::from_secs(30),
            validity_min_s: 6,
            confirmations: 1,
            receipts: ReceiptOptions::default(),
            resolve_period: Duration::from_secs(1),
            in_flight_max: 64,
            resend_after: Duration::from_secs(5),
            replace_after: Duration::from_secs(30),
            // About a hundred transfers at one gwei.
            low_balance: U256::from(10_000_000_000_000_000_u64),
        }
    }
}
