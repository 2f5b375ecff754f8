//! The calls of JSON-RPC that are used here, each with the type of its result.

use crate::types::{Block, BlockTag, Log, LogFilter, Receipt, Transaction};
use alloy_primitives::{Address, B256, Bytes, U64, U256};
use serde_json::{Value, json};
use std::marker::PhantomData;

/// A call and the type of its result.
#[derive(Clone, Debug)]
pub struct Call<T> {
    pub(crate) method: &'static str,
    pub(crate) params: Value,
    result: PhantomData<fn() -> T>,
}

const fn call<T>(method: &'static str, params: Value) -> Call<T> {
    Call { method, params, result: PhantomData }
}

/// The chain's number.
#[must_use]
pub fn chain_id() -> Call<U64> {
    call("eth_chainId", json!([]))
}

/// The height of the newest block.
#[must_use]
pub fn block_number() -> Call<U64> {
    call("eth_blockNumber", json!([]))
}

/// The head of a block; `None` when the node does not have it.
#[must_use]
pub fn block(tag: BlockTag) -> Call<Option<Block>> {
    call("eth_getBlockByNumber", json!([tag.to_json(), false]))
}

/// What a function of a contract would return, if `from` called it.
#[must_use]
pub fn view(from: Option<Address>, to: Address, data: &Bytes, tag: BlockTag) -> Call<Bytes> {
    call("eth_call", json!([message(from, to, data), tag.to_json()]))
}

/// How much gas a transaction would take; refused where it would revert.
#[must_use]
pub fn estimate_gas(from: Address, to: Address, data: &Bytes) -> Call<U64> {
    call("eth_estimateGas", json!([message(Some(from), to, data)]))
}

fn message(from: Option<Address>, to: Address, data: &Bytes) -> Value {
    match from {
        Some(from) => json!({ "from": from, "to": to, "data": data }),
        None => json!({ "to": to, "data": data }),
    }
}

/// The tip that gets a transaction into one of the next blocks, in wei for each unit of gas.
#[must_use]
pub fn max_priority_fee() -> Call<U256> {
    call("eth_maxPriorityFeePerGas", json!([]))
}

/// How many transactions an account has sent.
#[must_use]
pub fn transaction_count(account: Address, tag: BlockTag) -> Call<U64> {
    call("eth_getTransactionCount", json!([account, tag.to_json()]))
}

/// What an account has, in wei.
#[must_use]
pub fn balance(account: Address) -> Call<U256> {
    call("eth_getBalance", json!([account, "latest"]))
}

/// The code of a contract; empty where there is none.
#[must_use]
pub fn code(account: Address) -> Call<Bytes> {
    call("eth_getCode", json!([account, "latest"]))
}

/// Hands a signed transaction to the node; its hash.
#[must_use]
pub fn send_raw_transaction(raw: &Bytes) -> Call<B256> {
    call("eth_sendRawTransaction", json!([raw]))
}

/// A transaction in a block; `None` while it is in none.
#[must_use]
pub fn receipt(hash: B256) -> Call<Option<Receipt>> {
    call("eth_getTransactionReceipt", json!([hash]))
}

/// A transaction that the node knows, mined or not.
#[must_use]
pub fn transaction(hash: B256) -> Call<Option<Transaction>> {
    call("eth_getTransactionByHash", json!([hash]))
}

/// What contracts said. The filter's blocks bound it, and the length of an answer.
#[must_use]
pub fn logs(filter: &LogFilter) -> Call<Vec<Log>> {
    let filter = json!({
        "fromBlock": BlockTag::Number(filter.from_block).to_json(),
        "toBlock": BlockTag::Number(filter.to_block).to_json(),
        "address": filter.address,
        "topics": filter.topics,
    });
    call("eth_getLogs", json!([filter]))
}
