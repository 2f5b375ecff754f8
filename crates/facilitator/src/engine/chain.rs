//! The facts of a payment, all as of one block.

use super::Engine;
use super::evidence::{self, Use};
use super::judge::{Facts, OurTransaction};
use super::payment::Payment;
use super::rows::Row;
use farebox_evm::{
    Address, B256, BlockTag, LogFilter, MinedStatus, Receipt, RpcError, SignedTransaction, calls,
};
use farebox_wire::evm::{authorization_state_call, decode_bool};
use std::collections::BTreeMap;

/// Blocks whose logs are asked for at once: what hosted nodes allow.
const LOG_BLOCKS_MAX: u64 = 1_000;
/// Questions for logs in one look; the next look begins anew.
const LOG_QUESTIONS_MAX: usize = 50;

impl Engine {
    /// Asks the chain. What a node that is behind answers is never taken for a proof: everything
    /// is asked as of one block, which the node must have.
    pub(super) async fn facts(
        &self,
        row: &Row,
        transactions: &[SignedTransaction],
    ) -> Result<Facts, RpcError> {
        let (block, time) = self.confirmed_block().await?;
        let at = BlockTag::Number(block);
        let Payment { asset, authorization, .. } = &row.payment;
        let state = authorization_state_call(authorization.from, authorization.nonce);
        let senders: BTreeMap<Address, _> = transactions.iter().map(|own| (own.from, ())).collect();

        let mut batch = self.0.rpc.batch();
        let is_used = batch.add(calls::view(None, asset.address, &state, at));
        let counts = senders.into_keys().map(|sender| {
            let count = batch.add(calls::transaction_count(sender, at));
            (sender, count)
        });
        let counts: Vec<_> = counts.collect();
        let receipts = transactions.iter().map(|own| batch.add(calls::receipt(own.hash)));
        let receipts: Vec<_> = receipts.collect();
        let mut answers = batch.send().await;

        let is_used = decode_bool(&answers.take(is_used)?)
            .ok_or_else(|| RpcError::Unreadable("the state of an authorization".to_owned()))?;
        let mut taken: BTreeMap<Address, u64> = BTreeMap::new();
        for (sender, count) in counts {
            taken.insert(sender, answers.take(count)?.to());
        }
        let mut mined = Vec::new();
        for receipt in receipts {
            mined.push(answers.take(receipt)?);
        }
        let used_by = if is_used { self.find_use(row, &mined, block).await? } else { None };
        let own = transactions.iter().zip(&mined).map(|(own, receipt)| OurTransaction {
            hash: own.hash,
            reverted_in: receipt.as_ref().and_then(reverted_in),
            is_overtaken: taken.get(&own.from).is_some_and(|count| *count > own.nonce),
        });
        Ok(Facts {
            block,
            time,
            is_used,
            used_by,
            transactions: own.collect(),
            valid_before: authorization.valid_before,
        })
    }

    /// The newest block that has all the confirmations asked for, and its time.
    async fn confirmed_block(&self) -> Result<(u64, u64), RpcError> {
        let missing = || RpcError::Unreadable("the node has no newest block".to_owned());
        let newest = self.0.rpc.call(calls::block(BlockTag::Latest)).await?.ok_or_else(missing)?;
        let deeper = self.0.options.confirmations.saturating_sub(1);
        if deeper == 0 {
            return Ok((newest.number.to(), newest.timestamp.to()));
        }
        let number = newest.number.to::<u64>().saturating_sub(deeper);
        let block = self.0.rpc.call(calls::block(BlockTag::Number(number))).await?;
        let block = block.ok_or_else(missing)?;
        Ok((block.number.to(), block.timestamp.to()))
    }

    /// What used the nonce: one of our transactions as a rule, else the one that the token's logs
    /// name.
    async fn find_use(
        &self,
        row: &Row,
        mined: &[Option<Receipt>],
        block: u64,
    ) -> Result<Option<(B256, Use)>, RpcError> {
        let read = |receipt: &Receipt| {
            let found = evidence::read_use(receipt, &row.payment)?;
            Some((receipt.transaction_hash, found))
        };
        if let Some(found) = mined.iter().flatten().find_map(read) {
            return Ok(Some(found));
        }
        let Some(hash) = self.find_log(row, block).await? else { return Ok(None) };
        let receipt = self.0.rpc.call(calls::receipt(hash)).await?;
        Ok(receipt.as_ref().and_then(read))
    }

    async fn find_log(&self, row: &Row, block: u64) -> Result<Option<B256>, RpcError> {
        let authorization = &row.payment.authorization;
        let mut from_block = row.begun_block;
        for _ in 0..LOG_QUESTIONS_MAX {
            if from_block > block {
                break;
            }
            let to_block = block.min(from_block.saturating_add(LOG_BLOCKS_MAX - 1));
            let payer = authorization.from.into_word();
            let filters = evidence::spending_topics().map(|event| LogFilter {
                from_block,
                to_block,
                address: row.payment.asset.address,
                topics: vec![Some(event), Some(payer), Some(authorization.nonce)],
            });
            for logs in self.0.rpc.call_all(filters.iter().map(calls::logs)).await {
                if let Some(log) = logs?.first() {
                    return Ok(Some(log.transaction_hash));
                }
            }
            from_block = to_block.saturating_add(1);
        }
        Ok(None)
    }
}

fn reverted_in(receipt: &Receipt) -> Option<u64> {
    (receipt.outcome() == MinedStatus::Reverted).then(|| receipt.block_number.to())
}
