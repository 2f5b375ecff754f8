//! EVM chains: typed JSON-RPC, transactions, keys, and a sender that loses none of them.
//!
//! An operator configures the node's URL, so it may be a private address. What a node answers
//! is bounded and may be anything.

mod answer;
pub mod calls;
mod error;
mod rpc;
mod types;

pub use alloy_primitives::{Address, B256, Bytes, U256};
pub use error::RpcError;
pub use rpc::{Batch, Rpc, RpcOptions, Slot};
pub use types::{Block, BlockTag, Log, LogFilter, MinedStatus, Receipt, Transaction};
pub use answer::Answers;
