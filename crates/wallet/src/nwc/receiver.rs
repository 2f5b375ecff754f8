//! A connected wallet that is paid.

use super::Nwc;
use super::answers::Made;
use crate::invoice;
use crate::polled;
use crate::{
    CreatedInvoice, InvoiceStatus, NewInvoice, Receiver, SettledCursor, Settlements, WalletError,
};
use async_trait::async_trait;
use farebox_wire::lightning::PaymentHash;
use serde_json::json;
use std::time::Duration;

#[async_trait]
impl Receiver for Nwc {
    async fn create(&self, invoice: NewInvoice) -> Result<CreatedInvoice, WalletError> {
        let parameters = json!({
            "amount": invoice.amount,
            "description": invoice.description,
            "expiry": invoice.expiry_s,
        });
        let made: Made = self.ask("make_invoice", &parameters).await?.result()?;
        invoice::created(made.invoice, invoice.amount)
    }

    async fn lookup(&self, hash: PaymentHash) -> Result<InvoiceStatus, WalletError> {
        let found = self.find(hash).await?;
        found.map_or(Ok(InvoiceStatus::Unknown), |found| found.invoice(hash))
    }

    /// Looks at the list when the wallet gives notice, and now and then all the same; the cursor
    /// is a time in milliseconds since 1970.
    async fn settled_since(
        &self,
        cursor: SettledCursor,
        wait: Duration,
    ) -> Result<Settlements, WalletError> {
        polled::settled_since(self, cursor, wait).await
    }
}
