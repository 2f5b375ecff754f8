//! JSON-RPC in front of the books.

use super::ledger::{Ledger, Mined};
use super::{Fault, Faults, Shared, raw};
use axum::Router;
use axum::body::Bytes as Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use farebox_wire::evm::{Address, B256, Bytes, keccak256};
use serde_json::{Value, json};
use std::sync::Arc;

/// More than anybody reads.
const HUGE: usize = 8 << 20;
/// Silent at most this long, so that no task outlives its test by much.
const SILENCE: std::time::Duration = std::time::Duration::from_secs(120);

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new().route("/", post(handle)).with_state(shared)
}

async fn handle(State(shared): State<Arc<Shared>>, body: Body) -> Response {
    shared.calls.lock().unwrap().push(String::new());
    let calls: Value = serde_json::from_slice(&body).unwrap();
    let list = calls.as_array().cloned().unwrap_or_else(|| vec![calls.clone()]);
    let (mut answers, mut broken) = (Vec::new(), None);
    for call in &list {
        let method = call["method"].as_str().unwrap();
        shared.calls.lock().unwrap().push(method.to_owned());
        let fault = shared.faults.lock().unwrap().meet(method);
        let answer = match fault {
            Some(Fault::SilentBefore | Fault::GarbageBefore) => Ok(Value::Null),
            Some(Fault::Refuse(words)) => Err((-32_000, words.to_owned())),
            _ => answer(&shared, method, &call["params"]),
        };
        broken = broken.or(fault.filter(|fault| !matches!(fault, Fault::Refuse(_))));
        answers.push(match answer {
            Ok(result) => json!({ "jsonrpc": "2.0", "id": call["id"], "result": result }),
            Err((code, message)) => {
                let error = json!({ "code": code, "message": message });
                json!({ "jsonrpc": "2.0", "id": call["id"], "error": error })
            }
        });
    }
    match broken {
        Some(Fault::SilentAfter | Fault::SilentBefore) => {
            tokio::time::sleep(SILENCE).await;
            StatusCode::GATEWAY_TIMEOUT.into_response()
        }
        Some(Fault::GarbageAfter | Fault::GarbageBefore) => "<html>".into_response(),
        Some(Fault::HugeAfter) => "[".repeat(HUGE).into_response(),
        Some(Fault::StatusAfter(status)) => StatusCode::from_u16(status).unwrap().into_response(),
        Some(Fault::Refuse(_)) | None => {
            let answer = if calls.is_array() { json!(answers) } else { answers.remove(0) };
            answer.to_string().into_response()
        }
    }
}

impl Faults {
    fn meet(&mut self, method: &str) -> Option<Fault> {
        if let Some(place) = self.planned.iter().position(|(planned, _)| *planned == method) {
            return self.planned.remove(place).map(|(_, fault)| fault);
        }
        let (random, one_of) = self.random.as_mut()?;
        if method != "eth_sendRawTransaction" || random.u32(..*one_of) != 0 {
            return None;
        }
        let faults = [
            Fault::GarbageAfter,
            Fault::GarbageBefore,
            Fault::HugeAfter,
            Fault::StatusAfter(502),
            Fault::SilentAfter,
            Fault::SilentBefore,
            Fault::Refuse("nonce too low"),
        ];
        random.choice(faults)
    }
}

type Answer = Result<Value, (i64, String)>;

fn answer(shared: &Shared, method: &str, params: &Value) -> Answer {
    let mut ledger = shared.ledger.lock().unwrap();
    let faults = shared.faults.lock().unwrap();
    let revert = || (3, "execution reverted".to_owned());
    Ok(match method {
        "eth_chainId" => hex(ledger.domain.id.chain.get()),
        "eth_blockNumber" => hex(ledger.block),
        "eth_getBlockByNumber" => block(&ledger, &params[0]),
        "eth_maxPriorityFeePerGas" => hex(1_000_000),
        "eth_getBalance" => hex(1_000_000_000_000_000_000),
        "eth_getTransactionCount" => {
            let account = read(&params[0]);
            match params[1].as_str() {
                Some("pending") => hex(ledger.pending_count(account)),
                _ => hex(ledger.count(account, height(&ledger, &params[1]))),
            }
        }
        "eth_getCode" => {
            let account: Address = read(&params[0]);
            let has = account == ledger.token() || ledger.contracts.contains_key(&account);
            json!(if has { "0x60" } else { "0x" })
        }
        "eth_call" => return call(&ledger, params).ok_or_else(revert),
        "eth_estimateGas" => {
            let data: Bytes = read(&params[0]["data"]);
            ledger.read_transfer(&data).map(|_| hex(80_000)).ok_or_else(revert)?
        }
        "eth_sendRawTransaction" => {
            let raw: Bytes = read(&params[0]);
            let words = |words: &str| (-32_000, words.to_owned());
            let transaction = raw::decode(&raw).ok_or_else(|| words("rlp: malformed"))?;
            if faults.forgets_transactions {
                json!(transaction.hash)
            } else {
                json!(ledger.take(transaction).map_err(words)?)
            }
        }
        "eth_getTransactionReceipt" if faults.hides_receipts => Value::Null,
        "eth_getTransactionReceipt" => {
            let hash: B256 = read(&params[0]);
            let found = ledger.mined.iter().find(|mined| mined.transaction.hash == hash);
            found.map(|mined| receipt(&ledger, mined)).unwrap_or_default()
        }
        "eth_getLogs" => logs(&ledger, &params[0]),
        other => return Err((-32_601, format!("the method {other} does not exist"))),
    })
}

fn hex(number: u64) -> Value {
    json!(format!("{number:#x}"))
}

fn read<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

fn height(ledger: &Ledger, tag: &Value) -> u64 {
    let digits = tag.as_str().and_then(|tag| tag.strip_prefix("0x"));
    digits.map_or(ledger.block, |digits| u64::from_str_radix(digits, 16).unwrap())
}

fn block(ledger: &Ledger, tag: &Value) -> Value {
    let number = height(ledger, tag);
    if number > ledger.block {
        return Value::Null;
    }
    json!({
        "number": hex(number),
        "hash": keccak256(number.to_be_bytes()),
        "timestamp": hex(ledger.time()),
        "baseFeePerGas": format!("{:#x}", ledger.base_fee),
    })
}

fn call(ledger: &Ledger, params: &Value) -> Option<Value> {
    let data: Bytes = read(&params[0]["data"]);
    let to: Address = read(&params[0]["to"]);
    let selector = |text: &str| keccak256(text)[..4] == data[..4];
    let word = |place: usize| B256::from_slice(&data[4 + place * 32..36 + place * 32]);
    let number = |number: u64| json!(B256::left_padding_from(&number.to_be_bytes()));
    if selector("authorizationState(address,bytes32)") {
        let at = height(ledger, &params[1]);
        let payer = Address::from_word(word(0));
        return Some(number(ledger.is_used(payer, word(1), at).into()));
    }
    if selector("balanceOf(address)") {
        let balance = ledger.balances.get(&Address::from_word(word(0))).copied();
        return Some(json!(B256::from(balance.unwrap_or_default().to_be_bytes::<32>())));
    }
    if selector("isValidSignature(bytes32,bytes)") {
        let len = usize::try_from(farebox_wire::evm::U256::from_be_bytes(word(2).0)).unwrap();
        let is_taken = *ledger.contracts.get(&to)? == data[4 + 3 * 32..4 + 3 * 32 + len];
        let magic = B256::right_padding_from(&[0x16, 0x26, 0xba, 0x7e]);
        return Some(json!(if is_taken { magic } else { B256::ZERO }));
    }
    ledger.read_transfer(&data).map(|_| json!("0x"))
}

fn receipt(ledger: &Ledger, mined: &Mined) -> Value {
    let logs = (0..mined.logs.len()).map(|place| log(ledger, mined, place));
    json!({
        "transactionHash": mined.transaction.hash,
        "blockNumber": hex(mined.block),
        "from": mined.transaction.from,
        "to": mined.transaction.to,
        "status": hex(mined.is_success.into()),
        "logs": logs.collect::<Vec<_>>(),
        "gasUsed": hex(70_000),
    })
}

fn log(ledger: &Ledger, mined: &Mined, place: usize) -> Value {
    let (topics, data) = &mined.logs[place];
    json!({
        "address": ledger.token(),
        "topics": topics,
        "data": data,
        "logIndex": hex(place as u64),
        "transactionHash": mined.transaction.hash,
        "blockNumber": hex(mined.block),
        "removed": false,
    })
}

fn logs(ledger: &Ledger, filter: &Value) -> Value {
    let (from, to) = (height(ledger, &filter["fromBlock"]), height(ledger, &filter["toBlock"]));
    let asked: Vec<Option<B256>> = read(&filter["topics"]);
    let fits = |topics: &[B256]| {
        asked
            .iter()
            .enumerate()
            .all(|(place, asked)| asked.is_none_or(|asked| topics.get(place) == Some(&asked)))
    };
    let in_range = ledger.mined.iter().filter(|mined| (from..=to).contains(&mined.block));
    let found = in_range.flat_map(|mined| {
        let places = (0..mined.logs.len()).filter(|place| fits(&mined.logs[*place].0));
        places.map(|place| log(ledger, mined, place)).collect::<Vec<_>>()
    });
    json!(found.collect::<Vec<_>>())
}
