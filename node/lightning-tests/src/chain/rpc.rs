//! The calls that nodes make to bitcoind, and its answers.

use super::Chain;
use super::mempool::Refusal;
use bitcoin::consensus::encode::{deserialize_hex, serialize_hex};
use bitcoin::{BlockHash, OutPoint, Txid};
use serde_json::{Value, json};

/// One satoshi per byte, in bitcoin per kilobyte.
const FEE_RATE: f64 = 0.000_01;

fn not_found() -> Refusal {
    (-5, "not found".into())
}

impl Chain {
    pub(super) fn call(&mut self, method: &str, parameters: &[Value]) -> Result<Value, Refusal> {
        let text = || parameters.first().and_then(Value::as_str).unwrap_or_default();
        match method {
            "getblockchaininfo" => Ok(self.info()),
            "getblockhash" => {
                let height = parameters.first().and_then(Value::as_u64).unwrap_or(u64::MAX);
                let block = usize::try_from(height).ok().and_then(|at| self.blocks.get(at));
                let block = block.ok_or((-8, "Block height out of range".to_owned()))?;
                Ok(json!(block.block_hash().to_string()))
            }
            "getblockheader" => self.header(text()),
            "getblock" => Ok(json!(serialize_hex(&self.blocks[self.height_at(text())?]))),
            "gettxout" => self.unspent_output(parameters),
            "estimatesmartfee" => Ok(json!({"feerate": FEE_RATE, "blocks": 1})),
            "getmempoolinfo" => Ok(json!({
                "loaded": true, "size": self.mempool.len(),
                "mempoolminfee": FEE_RATE, "minrelaytxfee": FEE_RATE,
            })),
            "getrawmempool" => {
                let ids = self
                    .mempool
                    .iter()
                    .map(|(transaction, _)| transaction.compute_txid().to_string());
                Ok(json!(ids.collect::<Vec<_>>()))
            }
            "getmempoolentry" => {
                let (_, time) = self.waiting(id(text())?).ok_or_else(not_found)?;
                Ok(json!({"time": time, "height": self.height()}))
            }
            "getrawtransaction" => {
                let id = id(text())?;
                let waiting = self.waiting(id).map(|(transaction, _)| transaction);
                let found = waiting.or_else(|| self.mined.get(&id)).ok_or_else(not_found)?;
                Ok(json!(serialize_hex(found)))
            }
            "sendrawtransaction" => {
                let transaction = deserialize_hex(text());
                let transaction = transaction.map_err(|error| (-22, error.to_string()))?;
                self.accept(transaction).map(|id| json!(id.to_string()))
            }
            _ => Err((-32_601, format!("Method not found: {method}"))),
        }
    }

    fn info(&self) -> Value {
        json!({
            "chain": "regtest", "blocks": self.height(), "headers": self.height(),
            "bestblockhash": self.tip().block_hash().to_string(), "initialblockdownload": false,
        })
    }

    fn height_at(&self, hash: &str) -> Result<usize, Refusal> {
        let hash: BlockHash = hash.parse().map_err(|_| not_found())?;
        self.height_of.get(&hash).copied().ok_or_else(not_found)
    }

    fn header(&self, hash: &str) -> Result<Value, Refusal> {
        let height = self.height_at(hash)?;
        let header = &self.blocks[height].header;
        let mut shown = json!({
            "hash": header.block_hash().to_string(), "height": height,
            "version": header.version.to_consensus(), "merkleroot": header.merkle_root.to_string(),
            "time": header.time, "nonce": header.nonce,
            "bits": format!("{:08x}", header.bits.to_consensus()),
            "chainwork": format!("{:064x}", 2 * (height + 1)),
        });
        if height > 0 {
            shown["previousblockhash"] = json!(header.prev_blockhash.to_string());
        }
        Ok(shown)
    }

    fn unspent_output(&self, parameters: &[Value]) -> Result<Value, Refusal> {
        let txid = id(parameters.first().and_then(Value::as_str).unwrap_or_default())?;
        let position = parameters.get(1).and_then(Value::as_u64).unwrap_or_default();
        let position = u32::try_from(position).map_err(|_| not_found())?;
        let Some(unspent) = self.unspent.get(&OutPoint::new(txid, position)) else {
            return Ok(Value::Null);
        };
        Ok(json!({
            "value": unspent.output.value.to_btc(), "coinbase": unspent.is_coinbase,
            "confirmations": self.height() - unspent.height + 1,
            "scriptPubKey": {"hex": unspent.output.script_pubkey.to_hex_string()},
        }))
    }
}

fn id(text: &str) -> Result<Txid, Refusal> {
    text.parse().map_err(|_| not_found())
}
