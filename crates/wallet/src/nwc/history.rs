//! What a connected wallet has on record.

use super::Nwc;
use super::answers::{Transaction, Transactions};
use crate::history::{newest, rows};
use crate::{History, PaymentRecord, WalletError};
use async_trait::async_trait;
use serde_json::json;

/// Rows that are asked for at once; an answer has to fit into one encrypted message.
const PAGE_LEN: usize = 20;

#[async_trait]
impl History for Nwc {
    async fn history(&self, limit: usize) -> Result<Vec<PaymentRecord>, WalletError> {
        let received = self.list("incoming", rows(limit)).await?;
        let sent = self.list("outgoing", rows(limit)).await?;
        Ok(newest(received, sent, limit))
    }
}

impl Nwc {
    /// The latest rows of one kind. Of payments made, also those that did not succeed.
    async fn list(&self, kind: &str, limit: usize) -> Result<Vec<PaymentRecord>, WalletError> {
        let (mut offset, mut records) = (0, Vec::new());
        while records.len() < limit && offset < limit.saturating_mul(2) {
            let parameters = json!({
                "type": kind, "unpaid": kind == "outgoing", "limit": PAGE_LEN, "offset": offset,
            });
            let list: Transactions = self.ask("list_transactions", &parameters).await?.result()?;
            if list.transactions.is_empty() {
                break;
            }
            offset += list.transactions.len();
            // Some wallets answer with both kinds, whatever they are asked for.
            let of_kind = |row: &&Transaction| row.is_incoming() == (kind == "incoming");
            for row in list.transactions.iter().filter(of_kind) {
                records.extend(row.record()?);
            }
        }
        Ok(records)
    }
}
