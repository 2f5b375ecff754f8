//! What Core Lightning has on record.
//!
//! Its lists begin with the oldest row and can be begun at a number; `wait` tells the latest. An
//! invoice gets a new number when it is paid or expires, a payment one for each of its parts.

use super::Cln;
use super::answers::{Invoice, Invoices, Latest, Payment, Payments};
use crate::history::{newest, rows};
use crate::{History, PaymentRecord, WalletError};
use async_trait::async_trait;
use serde::de::DeserializeOwned;
use serde_json::json;

/// Numbers that the first look reaches back; each further look reaches back twice as far.
const REACH: u64 = 500;
const REACH_MAX: u64 = 4_000;

#[async_trait]
impl History for Cln {
    async fn history(&self, limit: usize) -> Result<Vec<PaymentRecord>, WalletError> {
        let limit = rows(limit);
        let received = self.received(limit).await?;
        let sent = self.sent_lately(limit).await?;
        Ok(newest(received, sent, limit))
    }
}

impl Cln {
    async fn received(&self, limit: usize) -> Result<Vec<PaymentRecord>, WalletError> {
        let latest = self.latest("invoices", "updated").await?.updated;
        let mut reach = REACH;
        loop {
            let start = start(latest, reach);
            let list: Invoices = self.since("listinvoices", "updated", start).await?;
            let newest = list.invoices.into_iter().rev();
            let paid: Vec<_> = newest.filter_map(Invoice::record).collect();
            if paid.len() >= limit || start <= 1 || reach >= REACH_MAX {
                return Ok(paid);
            }
            reach *= 2;
        }
    }

    async fn sent_lately(&self, limit: usize) -> Result<Vec<PaymentRecord>, WalletError> {
        let latest = self.latest("sendpays", "created").await?.created;
        let mut reach = REACH;
        loop {
            let start = start(latest, reach);
            let mut list: Payments = self.since("listpays", "created", start).await?;
            list.pays.reverse();
            if start > 1 {
                list.leave_out_oldest();
            }
            if list.pays.len() >= limit || start <= 1 || reach >= REACH_MAX {
                return list.pays.iter().map(Payment::record).collect();
            }
            reach *= 2;
        }
    }

    async fn latest(&self, subsystem: &str, index: &str) -> Result<Latest, WalletError> {
        let parameters = json!({ "subsystem": subsystem, "indexname": index, "nextvalue": 0 });
        self.read("wait", &parameters).await
    }

    async fn since<T: DeserializeOwned>(
        &self,
        command: &str,
        index: &str,
        start: u64,
    ) -> Result<T, WalletError> {
        self.read(command, &json!({ "index": index, "start": start })).await
    }
}

impl Payments {
    /// Of the oldest payment some parts may be missing, and with them a part of its fee.
    fn leave_out_oldest(&mut self) {
        self.pays.sort_by_key(|payment| std::cmp::Reverse(payment.created_at));
        self.pays.pop();
    }
}

fn start(latest: u64, reach: u64) -> u64 {
    latest.saturating_sub(reach - 1).max(1)
}
