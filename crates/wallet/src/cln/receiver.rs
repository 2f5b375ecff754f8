//! Core Lightning as a wallet that is paid.

use super::Cln;
use super::answers::{Created, Invoice, Invoices};
use super::rpc::{Reply, RpcError};
use crate::invoice;
use crate::{
    CreatedInvoice, InvoiceStatus, NewInvoice, Receiver, SettledCursor, Settlements, WalletError,
};
use async_trait::async_trait;
use farebox_wire::lightning::PaymentHash;
use serde_json::json;
use std::time::Duration;

/// Settlements that one call reports at most: each is a request.
const SETTLEMENTS_MAX: usize = 100;
/// Settlements that one call is told again at most.
const REPEATS_MAX: usize = 100;
/// The code of `waitanyinvoice` for: none in time.
const TIMED_OUT: i64 = 904;

#[async_trait]
impl Receiver for Cln {
    async fn create(&self, invoice: NewInvoice) -> Result<CreatedInvoice, WalletError> {
        let parameters = json!({
            "amount_msat": invoice.amount,
            "label": label()?,
            "description": invoice.description,
            "expiry": invoice.expiry_s,
        });
        let answer: Created = self.read("invoice", &parameters).await?;
        invoice::created(answer.bolt11, invoice.amount)
    }

    async fn lookup(&self, hash: PaymentHash) -> Result<InvoiceStatus, WalletError> {
        let parameters = json!({ "payment_hash": hash.to_string() });
        let answer: Invoices = self.read("listinvoices", &parameters).await?;
        match answer.invoices.first() {
            None => Ok(InvoiceStatus::Unknown),
            Some(invoice) if invoice.payment_hash == hash => invoice.status(),
            Some(_) => {
                let text = "the answer is about another invoice";
                Err(WalletError::Unreadable(text.into()))
            }
        }
    }

    /// The cursor is Core Lightning's pay index.
    async fn settled_since(
        &self,
        cursor: SettledCursor,
        wait: Duration,
    ) -> Result<Settlements, WalletError> {
        let mut settlements = Settlements { hashes: Vec::new(), next: cursor };
        let (mut wait, mut repeats) = (wait, 0);
        while settlements.hashes.len() < SETTLEMENTS_MAX {
            let Some(invoice) = self.settled_after(settlements.next, wait).await? else {
                break;
            };
            let unreadable = |text: &str| WalletError::Unreadable(text.into());
            let index = invoice.pay_index;
            let index = index.ok_or_else(|| unreadable("a settlement without its number"))?;
            if index > settlements.next.0 {
                settlements.next.0 = index;
                settlements.hashes.push(invoice.payment_hash);
            } else if repeats == REPEATS_MAX {
                return Err(unreadable("the same settlement again and again"));
            } else {
                repeats += 1;
            }
            // The others are there already, or are for the next call.
            wait = Duration::ZERO;
        }
        Ok(settlements)
    }
}

impl Cln {
    /// The first settlement after `cursor`.
    async fn settled_after(
        &self,
        cursor: SettledCursor,
        wait: Duration,
    ) -> Result<Option<Invoice>, WalletError> {
        let parameters = json!({ "lastpay_index": cursor.0, "timeout": wait.as_secs() });
        match self.call("waitanyinvoice", &parameters, wait).await? {
            Reply::Result(invoice) => Ok(Some(invoice)),
            Reply::Error(RpcError { code: TIMED_OUT, .. }) => Ok(None),
            other => other.result().map(Some),
        }
    }
}

/// Names an invoice; the node refuses a second one of the same name.
fn label() -> Result<String, WalletError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| WalletError::Unreachable(format!("no random numbers: {error}")))?;
    Ok(format!("farebox-{}", hex::encode(bytes)))
}
