//! The test chain, and accounts of a test's own on it.

use farebox_evm::{Address, B256, Bytes, EvmKey, Rpc, RpcOptions, U256};
use serde_json::{Value, json};

/// Where the stand-in for USDC is.
pub const TOKEN: &str = "0x036CbD53842c5426634e7929541eC2318f3dCF7e";
/// An account of anvil's whose key the node has.
pub const UNLOCKED: &str = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";

/// The chain, if there is one.
pub struct Anvil {
    pub url: String,
}

impl Anvil {
    pub fn get() -> Option<Self> {
        farebox_testing::chain().map(|url| Self { url })
    }

    pub fn rpc(&self) -> Rpc {
        Rpc::new(self.url.parse().unwrap(), RpcOptions::default()).unwrap()
    }

    pub async fn ask(&self, method: &str, params: Value) -> Value {
        farebox_net::prepare_tls();
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let request = reqwest::Client::new().post(&self.url).body(body.to_string());
        let answer = request.header("content-type", "application/json").send().await.unwrap();
        let answer: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// A key with ether for gas.
    pub async fn key(&self) -> EvmKey {
        let key = random_key();
        let ether = "0xde0b6b3a7640000";
        self.ask("anvil_setBalance", json!([key.address(), ether])).await;
        key
    }

    /// A key with units of the token.
    pub async fn payer(&self, units: u64) -> EvmKey {
        let key = random_key();
        // mint(address,uint256)
        let mut data = hex::decode("40c10f19").unwrap();
        data.extend_from_slice(key.address().into_word().as_slice());
        data.extend_from_slice(&U256::from(units).to_be_bytes::<32>());
        self.send(UNLOCKED.parse().unwrap(), data.into()).await;
        key
    }

    /// A transaction to the token from an account that the node has the key of.
    pub async fn send(&self, from: Address, data: Bytes) -> B256 {
        let transaction = json!({ "from": from, "to": TOKEN, "data": data });
        let hash = self.ask("eth_sendTransaction", json!([transaction])).await;
        serde_json::from_value(hash).unwrap()
    }

    pub async fn balance(&self, account: Address) -> U256 {
        let data = farebox_wire::evm::balance_of_call(account);
        let call = json!([{ "to": TOKEN, "data": data }, "latest"]);
        serde_json::from_value(self.ask("eth_call", call).await).unwrap()
    }
}

pub fn random_bytes() -> [u8; 32] {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

pub fn random_key() -> EvmKey {
    EvmKey::new(random_bytes()).unwrap()
}
