//! A node of the chain Tempo that mines what it gets, and misbehaves on command.

use super::server::{Reply, Seen, Server};
use farebox_wire::evm::{Bytes, keccak256};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// What the node does with transactions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    /// Mines them.
    #[default]
    Fair,
    /// Mines them and loses its answer.
    Lossy,
    /// Takes none.
    Refuses,
    /// Says that it took them and mines none.
    Sleeps,
    /// Mines them, and they fail.
    Reverts,
}

/// The chain behind the node.
#[derive(Clone, Default)]
pub struct Ledger {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    mood: Mood,
    /// Height of the block and outcome, by hash.
    mined: HashMap<String, (u64, bool)>,
    height: u64,
    /// What came in, distinct or not.
    sent: Vec<String>,
}

impl Ledger {
    pub fn set(&self, mood: Mood) {
        self.inner.lock().unwrap().mood = mood;
    }

    /// Mines empty blocks.
    pub fn mine(&self, blocks: u64) {
        self.inner.lock().unwrap().height += blocks;
    }

    /// How many transactions moved money.
    pub fn count(&self) -> usize {
        self.inner.lock().unwrap().mined.values().filter(|(_, is_success)| *is_success).count()
    }

    pub fn has_moved(&self, hash: &str) -> bool {
        self.inner.lock().unwrap().mined.get(hash).is_some_and(|(_, is_success)| *is_success)
    }

    /// How many different transactions were sent.
    pub fn sent(&self) -> usize {
        let mut sent = self.inner.lock().unwrap().sent.clone();
        sent.sort();
        sent.dedup();
        sent.len()
    }

    pub async fn serve(&self) -> Server {
        let ledger = self.clone();
        Server::start(move |seen| ledger.answer(seen)).await
    }

    fn answer(&self, seen: &Seen) -> Reply {
        let call: Value = serde_json::from_slice(&seen.body).unwrap();
        let mut inner = self.inner.lock().unwrap();
        let result = match call["method"].as_str().unwrap() {
            "eth_chainId" => json!("0xa5bf"),
            "eth_estimateGas" => json!("0xc350"),
            "eth_maxPriorityFeePerGas" => json!("0x1"),
            "eth_blockNumber" => json!(format!("{:#x}", inner.height)),
            "eth_getTransactionCount" => json!(format!("{:#x}", inner.mined.len())),
            "eth_getBlockByNumber" => json!({
                "number": format!("{:#x}", inner.height), "timestamp": "0x1",
                "hash": format!("0x{}", "00".repeat(32)), "baseFeePerGas": "0x3b9aca00",
            }),
            "eth_getTransactionReceipt" => inner.receipt(call["params"][0].as_str().unwrap()),
            "eth_sendRawTransaction" => match inner.take(call["params"][0].as_str().unwrap()) {
                Some(result) => result,
                None => return Reply::none(),
            },
            other => panic!("{other}"),
        };
        let mut answer = json!({"jsonrpc": "2.0", "id": call["id"]});
        match result {
            Value::Object(error) if error.contains_key("refused") => {
                answer["error"] = json!({"code": -32_000, "message": error["refused"]});
            }
            result => answer["result"] = result,
        }
        Reply::ok(answer.to_string()).header("content-type", "application/json")
    }
}

impl Inner {
    fn receipt(&self, hash: &str) -> Value {
        let Some((height, is_success)) = self.mined.get(hash) else { return Value::Null };
        let account = format!("0x{}", "11".repeat(20));
        json!({
            "transactionHash": hash, "blockNumber": format!("{height:#x}"), "from": account,
            "to": account, "status": if *is_success { "0x1" } else { "0x0" }, "logs": [],
            "gasUsed": "0xc350",
        })
    }

    /// `None` loses the answer.
    fn take(&mut self, raw: &str) -> Option<Value> {
        let raw: Bytes = raw.parse().unwrap();
        let hash = keccak256(&raw).to_string();
        if self.mood == Mood::Refuses {
            return Some(json!({"refused": "insufficient funds"}));
        }
        self.sent.push(hash.clone());
        if self.mined.contains_key(&hash) {
            return Some(json!({"refused": "already known"}));
        }
        if self.mood != Mood::Sleeps {
            self.height += 1;
            self.mined.insert(hash.clone(), (self.height, self.mood != Mood::Reverts));
        }
        (self.mood != Mood::Lossy).then(|| json!(hash))
    }
}
