//! What may wait to be mined.

use super::{COINBASE_MATURITY, Chain, now_s};
use bitcoin::absolute::{Height, Time};
use bitcoin::consensus::serialize;
use bitcoin::{OutPoint, Transaction, TxOut, Txid};

/// As bitcoind numbers and words it.
pub(super) type Refusal = (i64, String);

impl Chain {
    /// Takes a transaction in, in place of those that spend the same.
    pub(super) fn accept(&mut self, transaction: Transaction) -> Result<Txid, Refusal> {
        let id = transaction.compute_txid();
        if self.mined.contains_key(&id) {
            return Err((-27, "Transaction already in block chain".into()));
        }
        if self.waiting(id).is_some() {
            return Ok(id);
        }
        self.check(&transaction)?;
        let spends = |other: &Transaction| {
            let spent = |point: &OutPoint| {
                transaction.input.iter().any(|input| input.previous_output == *point)
            };
            other.input.iter().any(|input| spent(&input.previous_output))
        };
        self.mempool.retain(|(other, _)| !spends(other));
        self.mempool.push((transaction, now_s()));
        Ok(id)
    }

    pub(super) fn waiting(&self, id: Txid) -> Option<&(Transaction, u64)> {
        self.mempool.iter().find(|(transaction, _)| transaction.compute_txid() == id)
    }

    /// What a transaction leaves to the miner, in satoshis.
    pub(super) fn fee(&self, transaction: &Transaction, waiting: &[(Transaction, u64)]) -> u64 {
        let value = |point: &OutPoint| {
            let mined = self.unspent.get(point).map(|unspent| unspent.output.value);
            let parent = || {
                let parent = waiting.iter().find(|(other, _)| other.compute_txid() == point.txid);
                Some(parent?.0.output.get(usize::try_from(point.vout).ok()?)?.value)
            };
            mined.or_else(parent).unwrap_or_default().to_sat()
        };
        let inputs: u64 = transaction.input.iter().map(|input| value(&input.previous_output)).sum();
        let outputs: u64 = transaction.output.iter().map(|output| output.value.to_sat()).sum();
        inputs.saturating_sub(outputs)
    }

    fn check(&self, transaction: &Transaction) -> Result<(), Refusal> {
        let next = self.height() + 1;
        let bytes = serialize(transaction);
        let (mut spent, created) =
            (0, transaction.output.iter().map(|output| output.value.to_sat()));
        for (position, input) in transaction.input.iter().enumerate() {
            let output = self.spendable(&input.previous_output, next)?;
            spent += output.value.to_sat();
            // Bitcoin Core's own interpreter.
            let (script, value) = (output.script_pubkey.as_bytes(), output.value.to_sat());
            bitcoinconsensus::verify(script, value, &bytes, None, position).map_err(|error| {
                (-26, format!("mandatory-script-verify-flag-failed ({error:?})"))
            })?;
        }
        if created.sum::<u64>() > spent {
            return Err((-26, "bad-txns-in-belowout".into()));
        }
        let height = Height::from_consensus(u32::try_from(next).unwrap()).unwrap();
        let time = Time::from_consensus(u32::try_from(now_s()).unwrap()).unwrap();
        if !transaction.is_absolute_timelock_satisfied(height, time) {
            return Err((-26, "non-final".into()));
        }
        Ok(())
    }

    fn spendable(&self, point: &OutPoint, next: usize) -> Result<TxOut, Refusal> {
        match self.unspent.get(point) {
            Some(unspent) if unspent.is_coinbase && next < unspent.height + COINBASE_MATURITY => {
                Err((-26, "bad-txns-premature-spend-of-coinbase".into()))
            }
            Some(unspent) => Ok(unspent.output.clone()),
            None => {
                let parent = self.waiting(point.txid).map(|(parent, _)| parent);
                let output = parent.and_then(|parent| parent.tx_out(point.vout as usize).ok());
                output.cloned().ok_or((-25, "bad-txns-inputs-missingorspent".into()))
            }
        }
    }
}
