//! What LNbits has on record. It leaves out payments that failed.

use super::Lnbits;
use super::answers::Payment;
use crate::history::{newest, rows};
use crate::{History, PaymentRecord, WalletError};
use async_trait::async_trait;

#[async_trait]
impl History for Lnbits {
    async fn history(&self, limit: usize) -> Result<Vec<PaymentRecord>, WalletError> {
        let received = self.rows(&[("amount[gt]", "0"), ("status", "success")], limit).await?;
        let sent = self.rows(&[("amount[lt]", "0")], limit).await?;
        Ok(newest(received, sent, limit))
    }
}

impl Lnbits {
    /// The rows that changed last among those that `filter` lets through.
    async fn rows(
        &self,
        filter: &[(&str, &str)],
        limit: usize,
    ) -> Result<Vec<PaymentRecord>, WalletError> {
        let limit = rows(limit).to_string();
        let order = [("sortby", "updated_at"), ("direction", "desc"), ("limit", limit.as_str())];
        let query = [filter, &order].concat();
        let rows: Vec<Payment> = self.read("/api/v1/payments", &query).await?;
        rows.iter().map(Payment::record).collect()
    }
}
