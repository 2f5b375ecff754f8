//! EVM chains: typed JSON-RPC, transactions, keys, and a sender that loses none of them.
//!
//! An operator configures the node's URL, so it may be a private address. What a node answers
//! is bounded and may be anything.

mod answer;
pub mod calls;
mod error;
mod fees;
mod keystore;
mod receipts;
mod rpc;
mod sender;
mod transaction;
mod types;

pub use answer::Answers;
pub use error::RpcError;
pub use farebox_wire::evm::{Address, B256, Bytes, EvmKey, U256};
pub use fees::{Fees, GasPriceTooHigh, quote};
pub use keystore::{KeystoreError, open_keystore, read_key_file};
pub use receipts::{ReceiptOptions, Receipts};
pub use rpc::{Batch, Rpc, RpcOptions, Slot};
pub use sender::{Journal, JournalError, NotSent, Order, Sender, SenderOptions, Sent};
pub use transaction::{SignedTransaction, UnsignedTransaction};
pub use types::{Block, BlockTag, Log, LogFilter, MinedStatus, Receipt, Transaction};
