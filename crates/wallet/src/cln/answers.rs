//! What Core Lightning answers, as far as it is read. Amounts are millisatoshis.

use crate::invoice::proof;
use crate::{InvoiceStatus, PaymentStatus, WalletError};
use farebox_money::Msat;
use farebox_wire::lightning::PaymentHash;
use serde::Deserialize;

/// `xpay`
#[derive(Deserialize)]
pub(super) struct Paid {
    pub(super) payment_preimage: Option<String>,
    amount_msat: Msat,
    amount_sent_msat: Msat,
}

/// `listpays`
#[derive(Deserialize)]
pub(super) struct Payments {
    pub(super) pays: Vec<Payment>,
}

/// One attempt, in `listpays`.
#[derive(Deserialize)]
pub(super) struct Payment {
    payment_hash: PaymentHash,
    status: String,
    preimage: Option<String>,
    #[serde(default)]
    amount_msat: Msat,
    #[serde(default)]
    amount_sent_msat: Msat,
}

/// `invoice`
#[derive(Deserialize)]
pub(super) struct Created {
    pub(super) bolt11: String,
}

/// `listinvoices`
#[derive(Deserialize)]
pub(super) struct Invoices {
    pub(super) invoices: Vec<Invoice>,
}

/// An invoice of ours, in `listinvoices` and `waitanyinvoice`.
#[derive(Deserialize)]
pub(super) struct Invoice {
    pub(super) payment_hash: PaymentHash,
    status: String,
    pub(super) pay_index: Option<u64>,
    amount_received_msat: Option<Msat>,
}

/// `listfunds`
#[derive(Deserialize)]
pub(super) struct Funds {
    pub(super) channels: Vec<Channel>,
}

#[derive(Deserialize)]
pub(super) struct Channel {
    pub(super) state: String,
    pub(super) our_amount_msat: Msat,
}

/// `getinfo`
#[derive(Deserialize)]
pub(super) struct NodeInfo {
    pub(super) network: String,
}

impl Paid {
    pub(super) fn fee(&self) -> Msat {
        self.amount_sent_msat.checked_sub(self.amount_msat).unwrap_or_default()
    }
}

impl Payments {
    /// What became of the payment of `hash`: paid counts before pending before failed. Only the
    /// preimage proves that it was made.
    pub(super) fn status(self, hash: PaymentHash) -> Result<Option<PaymentStatus>, WalletError> {
        let mut best = None;
        for payment in self.pays {
            if payment.payment_hash != hash {
                let text = "the answer is about another payment";
                return Err(WalletError::Unreadable(text.into()));
            }
            let status = payment.status(hash)?;
            if rank(Some(&status)) > rank(best.as_ref()) {
                best = Some(status);
            }
        }
        Ok(best)
    }
}

impl Payment {
    fn status(self, hash: PaymentHash) -> Result<PaymentStatus, WalletError> {
        match self.status.as_str() {
            "complete" => {
                let preimage = proof(self.preimage.as_deref(), hash)?;
                let fee = self.amount_sent_msat.checked_sub(self.amount_msat);
                Ok(PaymentStatus::Paid { preimage, fee: fee.unwrap_or_default() })
            }
            "pending" => Ok(PaymentStatus::Pending),
            "failed" => Ok(PaymentStatus::Failed { reason: "the node has it as failed".into() }),
            _ => Err(WalletError::Unreadable("a payment in a state that is not known".into())),
        }
    }
}

const fn rank(status: Option<&PaymentStatus>) -> u8 {
    match status {
        None | Some(PaymentStatus::NeverTried) => 0,
        Some(PaymentStatus::Failed { .. }) => 1,
        Some(PaymentStatus::Pending) => 2,
        Some(PaymentStatus::Paid { .. }) => 3,
    }
}

impl Invoice {
    /// What became of it.
    pub(super) fn status(&self) -> Result<InvoiceStatus, WalletError> {
        match (self.status.as_str(), self.amount_received_msat) {
            ("paid", Some(amount)) => Ok(InvoiceStatus::Settled { amount }),
            ("unpaid", _) => Ok(InvoiceStatus::Open),
            ("expired", _) => Ok(InvoiceStatus::Expired),
            _ => Err(WalletError::Unreadable("an invoice in a state that is not known".into())),
        }
    }
}
