//! LND as a wallet that is paid.

use super::Lnd;
use super::answers::{Created, Invoice};
use super::rpc::Reply;
use crate::invoice;
use crate::{
    CreatedInvoice, InvoiceStatus, NewInvoice, Receiver, SettledCursor, Settlements, WalletError,
};
use async_trait::async_trait;
use farebox_wire::lightning::PaymentHash;
use reqwest::Method;
use serde_json::json;
use std::time::Duration;

#[async_trait]
impl Receiver for Lnd {
    async fn create(&self, invoice: NewInvoice) -> Result<CreatedInvoice, WalletError> {
        let body = json!({
            "value_msat": invoice.amount.get().to_string(),
            "memo": invoice.description,
            "expiry": invoice.expiry_s.to_string(),
            // With hints to channels that are not announced: many nodes have no others.
            "private": true,
        });
        let reply = self.call::<Created>(self.http.post_json("/v1/invoices", &body)).await?;
        invoice::created(reply.result()?.payment_request, invoice.amount)
    }

    async fn lookup(&self, hash: PaymentHash) -> Result<InvoiceStatus, WalletError> {
        let request = self.http.request(Method::GET, &format!("/v1/invoice/{hash}"), &[]);
        match self.call::<Invoice>(request).await? {
            Reply::Result(invoice) if invoice.hash()? == hash => invoice.status(),
            Reply::Result(_) => {
                let text = "the answer is about another invoice";
                Err(WalletError::Unreadable(text.into()))
            }
            Reply::Error(error) if error.is_not_found() => Ok(InvoiceStatus::Unknown),
            Reply::Error(error) => Err(error.into()),
            Reply::Other(error) => Err(error),
        }
    }

    /// The cursor is LND's settle index.
    async fn settled_since(
        &self,
        cursor: SettledCursor,
        wait: Duration,
    ) -> Result<Settlements, WalletError> {
        self.settlements(cursor, wait).await
    }
}
