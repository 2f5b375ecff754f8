//! What nodes answer, as far as it is used here.

use alloy_primitives::{Address, B256, Bytes, U64, U256};
use serde::Deserialize;
use serde_json::{Value, json};

/// Which state of the chain is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockTag {
    /// After the newest block.
    Latest,
    /// With what the node expects in the next block.
    Pending,
    /// After this block; a node that does not have it refuses.
    Number(u64),
}

impl BlockTag {
    pub(crate) fn to_json(self) -> Value {
        match self {
            Self::Latest => json!("latest"),
            Self::Pending => json!("pending"),
            Self::Number(number) => json!(format!("{number:#x}")),
        }
    }
}

/// The head of a block.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Block {
    /// Its height.
    pub number: U64,
    /// Its hash.
    pub hash: B256,
    /// Seconds since 1970.
    pub timestamp: U64,
    /// In wei for each unit of gas; not on chains before EIP-1559.
    #[serde(default)]
    pub base_fee_per_gas: Option<U256>,
}

/// What a contract said while it ran.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Log {
    /// The contract.
    pub address: Address,
    /// The event's signature, and its indexed fields.
    pub topics: Vec<B256>,
    /// Its other fields.
    pub data: Bytes,
    /// Its place in the block.
    pub log_index: U64,
    /// The transaction.
    pub transaction_hash: B256,
    /// The block's height.
    pub block_number: U64,
    /// Whether the block is not part of the chain any more.
    #[serde(default)]
    pub removed: bool,
}

/// How a transaction in a block ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MinedStatus {
    /// It did what it says.
    Success,
    /// It did nothing but cost its gas.
    Reverted,
}

/// A transaction in a block.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// The transaction.
    pub transaction_hash: B256,
    /// The block's height.
    pub block_number: U64,
    /// Who sent it.
    pub from: Address,
    /// The contract or account it was sent to; none where it made a contract.
    #[serde(default)]
    pub to: Option<Address>,
    /// 1 for success; [`Receipt::outcome`] reads it.
    pub status: U64,
    /// What the contracts said, in order.
    pub logs: Vec<Log>,
    /// Units of gas.
    pub gas_used: U256,
}

impl Receipt {
    /// How it ended.
    #[must_use]
    pub fn outcome(&self) -> MinedStatus {
        if self.status == U64::from(1) { MinedStatus::Success } else { MinedStatus::Reverted }
    }
}

/// A transaction that a node knows, mined or not.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transaction {
    /// Its hash.
    pub hash: B256,
    /// Who sent it.
    pub from: Address,
    /// What it was sent to.
    #[serde(default)]
    pub to: Option<Address>,
    /// The call's data.
    pub input: Bytes,
    /// The sender's count of transactions before it.
    pub nonce: U64,
    /// The block's height; none while it waits.
    #[serde(default)]
    pub block_number: Option<U64>,
}

/// Which logs are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFilter {
    /// The first block.
    pub from_block: u64,
    /// The last block.
    pub to_block: u64,
    /// The contract.
    pub address: Address,
    /// What each topic must be; `None` takes any.
    pub topics: Vec<Option<B256>>,
}
