//! A regtest chain in this process: mines blocks, checks transactions with Bitcoin Core's own
//! script interpreter, and answers the JSON-RPC calls that the nodes make to bitcoind.

mod block;
mod mempool;
mod rpc;
mod server;

pub use server::ChainServer;

use bitcoin::blockdata::constants::genesis_block;
use bitcoin::{Block, BlockHash, Network, OutPoint, ScriptBuf, Transaction, TxOut, Txid};
use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

/// Blocks before a coinbase may be spent.
const COINBASE_MATURITY: usize = 100;

/// An output that nobody has spent.
#[derive(Debug)]
struct Unspent {
    output: TxOut,
    height: usize,
    is_coinbase: bool,
}

/// The best chain, its unspent outputs, and what waits to be mined.
#[derive(Debug)]
pub(crate) struct Chain {
    blocks: Vec<Block>,
    height_of: HashMap<BlockHash, usize>,
    unspent: HashMap<OutPoint, Unspent>,
    mined: HashMap<Txid, Transaction>,
    /// With the time of arrival in seconds since 1970, oldest first.
    mempool: Vec<(Transaction, u64)>,
}

impl Chain {
    fn new() -> Self {
        let genesis = genesis_block(Network::Regtest);
        Self {
            height_of: HashMap::from([(genesis.block_hash(), 0)]),
            blocks: vec![genesis],
            unspent: HashMap::new(),
            mined: HashMap::new(),
            mempool: Vec::new(),
        }
    }

    fn height(&self) -> usize {
        self.blocks.len() - 1
    }

    fn tip(&self) -> &Block {
        self.blocks.last().expect("the first block")
    }

    /// Mines all that waits; the reward goes to a script.
    fn mine(&mut self, reward_to: &ScriptBuf) {
        let height = self.blocks.len();
        let waiting = std::mem::take(&mut self.mempool);
        let fees = waiting.iter().map(|(transaction, _)| self.fee(transaction, &waiting)).sum();
        let transactions = waiting.into_iter().map(|(transaction, _)| transaction).collect();
        let block = block::mined(self.tip(), height, transactions, fees, reward_to, now_s());
        for (position, transaction) in block.txdata.iter().enumerate() {
            self.connect(transaction, height, position == 0);
        }
        self.height_of.insert(block.block_hash(), height);
        self.blocks.push(block);
    }

    fn connect(&mut self, transaction: &Transaction, height: usize, is_coinbase: bool) {
        for input in &transaction.input {
            self.unspent.remove(&input.previous_output);
        }
        let id = transaction.compute_txid();
        for (position, output) in (0..).zip(&transaction.output) {
            let unspent = Unspent { output: output.clone(), height, is_coinbase };
            self.unspent.insert(OutPoint::new(id, position), unspent);
        }
        self.mined.insert(id, transaction.clone());
    }
}

/// Seconds since 1970.
fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}
