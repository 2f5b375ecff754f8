//! The chain behind bitcoind's JSON-RPC.

use super::Chain;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use bitcoin::address::NetworkUnchecked;
use bitcoin::hashes::Hash;
use bitcoin::{Address, ScriptBuf, WScriptHash};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::net::TcpListener;

type Shared = Arc<Mutex<Chain>>;

/// A chain that nodes can follow; it stops with the test's runtime.
#[derive(Clone, Debug)]
pub struct ChainServer {
    chain: Shared,
    port: u16,
}

impl ChainServer {
    /// Starts a chain with nothing but its first block.
    ///
    /// # Panics
    ///
    /// When no port is free.
    pub async fn start() -> Self {
        let chain: Shared = Arc::new(Mutex::new(Chain::new()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let router = Router::new().route("/", post(answer)).with_state(Arc::clone(&chain));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { chain, port }
    }

    /// What a node is given to find it.
    pub fn source(&self) -> String {
        format!("bitcoind:http://user:password@127.0.0.1:{}", self.port)
    }

    /// Mines blocks whose rewards nobody can spend.
    pub fn mine(&self, count: usize) {
        let nobody = ScriptBuf::new_p2wsh(&WScriptHash::all_zeros());
        let mut chain = self.lock();
        (0..count).for_each(|_| chain.mine(&nobody));
    }

    /// Mines one block whose reward is for an address.
    ///
    /// # Panics
    ///
    /// When the address is none.
    pub fn mine_to(&self, address: &str) {
        let address: Address<NetworkUnchecked> = address.parse().expect("an address");
        self.lock().mine(&address.assume_checked().script_pubkey());
    }

    /// The height of the newest block.
    pub fn height(&self) -> usize {
        self.lock().height()
    }

    /// How many transactions wait to be mined.
    pub fn waiting(&self) -> usize {
        self.lock().mempool.len()
    }

    fn lock(&self) -> MutexGuard<'_, Chain> {
        self.chain.lock().expect("a test that has not failed")
    }
}

async fn answer(State(chain): State<Shared>, body: String) -> (StatusCode, Json<Value>) {
    let call: Value = serde_json::from_str(&body).unwrap_or_default();
    let method = call["method"].as_str().unwrap_or_default();
    let parameters = call["params"].as_array().map(Vec::as_slice).unwrap_or_default();
    let result = chain.lock().expect("a test that has not failed").call(method, parameters);
    match result {
        Ok(result) => {
            (StatusCode::OK, Json(json!({"result": result, "error": null, "id": call["id"]})))
        }
        Err((code, message)) => {
            let error = json!({"code": code, "message": message});
            let body = json!({"result": null, "error": error, "id": call["id"]});
            (StatusCode::INTERNAL_SERVER_ERROR, Json(body))
        }
    }
}
