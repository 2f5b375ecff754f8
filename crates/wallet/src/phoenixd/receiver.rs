//! phoenixd as a wallet that is paid.

use super::Phoenixd;
use super::answers::{Created, Incoming};
use crate::invoice::{self, whole_sats};
use crate::{
    CreatedInvoice, InvoiceStatus, NewInvoice, Receiver, SettledCursor, Settlements, WalletError,
};
use async_trait::async_trait;
use farebox_wire::lightning::PaymentHash;
use std::time::{Duration, Instant};

/// Between two looks at the settlements, unless the node gives notice.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

#[async_trait]
impl Receiver for Phoenixd {
    async fn create(&self, invoice: NewInvoice) -> Result<CreatedInvoice, WalletError> {
        let amount = whole_sats(invoice.amount, "phoenixd")?;
        let form = [
            ("amountSat", amount.get().to_string()),
            ("description", invoice.description),
            ("expirySeconds", invoice.expiry_s.to_string()),
        ];
        let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
        let answer: Created = self.api.post("/createinvoice", &form).await?;
        invoice::created(answer.serialized, invoice.amount)
    }

    async fn lookup(&self, hash: PaymentHash) -> Result<InvoiceStatus, WalletError> {
        let path = format!("/payments/incoming/{hash}");
        let Some(payment) = self.api.get::<Incoming>(&path, &[]).await? else {
            return Ok(InvoiceStatus::Unknown);
        };
        if payment.payment_hash != hash {
            let text = "the answer is about another payment";
            return Err(WalletError::Unreadable(text.into()));
        }
        if payment.is_paid {
            let unreadable = || WalletError::Unreadable("more than all bitcoin".into());
            let amount = payment.sent().ok_or_else(unreadable)?;
            return Ok(InvoiceStatus::Settled { amount });
        }
        // What is held may still be settled.
        let is_over = payment.is_expired && !payment.is_held;
        Ok(if is_over { InvoiceStatus::Expired } else { InvoiceStatus::Open })
    }

    /// One reader at a time: what one was told counts as told.
    async fn settled_since(
        &self,
        cursor: SettledCursor,
        wait: Duration,
    ) -> Result<Settlements, WalletError> {
        let begun = Instant::now();
        let mut cursor = cursor;
        loop {
            let settlements = self.settlements(cursor).await?;
            let left = wait.saturating_sub(begun.elapsed());
            if !settlements.hashes.is_empty() || left.is_zero() {
                return Ok(settlements);
            }
            cursor = settlements.next;
            self.api.bell.wait(left.min(POLL_INTERVAL)).await;
        }
    }
}
