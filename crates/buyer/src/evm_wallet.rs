//! What pays in tokens: a key, and the nodes that say what became of a payment.

use farebox_evm::Rpc;
use farebox_wire::evm::{Address, ChainId, EvmKey};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A key for payments in tokens. Signing needs no node; with one, a payment whose answer was lost
/// can be looked up, and Tempo can be paid on.
#[derive(Clone)]
pub struct EvmWallet {
    /// The payer.
    pub key: Arc<EvmKey>,
    /// The chains that it may pay on; `None` for every chain of a token that is known.
    pub chains: Option<Vec<ChainId>>,
    /// Nodes, by chain.
    pub nodes: BTreeMap<ChainId, Rpc>,
    /// Hosts that want the nonce of MPP's authorizations in its older form: the hash of the
    /// challenge's id and realm one after the other.
    pub legacy_nonce_hosts: Vec<String>,
    /// The most that a transaction may pay for a unit of gas, in the chain's smallest unit.
    pub gas_price_max: u128,
}

impl EvmWallet {
    /// The account that pays.
    #[must_use]
    pub fn address(&self) -> Address {
        self.key.address()
    }

    /// Whether it may pay on a chain.
    #[must_use]
    pub fn allows(&self, chain: ChainId) -> bool {
        self.chains.as_ref().is_none_or(|chains| chains.contains(&chain))
    }

    /// The node of a chain.
    #[must_use]
    pub fn node(&self, chain: ChainId) -> Option<&Rpc> {
        self.nodes.get(&chain)
    }
}

impl fmt::Debug for EvmWallet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EvmWallet").field("address", &self.address()).finish_non_exhaustive()
    }
}
