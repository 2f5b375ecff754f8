//! LNbits as a wallet that is paid.

use super::Lnbits;
use super::answers::Payment;
use super::http::refusal;
use crate::http::READ_WAIT;
use crate::invoice::{self, whole_sats};
use crate::polled;
use crate::{
    CreatedInvoice, InvoiceStatus, NewInvoice, Receiver, SettledCursor, Settlements, WalletError,
};
use async_trait::async_trait;
use farebox_wire::lightning::PaymentHash;
use serde_json::json;
use std::time::Duration;

#[async_trait]
impl Receiver for Lnbits {
    async fn create(&self, invoice: NewInvoice) -> Result<CreatedInvoice, WalletError> {
        let amount = whole_sats(invoice.amount, "LNbits")?;
        let body = json!({
            "out": false,
            "unit": "sat",
            "amount": amount,
            "memo": invoice.description,
            "expiry": invoice.expiry_s,
        });
        let silent = |_| WalletError::Unreachable("no answer in time".into());
        let answer = tokio::time::timeout(READ_WAIT, self.post(&body)).await.map_err(silent)??;
        if !answer.status.is_success() {
            return Err(refusal(&answer));
        }
        invoice::created(answer.json::<Payment>()?.bolt11, invoice.amount)
    }

    async fn lookup(&self, hash: PaymentHash) -> Result<InvoiceStatus, WalletError> {
        let Some(found) = self.find(hash).await? else { return Ok(InvoiceStatus::Unknown) };
        let details = found.details(hash)?;
        if details.is_outgoing() { self.own_invoice(hash).await } else { details.invoice() }
    }

    /// Looks at the list when the server gives notice, and every second all the same; the cursor is a time in milliseconds since 1970.
    async fn settled_since(
        &self,
        cursor: SettledCursor,
        wait: Duration,
    ) -> Result<Settlements, WalletError> {
        polled::settled_since(self, cursor, wait).await
    }
}

impl Lnbits {
    /// What became of an invoice that this wallet has also paid, whose look-up shows the payment.
    async fn own_invoice(&self, hash: PaymentHash) -> Result<InvoiceStatus, WalletError> {
        let name = hash.to_string();
        let query = [("checking_id", name.as_str()), ("amount[gt]", "0")];
        let rows: Vec<Payment> = self.read("/api/v1/payments", &query).await?;
        let invoice = rows.iter().find(|row| row.payment_hash == hash && !row.is_outgoing());
        invoice.map_or(Ok(InvoiceStatus::Unknown), Payment::invoice)
    }
}
