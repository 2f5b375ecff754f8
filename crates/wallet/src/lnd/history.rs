//! What LND has on record. Its lists are asked for backwards, and hold the oldest row first.

use super::Lnd;
use super::answers::{Invoice, InvoiceList, Payment, PaymentList};
use crate::history::{newest, rows};
use crate::{History, PaymentRecord, WalletError};
use async_trait::async_trait;

/// Invoices in one list.
const PAGE_LEN: &str = "1000";
/// Lists of invoices that are read at most: those of a paywall were mostly never paid.
const PAGES_MAX: usize = 20;

#[async_trait]
impl History for Lnd {
    async fn history(&self, limit: usize) -> Result<Vec<PaymentRecord>, WalletError> {
        let received = self.received(rows(limit)).await?;
        let most = rows(limit).to_string();
        let query =
            [("include_incomplete", "true"), ("reversed", "true"), ("max_payments", most.as_str())];
        let sent: PaymentList = self.read("/v1/payments", &query).await?;
        let sent = sent.payments.iter().rev().map(Payment::record).collect::<Result<_, _>>()?;
        Ok(newest(received, sent, limit))
    }
}

impl Lnd {
    /// The invoices that were made last among those that are paid.
    async fn received(&self, limit: usize) -> Result<Vec<PaymentRecord>, WalletError> {
        let (mut offset, mut received) = (0, Vec::new());
        for _ in 0..PAGES_MAX {
            let from = offset.to_string();
            let query = [
                ("index_offset", from.as_str()),
                ("num_max_invoices", PAGE_LEN),
                ("reversed", "true"),
            ];
            let list: InvoiceList = self.read("/v1/invoices", &query).await?;
            let settled = list.invoices.iter().rev().filter(|invoice| invoice.is_settled());
            for invoice in settled {
                received.push(Invoice::record(invoice)?);
            }
            offset = list.first_index_offset;
            if list.invoices.is_empty() || offset <= 1 || received.len() >= limit {
                break;
            }
        }
        Ok(received)
    }
}
